/**
 * Ends halts: asks, with a call that costs nothing and harms nobody, whether what stopped us is over. Every
 * worker runs one, but a claim in Redis lets a single one probe at a time, so a thousand waiting links cause
 * one call. Probes that go on failing come further and further apart.
 */
import { randomUUID } from 'node:crypto';
import type { HaltReason } from '../shared/gate-state/halt-reasons.ts';
import {
  beginHalt,
  claimProbe,
  endHalt,
  type Halt,
  hastenProbe,
  listHalts,
} from '../shared/gate-state/halts.ts';
import { backoffMs } from './backoff.ts';
import type { WorkerContext } from './worker-context.ts';

type Verdict = { readonly over: true } | { readonly over: false; readonly words: string };

const over: Verdict = { over: true };
const tickMs = 1000;
const leaseMs = 30_000;
const intervals: Readonly<Record<HaltReason, { firstMs: number; mostMs: number }>> = {
  unauthorized: { firstMs: 15_000, mostMs: 60_000 },
  'no-credits': { firstMs: 15_000, mostMs: 60_000 },
  'key-limit': { firstMs: 60_000, mostMs: 300_000 },
  maintenance: { firstMs: 10_000, mostMs: 120_000 },
  'model-paused': { firstMs: 15_000, mostMs: 120_000 },
  misconfigured: { firstMs: 60_000, mostMs: 300_000 },
  'storage-full': { firstMs: 5000, mostMs: 30_000 },
};

/** One round over the halts that stand; `signal` ends a probe under way. */
export async function probeHalts(
  context: WorkerContext,
  claimant: string,
  signal: AbortSignal,
): Promise<void> {
  const { redis, prefix, clock } = context;
  for (const halt of await listHalts(redis, prefix)) {
    if (halt.nextProbeAt > clock.now()) continue;
    const claim = await claimProbe(redis, prefix, { ...identityOf(halt), claimant, leaseMs });
    if (claim.claimed) await settle(halt, claim.probes, await probe(halt, context, signal), context);
  }
}

async function settle(halt: Halt, probes: number, verdict: Verdict, context: WorkerContext): Promise<void> {
  const { redis, prefix, clock, logger, random } = context;
  if (verdict.over) {
    await endHalt(redis, prefix, identityOf(halt));
    const seconds = Math.round((clock.now() - halt.since) / 1000);
    logger.info({ halt: halt.reason, model: halt.model, seconds }, 'A halt is over: work goes on');
    return;
  }
  const nextProbeAt = clock.now() + backoffMs(intervals[halt.reason], probes, random());
  await beginHalt(redis, prefix, { ...identityOf(halt), message: verdict.words, nextProbeAt });
}

/** The free call that tells whether a halt is over. */
async function probe(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  switch (halt.reason) {
    case 'unauthorized':
    case 'no-credits':
      return probeAccount(halt, context, signal);
    case 'maintenance':
    case 'key-limit':
    case 'model-paused':
    case 'misconfigured':
      return probeCreate(halt, context, signal);
    case 'storage-full':
      return (await context.fetcher.hasRoom()) ? over : { over: false, words: halt.message };
    default:
      return halt.reason satisfies never;
  }
}

async function probeAccount(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  const reply = await context.vendor.getCredits(signal);
  if (reply.outcome !== 'credits') return { over: false, words: reply.message };
  if (halt.reason !== 'no-credits') return over;
  const needed = Math.min(...context.models.list().map(({ creditsPerTask }) => creditsPerTask));
  return reply.credits >= needed ? over : { over: false, words: halt.message };
}

/** The free create call: its refusal shows whether the account, and the model, would be let in. */
async function probeCreate(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  const models = context.models.list();
  const model = halt.model === null ? models[0] : models.find(({ id }) => id === halt.model);
  if (model === undefined) return { over: false, words: halt.message };
  const reply = await context.vendor.probeModel(model, signal);
  if (reply.outcome === 'live' || reply.outcome === 'no-probe') return over;
  if (halt.model === null && (reply.outcome === 'paused' || reply.outcome === 'unknown-model')) return over;
  return { over: false, words: reply.message };
}

function identityOf(halt: Halt) {
  return halt.model === null ? { reason: halt.reason } : { reason: halt.reason, model: halt.model };
}

/** A worker that starts may have a new key, model file or disk: what stopped its forerunner is asked at once. */
async function askAnew({ redis, prefix, clock }: WorkerContext): Promise<void> {
  for (const halt of await listHalts(redis, prefix)) {
    if (halt.reason === 'misconfigured') await endHalt(redis, prefix, identityOf(halt));
    else await hastenProbe(redis, prefix, halt, clock.now());
  }
}

export function startHaltProber(context: WorkerContext) {
  const claimant = randomUUID();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = askAnew(context).catch(report).then(schedule);

  function report(error: unknown): void {
    if (!stopping.signal.aborted)
      context.logger.warn({ err: error }, 'A halt could not be probed, trying again');
  }

  function schedule(): void {
    if (!stopping.signal.aborted) timer = setTimeout(run, tickMs);
  }

  function run(): void {
    running = probeHalts(context, claimant, stopping.signal).catch(report).then(schedule);
  }

  return {
    async stop(): Promise<void> {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
