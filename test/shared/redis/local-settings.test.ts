/** The small pure parts of the local Redis: its settings, and reading what systems and servers say. */
import { describe, expect, it } from 'vitest';
import { clientNames } from '../../../src/shared/redis/local/membership.ts';
import { parseStartTicks } from '../../../src/shared/redis/local/process-identity.ts';
import { redisConfiguration } from '../../../src/shared/redis/local/redis-configuration.ts';
import { lastComplaint } from '../../../src/shared/redis/local/start-server.ts';

describe('the configuration of a local Redis', () => {
  const text = redisConfiguration({
    folder: '/data of "me"\\redis',
    listening: { kind: 'socket', path: '/run/r.sock' },
    appendFsync: 'everysec',
  });

  it.each([
    'appendonly "yes"',
    'maxmemory-policy "noeviction"',
    'port "0"',
    'unixsocketperm "700"',
    'save ""',
  ])('says %s', (line) => {
    expect(text.split('\n')).toContain(line);
  });

  it('quotes what needs quoting', () => {
    expect(text).toContain(String.raw`dir "/data of \"me\"\\redis"`);
  });

  it('asks for a password when it listens on a port', () => {
    const listening = { kind: 'loopback', port: 6379, password: 'x' } as const;
    expect(redisConfiguration({ folder: '/data', listening, appendFsync: 'no' })).toContain(
      'requirepass "x"',
    );
  });
});

describe('reading', () => {
  it('the names of the clients of a server', () => {
    const list =
      'id=3 addr=/r.sock:0 laddr=/r.sock:0 fd=8 name=kie-batch-user-a age=1 lib-name=x\n' +
      'id=4 addr=/r.sock:0 fd=9 name= age=1\n';
    expect(clientNames(list)).toEqual(['kie-batch-user-a', '']);
  });

  it.each([
    ['42 (node) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1000', '987654'],
    ['42 (a) b (c) R 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 123 1000', '123'],
    ['42 (node) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 0', 'gone'],
  ])('when a process started, from %j', (stat, expected) => {
    expect(parseStartTicks(stat)).toBe(expected);
  });

  it.each([
    [
      '12:M 22 Nov 2026 16:25:10.222 # Bad file format reading the append only file\n12:M 22 Nov 2026 16:25:10.3 * bye\n',
      'Bad file format reading the append only file',
    ],
    [
      '*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nat line 3\n',
      '*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***',
    ],
    ['sh: 1: exec: /x: not found\n', 'sh: 1: exec: /x: not found'],
    ['', ''],
  ])('the last words of a server, from %j', (log, expected) => {
    expect(lastComplaint(log)).toBe(expected);
  });
});
