/**
 * Runs one target: as many cases as asked for, each following from the seed, the first fault made as small as it gets.
 * Every so often a case is grown to two sizes and timed: a reader whose time grows faster than its input is reported.
 * Times are reported and judge nothing.
 */
import fc from 'fast-check';
import { ExplainedError } from '../src/shared/explained-error.ts';
import type { Target } from './target.ts';

export interface FuzzReport {
  readonly cases: number;
  readonly seconds: number;
  /** Null where every case held. */
  readonly fault: string | null;
  readonly slowestMs: number;
  /** What took longest. */
  readonly slowest: string;
  /** The worst growth found: how many times as long an input of four times the size took; null where all were quick. */
  readonly growth: { readonly ratio: number; readonly ms: number; readonly input: string } | null;
}

const grownEvery = 200;
const smallBytes = 50_000;
/** Quicker ones tell nothing. */
const leastMs = 100;

export async function fuzz(target: Target, options: { seed: number; cases: number }): Promise<FuzzReport> {
  const startedAt = performance.now();
  const timed = { slowestMs: 0, slowest: '', growth: null as FuzzReport['growth'] };
  let count = 0;
  const property = fc.asyncProperty(target.cases, async (bytes) => {
    count += 1;
    const ms = await timeOf(target, bytes);
    if (ms > timed.slowestMs) Object.assign(timed, { slowestMs: ms, slowest: shown(bytes) });
    if (count % grownEvery === 0) timed.growth = worse(timed.growth, await growthOf(target, bytes));
  });
  const details = await fc.check(property, { seed: options.seed, numRuns: options.cases });
  return {
    cases: details.numRuns,
    seconds: (performance.now() - startedAt) / 1000,
    fault: details.failed ? describe(details) : null,
    ...timed,
  };
}

/** @throws the fault of the case */
async function timeOf(target: Target, bytes: Buffer): Promise<number> {
  const startedAt = performance.now();
  try {
    await target.run(bytes);
  } catch (error) {
    if (!(error instanceof ExplainedError) || error.message.trim() === '') throw error;
  }
  return performance.now() - startedAt;
}

async function growthOf(target: Target, bytes: Buffer): Promise<FuzzReport['growth']> {
  const unit = Buffer.from(bytes.subarray(0, 2000));
  if (unit.length === 0) return null;
  // A part of it repeated between its own start and end.
  const third = Math.max(1, Math.floor(unit.length / 3));
  const grown = (size: number) => {
    const middle = unit.subarray(third, 2 * third);
    const piece = middle.length === 0 ? unit : middle;
    const times = Math.ceil(size / piece.length);
    return Buffer.concat([
      unit.subarray(0, third),
      ...Array<Buffer>(times).fill(piece),
      unit.subarray(2 * third),
    ]);
  };
  const quickest = async (bytes: Buffer) =>
    Math.min(await timeOf(target, bytes), await timeOf(target, bytes), await timeOf(target, bytes));
  const small = await quickest(grown(smallBytes));
  const ms = await quickest(grown(4 * smallBytes));
  if (ms < leastMs) return null;
  return { ratio: ms / Math.max(small, 5), ms, input: shown(unit) };
}

function worse(one: FuzzReport['growth'], other: FuzzReport['growth']): FuzzReport['growth'] {
  return (other?.ratio ?? 0) > (one?.ratio ?? 0) ? other : one;
}

function describe({
  counterexample,
  errorInstance,
  seed,
  counterexamplePath,
}: fc.RunDetails<[Buffer]>): string {
  const [bytes = Buffer.alloc(0)] = counterexample ?? [];
  const error =
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return `${error}\n  seed ${seed}, path ${counterexamplePath}\n  input ${shown(bytes)}\n  base64 ${bytes.subarray(0, 3000).toString('base64')}`;
}

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 200).toString('latin1'));
}
