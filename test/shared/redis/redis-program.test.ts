/** Reading what the system’s tools say when a server program is looked for. */
import { describe, expect, it } from 'vitest';
import { aptOptions, missingPackages } from '../../../src/shared/redis/program/apt-plan.ts';
import { redisImages } from '../../../src/shared/redis/program/container-engine.ts';
import { noProgramMessage } from '../../../src/shared/redis/program/find-redis-program.ts';
import {
  cacheName,
  installLine,
  parseOperatingSystem,
} from '../../../src/shared/redis/program/operating-system.ts';
import { parseServerVersion } from '../../../src/shared/redis/program/probe-binary.ts';

describe('the plan of apt', () => {
  it('names what is missing, in the form apt-get download takes', () => {
    const simulation = [
      'Reading package lists...',
      'Inst libjemalloc2 (5.3.0-1 Debian:12.15/oldstable [amd64])',
      'Inst redis-tools [5:7.0.1-1] (5:7.0.15-1~deb12u10 Debian-Security:12/oldstable-security [amd64]) []',
      'Inst lua-bitop:amd64 (1.0.2-7 Debian:12/stable [amd64])',
      'Inst init-system-helpers (1.65.2 Debian:12/stable, Debian:12/stable [all])',
      'Conf libjemalloc2 (5.3.0-1 Debian:12.15/oldstable [amd64])',
    ].join('\n');
    expect(missingPackages(simulation)).toEqual([
      'libjemalloc2:amd64=5.3.0-1',
      'redis-tools:amd64=5:7.0.15-1~deb12u10',
      'lua-bitop:amd64=1.0.2-7',
      'init-system-helpers=1.65.2',
    ]);
  });

  it('writes below its own folder alone', () => {
    const options = aptOptions({ lists: '/own/lists', work: '/own' });
    expect(options).toContain('Dir::State=/own/state');
    expect(options).toContain('Dir::Cache=/own/cache');
    expect(options).toContain('Dir::State::lists=/own/lists');
  });
});

describe('the operating system', () => {
  const ubuntu = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n';

  it.each([
    ['ID=debian\nVERSION_ID="12"\n', 'linux', 'debian-12-x64', 'sudo apt-get install redis-server'],
    [ubuntu, 'linux', 'ubuntu-24.04-x64', 'sudo apt-get install redis-server'],
    [
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID=21',
      'linux',
      'linuxmint-21-x64',
      'sudo apt-get install redis-server',
    ],
    [
      'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"',
      'linux',
      'rocky-9.3-x64',
      'sudo dnf install valkey',
    ],
    ['ID=arch\n', 'linux', 'arch-rolling-x64', 'sudo pacman -S valkey'],
    ['', 'darwin', 'darwin-rolling-x64', 'brew install redis'],
    ['', 'plan9', 'plan9-rolling-x64', undefined],
  ])('%j on %s keeps its server as %s', (osRelease, platform, folder, line) => {
    const system = parseOperatingSystem(platform, 'x64', osRelease);
    expect(cacheName(system)).toBe(folder);
    expect(installLine(system)).toBe(line);
  });

  it('gets one line that says what to do when nothing worked', () => {
    const message = noProgramMessage(parseOperatingSystem('linux', 'x64', ubuntu), [
      'no network',
      'no compiler',
    ]);
    expect(message).toBe(
      'There is no Redis on this machine, and none could be downloaded. ' +
        'Install it (sudo apt-get install redis-server) or set REDIS_URL. Tried: no network; no compiler.',
    );
  });
});

describe('what programs say', () => {
  it.each([
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0\n', '7.0.15'],
    ['Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n', '8.1.1'],
    ['a shell of some kind\n', undefined],
  ])('%j is version %s', (output, version) => {
    expect(parseServerVersion(output)).toBe(version);
  });

  it('an engine’s images are sifted for plain Redis and Valkey', () => {
    const listing = 'node:24\nredis:<none>\nredis:7-alpine\nme/redis:7\nvalkey/valkey:8\nredis-exporter:1\n';
    expect(redisImages(listing)).toEqual(['redis:7-alpine', 'valkey/valkey:8']);
  });
});
