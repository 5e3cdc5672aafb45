/** `doctor`: its verdicts as tables, and the executable against vendors and stores in good and bad order. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { judgeWork } from '../../src/cli/doctor/check-redis.ts';
import { judgeNode, judgeSkew, judgeSpace } from '../../src/cli/doctor/judge-machine.ts';
import { judgeMemory } from '../../src/cli/doctor/judge-memory.ts';
import { judgeCallback, judgeCredits, judgeModel } from '../../src/cli/doctor/judge-vendor.ts';
import type { Situation } from '../../src/shared/gate-state/situation.ts';
import { startForwardProxy } from '../setup/forward-proxy.ts';
import { startMailServer } from '../setup/mail-server.ts';
import { noCounts } from '../setup/sample-batch.ts';
import { type Ended, openProject } from './executable.ts';

const GB = 1e9;

describe('the verdicts of doctor', () => {
  it.each([
    ['24.21.0', 'ok'],
    ['25.0.0', 'ok'],
    ['20.19.0', 'failed'],
  ])('Node %s is %s', (version, verdict) => {
    expect(judgeNode(version).verdict).toBe(verdict);
  });

  it.each([
    ['no bound', { usedBytes: GB, maxMemoryBytes: 0, machineBytes: 0, waitingLinks: 1e6 }, 'ok'],
    ['room', { usedBytes: GB, maxMemoryBytes: 8 * GB, machineBytes: 0, waitingLinks: 1e6 }, 'ok'],
    [
      'hardly room',
      { usedBytes: 7.3 * GB, maxMemoryBytes: 8 * GB, machineBytes: 0, waitingLinks: 1e6 },
      'warning',
    ],
    [
      'too little',
      { usedBytes: 7.9 * GB, maxMemoryBytes: 8 * GB, machineBytes: 0, waitingLinks: 1e6 },
      'failed',
    ],
    [
      'a small machine',
      { usedBytes: GB, maxMemoryBytes: 0, machineBytes: 1.1 * GB, waitingLinks: 1e6 },
      'failed',
    ],
  ])('memory with %s', (_what, facts, verdict) => {
    expect(judgeMemory(facts).verdict).toBe(verdict);
  });

  it.each<[string, Situation, number, number, [string, string][]]>([
    ['nothing to do and no worker', { kind: 'empty' }, 0, 0, [['workers', 'skipped']]],
    ['nothing to do', { kind: 'ended' }, 0, 2, [['workers', 'ok']]],
    ['no worker', { kind: 'no-worker', stages: ['submit'], isNobody: true }, 5, 0, [['workers', 'warning']]],
    [
      'a missing stage',
      { kind: 'no-worker', stages: ['download'], isNobody: false },
      5,
      1,
      [['workers', 'warning']],
    ],
    [
      'a pause',
      { kind: 'all-paused' },
      5,
      1,
      [
        ['workers', 'ok'],
        ['work', 'warning'],
      ],
    ],
    [
      'a vendor that is away',
      { kind: 'vendor-outage' },
      5,
      1,
      [
        ['workers', 'ok'],
        ['work', 'warning'],
      ],
    ],
  ])('work with %s', (_what, situation, queued, workersAlive, verdicts) => {
    const whole = { situation, etaMs: null, counts: { ...noCounts, queued }, runnable: queued, halted: 0 };
    const checks = judgeWork({ whole, workersAlive, halts: [], at: 0 });
    expect(checks.map(({ name, verdict }) => [name, verdict])).toEqual(verdicts);
  });

  it.each([
    ['no bound', { freeBytes: null, averageBytes: 1e6, waitingLinks: 10 }, 'ok'],
    ['room', { freeBytes: GB, averageBytes: 1e6, waitingLinks: 10 }, 'ok'],
    ['too little for all', { freeBytes: GB, averageBytes: 1e6, waitingLinks: 1e4 }, 'warning'],
    ['no saved video yet', { freeBytes: GB, averageBytes: null, waitingLinks: 1e4 }, 'ok'],
    ['less than the reserve', { freeBytes: 1e8, averageBytes: null, waitingLinks: 0 }, 'failed'],
  ])('free space with %s', (_what, facts, verdict) => {
    expect(judgeSpace({ place: '/videos', reserveBytes: 2e8, ...facts }).verdict).toBe(verdict);
  });

  it.each([
    [800, 'ok'],
    [-9000, 'ok'],
    [60_000, 'warning'],
    [-400_000, 'failed'],
  ])('a clock that is %d ms ahead', (skewMs, verdict) => {
    expect(judgeSkew('clock', 'the vendor’s', skewMs).verdict).toBe(verdict);
  });

  it.each([
    [{ kind: 'credits', credits: 1000 }, ['ok', 'ok']],
    [{ kind: 'credits', credits: 55 }, ['ok', 'warning']],
    [{ kind: 'credits', credits: 3 }, ['ok', 'failed']],
    [{ kind: 'halt', reason: 'unauthorized', message: 'no' }, ['failed']],
    [{ kind: 'halt', reason: 'maintenance', message: 'later' }, ['failed']],
    [{ kind: 'retry', sent: false, message: 'refused' }, ['failed']],
    [{ kind: 'throttled', message: 'busy', hints: {} }, ['warning']],
  ] as const)('a balance reply %j', (reply, verdicts) => {
    const checks = judgeCredits(reply, { waitingLinks: 10, creditsPerTask: 10 });
    expect(checks.map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  it.each([
    [{ kind: 'live' }, 'ok'],
    [{ kind: 'paused', message: 'temporarily paused' }, 'failed'],
    [{ kind: 'unknown-model', message: 'not supported' }, 'failed'],
    [{ kind: 'no-probe' }, 'skipped'],
    [{ kind: 'retry', sent: true, message: '?' }, 'warning'],
  ] as const)('a probe reply %j', (reply, verdict) => {
    expect(judgeModel({ id: 'm' }, reply).verdict).toBe(verdict);
  });

  it.each([
    [{ answer: 200, isPrivate: false, hasWebhookKey: true }, ['ok', 'ok']],
    [{ answer: 404, isPrivate: false, hasWebhookKey: false }, ['ok', 'warning']],
    [{ answer: 502, isPrivate: false, hasWebhookKey: true }, ['failed', 'ok']],
    [{ answer: 'nothing listens', isPrivate: false, hasWebhookKey: true }, ['failed', 'ok']],
    [{ answer: 200, isPrivate: true, hasWebhookKey: true }, ['failed', 'ok']],
  ])('a callback address %j', (facts, verdicts) => {
    const checks = judgeCallback({ baseUrl: 'https://videos.example.com', ...facts });
    expect(checks.map(({ verdict }) => verdict)).toEqual(verdicts);
  });
});

const reportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({ name: z.string(), verdict: z.string(), says: z.string(), next: z.string().nullable() }),
  ),
});

function reportOf({ stdout, stderr }: Ended) {
  expect(stderr).toBe('');
  const { ok, checks } = reportSchema.parse(JSON.parse(stdout));
  return { ok, verdicts: new Map(checks.map(({ name, verdict }) => [name, verdict])) };
}

describe.concurrent('doctor', () => {
  it('finds everything in order, creates no task, and ends with 0', async () => {
    await using project = await openProject();
    const ended = await project.run(['doctor', '--json']);
    const { ok, verdicts } = reportOf(ended);
    expect([ended.code, ok]).toEqual([0, true]);
    for (const name of ['node', 'key', 'credits', 'model sora-watermark-remover', 'storage', 'clock'])
      expect([name, verdicts.get(name)]).toEqual([name, 'ok']);
    expect(verdicts.get('callback address')).toBe('skipped');
    const { tasks, createCalls, probes } = project.simulator.counts();
    expect([tasks, probes]).toEqual([0, 1]);
    expect(createCalls).toBeLessThanOrEqual(1);
    expect((await project.run(['doctor'])).stdout).toMatch(/✓ key: the vendor knows the key/);
  });

  it('continues after each thing that fails, says what to do, and ends with 1', async () => {
    await using project = await openProject({
      simulator: { pausedModels: ['sora-watermark-remover'], credits: 5 },
    });
    await project.write('a-file', '');
    const ended = await project.run(['doctor'], {
      environment: {
        REDIS_URL: 'redis://127.0.0.1:1',
        STORAGE_URL: 'file:a-file/videos',
        CALLBACK_BASE_URL: 'http://127.0.0.1:1',
      },
    });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/✗ redis: .*cannot be reached/);
    expect(ended.stdout).toMatch(/✗ credits: .*not enough[\s\S]*→ top up/);
    expect(ended.stdout).toMatch(/✗ model sora-watermark-remover: the vendor has switched it off/);
    expect(ended.stdout).toMatch(/✗ storage: /);
    expect(ended.stdout).toMatch(/✗ callback address: http:\/\/127.0.0.1:1 does not answer/);
    expect(ended.stdout).toMatch(/! callback signature/);
  });

  it.each([
    ['no key', { KIE_API_KEY: undefined }, 'key'],
    ['a wrong key', { KIE_API_KEY: 'another-key' }, 'key'],
    ['a wrong setting', { SUBMIT_LIMIT: 'fast' }, 'configuration'],
  ])('names %s', async (_what, environment, name) => {
    await using project = await openProject();
    const ended = await project.run(['doctor', '--json'], { environment });
    const { ok, verdicts } = reportOf(ended);
    expect([ended.code, ok, verdicts.get(name)]).toEqual([1, false, 'failed']);
  });
});

describe('doctor on alerts', () => {
  it('sends a test by mail when it is asked to, and shows no password', async () => {
    await using project = await openProject();
    await using server = await startMailServer();
    const from = `@127.0.0.1:${server.port}/?from=bot@example.com&to=anna@example.com`;
    const ask = (words: string[], password = 'mail-pass') =>
      project.run(['doctor', ...words], { environment: { ALERT_MAIL_URL: `smtp://bot:${password}${from}` } });
    expect((await ask([])).stdout).toMatch(/- alerts by mail: not tried/);
    expect(server.commands).toEqual([]);
    const sent = await ask(['--test-alert']);
    expect([sent.code, sent.stdout]).toEqual([0, expect.stringContaining('✓ alerts by mail: a test alert')]);
    expect(server.mails).toMatchObject([{ account: 'bot:mail-pass', to: ['anna@example.com'] }]);
    const refused = await ask(['--test-alert'], 'wrong');
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringMatching(/✗ alerts by mail: .*535/)]);
    expect(sent.stdout + sent.stderr).not.toContain('mail-pass');
  });
});

describe('doctor behind a proxy', () => {
  it('names it without its password, and asks the vendor through it', async () => {
    await using project = await openProject();
    await using proxy = await startForwardProxy(project.simulator.url);
    const environment = { KIE_BASE_URL: 'http://vendor.example', HTTP_PROXY: proxy.url };
    const { stdout } = await project.run(['doctor'], { environment });
    expect(stdout).toMatch(
      /✓ proxy: the vendor’s API is reached through HTTP_PROXY http:\/\/…@127\.0\.0\.1:\d+; /,
    );
    expect(stdout).toContain('✓ key: the vendor knows the key');
    expect(stdout).not.toContain('pass-of-the-proxy');
    expect(proxy.asked.length).toBeGreaterThan(1);
  });
});
