import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDistribution, parseDurationMs, sampleMs } from '../../src/simulator/distribution.ts';
import { drawOf } from '../../src/simulator/draw.ts';
import { simulatorOptionsSchema } from '../../src/simulator/options.ts';

describe('options of the simulator', () => {
  it('all have a description, for the help of the command', () => {
    const bare = Object.entries(simulatorOptionsSchema.shape).filter(([, schema]) => !schema.description);
    expect(bare.map(([name]) => name)).toEqual([]);
  });

  it('can all be left out', () => {
    expect(simulatorOptionsSchema.parse({})).toMatchObject({
      limit: { max: 20, windowMs: 10_000 },
      faults: {},
    });
  });

  it('can all be written as texts, as flags give them', () => {
    const settings = simulatorOptionsSchema.parse({
      port: '4010',
      limit: '50/2s',
      taskTime: '1s-3s',
      resultBytes: '200MB',
      credits: '99.5',
      creditsRefusalCode: '500',
      ordinaryAgentOnly: 'false',
      pausedModels: 'a,b/c',
      queryLimit: '3/1s',
      otherClientShare: '0.25',
      resultLifetimeMs: '20m',
      faults: 'create-500=0.1,result-cut=1',
      linkFaults: 's_1=create-500*2,s_2=task-fails-422',
    });
    expect(settings).toMatchObject({
      port: 4010,
      limit: { max: 50, windowMs: 2000 },
      taskTime: { kind: 'uniform', fromMs: 1000, toMs: 3000 },
      resultBytes: 200e6,
      credits: 99.5,
      creditsRefusalCode: 500,
      ordinaryAgentOnly: false,
      pausedModels: ['a', 'b/c'],
      queryLimit: { max: 3, windowMs: 1000 },
      otherClientShare: 0.25,
      resultLifetimeMs: 1_200_000,
      faults: { 'create-500': 0.1, 'result-cut': 1 },
      linkFaults: [
        { contains: 's_1', fault: 'create-500', times: 2 },
        { contains: 's_2', fault: 'task-fails-422' },
      ],
    });
  });

  it.each([
    [{ limit: 'twenty' }],
    [{ taskTime: 'soon' }],
    [{ taskTime: 'uniform:1s' }],
    [{ taskTime: 'gaussian:1s,2s' }],
    [{ faults: 'create-501=0.1' }],
    [{ faults: 'create-500=2' }],
    [{ linkFaults: 's_1=nothing' }],
    [{ port: 70_000 }],
    [{ unknownOption: 1 }],
  ])('refuse %j', (options) => {
    expect(simulatorOptionsSchema.safeParse(options).success).toBe(false);
  });
});

describe('distributions', () => {
  it.each([
    ['250', { kind: 'fixed', ms: 250 }],
    ['1.5m', { kind: 'fixed', ms: 90_000 }],
    ['fixed:2s', { kind: 'fixed', ms: 2000 }],
    ['uniform:15ms-150ms', { kind: 'uniform', fromMs: 15, toMs: 150 }],
    ['exponential:5s', { kind: 'exponential', meanMs: 5000 }],
    ['bimodal:2s,30s,0.8', { kind: 'bimodal', shortMs: 2000, longMs: 30_000, shortShare: 0.8 }],
    ['lognormal:5s,0.6', { kind: 'lognormal', medianMs: 5000, sigma: 0.6 }],
  ])('read %s', (text, distribution) => {
    expect(parseDistribution(text)).toEqual(distribution);
  });

  it('read no duration that is none', () => {
    expect(parseDurationMs('2 weeks')).toBeNaN();
  });

  it('give finite times that are never negative', () => {
    const texts = ['5s', '1s-3s', 'exponential:5s', 'bimodal:2s,30s,0.8', 'lognormal:5s,0.6'];
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.integer(), (text, seed) => {
        const distribution = parseDistribution(text);
        if (!distribution) throw new Error(`${text} is not read`);
        const ms = sampleMs(distribution, drawOf(seed, 'a'), drawOf(seed, 'b'));
        expect(Number.isFinite(ms) && ms >= 0).toBe(true);
      }),
    );
  });

  it.each([
    ['1s-3s', 2000],
    ['exponential:5s', 5000],
    ['bimodal:2s,30s,0.75', 9000],
    ['lognormal:5s,0.5', 5000 * Math.exp(0.125)],
  ])('have the mean they promise: %s', (text, meanMs) => {
    const distribution = parseDistribution(text);
    if (!distribution) throw new Error(`${text} is not read`);
    const samples = Array.from({ length: 20_000 }, (_, n) =>
      sampleMs(distribution, drawOf(7, 'a', n), drawOf(7, 'b', n)),
    );
    const seenMs = samples.reduce((total, ms) => total + ms, 0) / samples.length;
    expect(Math.abs(seenMs - meanMs) / meanMs).toBeLessThan(0.03);
  });
});
