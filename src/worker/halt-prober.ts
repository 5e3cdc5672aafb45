/**
 * Ends halts: checks with a free and harmless call whether the cause is over. Every worker runs one, but a claim in
 * Redis lets only one of them probe at a time, so a thousand waiting links cause one call. Failing probes become less
 * and less frequent.
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
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { haltPolicy } from '../shared/policy.ts';
import type { ProbeReply } from '../shared/vendor/replies.ts';
import { announceHalt, type HaltNews } from './announce-halt.ts';
import { backoffMs } from './backoff.ts';
import { announceEnd, identityOf, isoTime } from './halt-trial.ts';
import { probePauses } from './pause-prober.ts';
import type { WorkerContext } from './worker-context.ts';

type Verdict =
  | { readonly kind: 'over' }
  | { readonly kind: 'standing'; readonly message: string }
  /** Only a real create call would show it: one link may try. Refused again, more credits than these are needed. */
  | { readonly kind: 'unclear'; readonly credits?: number };

const over: Verdict = { kind: 'over' };
const unclear: Verdict = { kind: 'unclear' };
const standing = (message: string): Verdict => ({ kind: 'standing', message });
/** Balances have at most a few decimals. */
const leastCredits = 0.001;

/** Only a worker that downloads has the storage, and the way to the results. */
const ofDownloads: ReadonlySet<HaltReason> = new Set([
  'storage-full',
  'storage-unavailable',
  'results-unavailable',
]);

interface Prober {
  readonly claimant: string;
  readonly downloads: boolean;
}

/** One round over the current halts; `signal` ends an open probe. */
async function probeHalts(context: WorkerContext, prober: Prober, signal: AbortSignal): Promise<void> {
  const { redis, prefix, clock } = context;
  const { claimant } = prober;
  for (const halt of await listHalts({ redis, prefix })) {
    if (halt.nextProbeAt > clock.now()) continue;
    if (ofDownloads.has(halt.reason) && !prober.downloads) continue;
    const claim = await claimProbe(
      { redis, prefix },
      { ...identityOf(halt), claimant, leaseMs: haltPolicy.leaseMs },
    );
    if (claim.claimed) await settle(halt, claim.probes, await probe(halt, context, signal), context);
  }
}

async function settle(halt: Halt, probes: number, verdict: Verdict, context: WorkerContext): Promise<void> {
  const { redis, prefix, clock, logger, random } = context;
  if (verdict.kind === 'over') return announceEnd(halt, context);
  const now = clock.now();
  const nextProbeAt = now + backoffMs(haltPolicy.intervals[halt.reason], probes, random());
  const message = verdict.kind === 'standing' ? verdict.message : halt.message;
  const trial = verdict.kind === 'unclear';
  const tried = trial && verdict.credits !== undefined ? { triedCredits: verdict.credits } : {};
  const found = trial ? { trial, ...tried } : { probedAt: now };
  await beginHalt({ redis, prefix }, { ...identityOf(halt), ...found, message, nextProbeAt });
  const facts = { halt: halt.reason, model: halt.model, message: message };
  const times = { since: isoTime(halt.since), nextProbeAt: isoTime(nextProbeAt) };
  logger.info({ ...facts, ...times }, trial ? 'A halt may be over: trying one link' : 'A halt continues');
}

async function probe(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  switch (halt.reason) {
    case 'unauthorized':
    case 'no-credits':
    case 'key-limit':
      return probeAccount(halt, context, signal);
    case 'maintenance':
    case 'model-paused':
    case 'misconfigured':
      return probeCreate(halt, context, signal);
    case 'model-failing':
      return (await isTrying(halt, context)) ? standing(halt.message) : unclear;
    case 'results-unavailable':
      return probeResults(halt, context, signal);
    case 'storage-unavailable':
      return overUnless(await context.fetcher.storageTrouble(halt.target));
    case 'storage-full':
      return (await context.fetcher.hasRoom(halt.roomBytes)) ? over : standing(halt.message);
    default:
      return halt.reason satisfies never;
  }
}

/** Only the end of its task shows whether the model works; until then no other link tries. */
async function isTrying({ trialOf }: Halt, { ledger }: WorkerContext): Promise<boolean> {
  const state = trialOf === undefined ? null : (await ledger.item(trialOf))?.state;
  return state === 'submitting' || state === 'processing';
}

function overUnless(trouble: string | null): Verdict {
  return trouble === null ? over : standing(trouble);
}

/**
 * Probes the unreachable result; if no item waits for it any more, the next download shows whether the halt is over.
 */
async function probeResults(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  if (halt.target === undefined || (await context.ledger.counts()).downloading === 0) return over;
  return overUnless(await context.fetcher.hostTrouble(halt.target, signal));
}

/** The balance: harmless, and refused to a key that is not admitted. */
async function probeAccount(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  const reply = await context.vendor.balance(signal);
  if (reply.kind === 'halt') return refused(halt, reply, context.models.list()[0], context);
  if (reply.kind !== 'credits') return standing(halt.message);
  // It is not known whether the cap of a key also applies to the balance.
  if (halt.reason === 'key-limit') return unclear;
  return halt.reason === 'no-credits' ? afterBalance(halt, reply.credits) : over;
}

/**
 * A balance that never was too low has been refused all the same: the task costs more than its model says. One link
 * tries; only its refusal raises what the halt needs, so a trial whose answer is lost is followed by another.
 */
function afterBalance(halt: Halt, balance: number): Verdict {
  if (balance <= 0 || balance < (halt.credits ?? 0)) return standing(halt.message);
  return halt.probedAt === undefined ? { kind: 'unclear', credits: balance + leastCredits } : over;
}

/** The free create call: its refusal shows whether the account, and the model, would be admitted. */
async function probeCreate(halt: Halt, context: WorkerContext, signal: AbortSignal): Promise<Verdict> {
  const models = context.models.list();
  const model = halt.model === null ? models[0] : models.find(({ id }) => id === halt.model);
  // Only a worker that has the model's file can probe it.
  if (model === undefined) return standing(halt.message);
  return afterProbe(halt, await context.vendor.probe(model, signal), model, context);
}

async function afterProbe(
  halt: Halt,
  reply: ProbeReply,
  model: ModelDefinition,
  context: WorkerContext,
): Promise<Verdict> {
  switch (reply.kind) {
    case 'live':
      // Says that the URL and the model are right, but nothing of an option that was refused.
      return halt.reason === 'misconfigured' ? unclear : over;
    case 'no-probe':
      return unclear;
    // Neither answer says anything about the halt; its message stays.
    case 'throttled':
    case 'retry':
      return standing(halt.message);
    case 'halt':
      return refused(halt, reply, model, context);
    case 'paused':
      return refused(halt, { reason: 'model-paused', message: reply.message }, model, context);
    case 'unknown-model':
      return refused(halt, { reason: 'misconfigured', message: reply.message }, model, context);
    default:
      return reply satisfies never;
  }
}

/** Refused for another reason: that halt begins too, so that waiting links do not all run into it. */
async function refused(
  halt: Halt,
  news: HaltNews,
  model: ModelDefinition | undefined,
  context: WorkerContext,
): Promise<Verdict> {
  if (news.reason === halt.reason) return standing(news.message);
  if (model !== undefined) await announceHalt(news, model.id, context);
  // A vendor that speaks of one model is out of maintenance.
  const isOfModel = news.reason === 'model-paused' || news.reason === 'misconfigured';
  return halt.reason === 'maintenance' && isOfModel ? over : standing(halt.message);
}

/** A worker that starts may have a new key, model file or disk, so it probes the standing halts at once. */
async function probeAtOnce({ redis, prefix, clock }: WorkerContext): Promise<void> {
  for (const halt of await listHalts({ redis, prefix })) {
    if (halt.reason === 'misconfigured') await endHalt({ redis, prefix }, identityOf(halt));
    else await hastenProbe({ redis, prefix }, halt, clock.now());
  }
}

/** @param downloads whether the worker downloads */
export function startHaltProber(context: WorkerContext, downloads: boolean) {
  const prober: Prober = { claimant: randomUUID(), downloads };
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let pausesAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = probeAtOnce(context).catch(report).then(schedule);

  function report(error: unknown): void {
    if (!stopping.signal.aborted) context.warnOfTrouble('Could not probe a halt or a pause, retrying', error);
  }

  function schedule(): void {
    if (!stopping.signal.aborted) timer = setTimeout(run, haltPolicy.tickMs);
  }

  async function probePausesIfDue(): Promise<void> {
    if (performance.now() - pausesAt < haltPolicy.pauseTickMs) return;
    pausesAt = performance.now();
    await probePauses(context, stopping.signal);
  }

  function run(): void {
    running = probeHalts(context, prober, stopping.signal)
      .then(() => probePausesIfDue())
      .catch(report)
      .then(schedule);
  }

  return {
    async stop(): Promise<void> {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
