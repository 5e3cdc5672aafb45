/** The live view: never wider than the terminal, whatever it shows; and how it is drawn over itself. */
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveLines, plainLine } from '../../src/cli/live-lines.ts';
import { openLiveScreen } from '../../src/cli/live-screen.ts';
import type { Overview, SeenBatch } from '../../src/producer/overview.ts';
import { noCounts, sampleBatch } from '../setup/sample-batch.ts';

const batchOf = ({ counts = noCounts, ...changes }: Partial<SeenBatch>): SeenBatch => ({
  ...sampleBatch(counts),
  situation: { kind: 'running' },
  etaMs: 120_000,
  ...changes,
});

const underWay = batchOf({
  counts: { ...noCounts, queued: 8666, processing: 96, downloading: 4, saved: 1200, failed: 34 },
  failures: { rejected: 30, 'download-failed': 4 },
});
const rate = { limitPerMinute: 120, usedPerMinute: 117.6 };
const halt = {
  reason: 'no-credits',
  model: null,
  message: 'no',
  since: 0,
  nextProbeAt: 70_000,
  probes: 1,
} as const;
const overviewOf = (batch: SeenBatch): Overview => ({
  batches: [batch],
  halts: [],
  rate,
  vendorPause: null,
  isAllPaused: false,
  whole: { ...batch, runnable: batch.counts.queued, halted: 0 },
  workersAlive: 1,
  at: 60_000,
});
const textOf = (overview: Overview, columns: number) =>
  liveLines(overview, columns, 60_000).map(({ text }) => text);

describe('the live view', () => {
  it('shows what is done, at what rate, how long it will take, and what failed most', () => {
    expect(textOf(overviewOf(underWay), 100)).toEqual([
      'links  ███░░░░░░░░░░░░░░░░░░░░░░░░░░░  1,234/10,000  12 %',
      '1,200 saved · 4 downloading · 96 processing · 8,666 waiting · 34 failed',
      '118 of 120 a minute · about 2 min left',
      'failed: 30 rejected, 4 download-failed',
    ]);
  });

  it('breaks between the parts in a narrow terminal', () => {
    expect(textOf(overviewOf(underWay), 40)).toEqual([
      'links  █░░░░░░░░░░░░  1,234/10,000  12 %',
      '1,200 saved · 4 downloading',
      '96 processing · 8,666 waiting',
      '34 failed',
      '118 of 120 a minute · about 2 min left',
      'failed: 30 rejected, 4 download-failed',
    ]);
  });

  it('says that everything waits for a halt, and what to do', () => {
    const halted = {
      ...underWay,
      situation: { kind: 'halted', reasons: ['no-credits'], isWatched: true } as const,
    };
    const lines = textOf({ ...overviewOf(halted), halts: [halt] }, 120);
    expect(lines.at(-1)).toMatch(/^Halted: no-credits for 1 min 0 s · .*top up.* · next check in 10 s$/);
    expect(lines.join('\n')).not.toMatch(/left/);
  });

  it('says until when the vendor has asked for a pause, why, and what ends it', () => {
    const vendorPause = {
      operation: 'submit',
      since: 0,
      until: 86_460_000,
      message: 'Your call frequency is too high',
    } as const;
    const situation = { kind: 'vendor-pause', pause: vendorPause } as const;
    const lines = textOf(overviewOf({ ...underWay, situation, etaMs: null }), 60);
    expect(lines.slice(3, -1).join(' ')).toBe(
      'The vendor asked for a pause: “Your call frequency is too high”. New tasks are paused until 1970-01-02 00:01 UTC (about 24 h); kie-batch resume --reset-gate ends it now.',
    );
  });

  it.each([
    [{ kind: 'batch-paused' }, 'Batch links is paused. Resume it with kie-batch resume links.'],
    [
      { kind: 'no-worker', stages: ['submit'], isNobody: true },
      'No worker is running. Start one with kie-batch worker.',
    ],
    [
      { kind: 'vendor-outage' },
      'The vendor gives no usable answers. kie-batch retries one request at a time.',
    ],
  ] as const)('says why nothing moves instead of how long it takes: %j', (situation, why) => {
    const lines = textOf(overviewOf({ ...underWay, situation, etaMs: null }), 80);
    expect(lines).toContain(why);
    expect(lines.join('\n')).not.toMatch(/left|a minute/);
  });

  it('counts held links as not done', () => {
    const held = batchOf({
      counts: { ...noCounts, held: 3, saved: 7 },
      situation: { kind: 'ended' },
      etaMs: 0,
    });
    expect(textOf(overviewOf(held), 80)[0]).toMatch(/7\/10 {2}70 %$/);
  });

  it('is one line for logs', () => {
    expect(plainLine(underWay, { rate, at: 0 })).toBe(
      '1,234 of 10,000 done, 1,200 saved, 4 downloading, 96 processing, 8,666 waiting, 34 failed, 118 of 120 a minute, about 2 min left',
    );
  });

  it('is never wider than the terminal', () => {
    const count = fc.nat(10_000_000);
    const counts = fc.record(Object.fromEntries(Object.keys(noCounts).map((state) => [state, count])));
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 10, max: 200 }),
        fc.string({ minLength: 1, maxLength: 100 }),
        (some, columns, name) => {
          const batch = { ...underWay, name, counts: { ...noCounts, ...some } };
          for (const text of textOf({ ...overviewOf(batch), halts: [halt] }, columns))
            expect(text.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe('the live screen', () => {
  function openScreen(columns?: number) {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        done();
      },
    });
    return {
      stream,
      screen: openLiveScreen(Object.assign(stream, columns === undefined ? {} : { columns })),
      written,
    };
  }
  const line = (text: string) => ({ text, tone: 'plain' }) as const;

  it('draws over what it drew, and lets other text scroll by above', () => {
    const { screen, written } = openScreen(80);
    screen.draw([line('one'), line('two')]);
    screen.draw([line('three')]);
    screen.above('a note');
    screen.stop();
    expect(written[0]).toMatch(/one\ntwo\n$/);
    expect(written[1]).toContain('\u001b[2A\r\u001b[Jthree\n');
    expect(written[2]).toBe('\u001b[1A\r\u001b[Ja note\nthree\n');
    expect(written[3]).toBe('\u001b[?25h');
  });

  it('goes up by the rows that its lines take after the window became narrower', () => {
    const { screen, written, stream } = openScreen(80);
    screen.draw([line('x'.repeat(70)), line('two')]);
    Object.assign(stream, { columns: 30 });
    screen.draw([line('three')]);
    expect(written[1]).toContain('\u001b[4A\r\u001b[Jthree\n');
  });

  it('leaves the last column free, and assumes a usual width where noCounts is known', () => {
    expect(openScreen(60).screen.columns).toBe(59);
    expect(openScreen().screen.columns).toBe(79);
    expect(openScreen(3).screen.columns).toBe(10);
  });
});
