/**
 * `/metrics` in Prometheus's format, read for each request. Everything is from Redis, where workers write it, so all
 * servers show the same and counters survive restarts.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { haltReasons } from '../../shared/gate-state/halt-reasons.ts';
import { situationOfWork } from '../../shared/gate-state/outlook.ts';
import { situationKinds } from '../../shared/gate-state/situation.ts';
import { callOutcomes } from '../../shared/gate-state/vendor-calls.ts';
import {
  bucketBoundsSeconds,
  durationNames,
  histogramOf,
  refusedClaims,
} from '../../shared/item-history/measures.ts';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';
import { creditsNeeded } from '../readings/credits-needed.ts';
import type { Overview } from '../readings/overview.ts';
import { problemKinds, problemsOf } from '../readings/problems.ts';

export type Measures = ReadonlyMap<string, number>;

export async function describeMetrics(overview: Overview, measures: Measures): Promise<string> {
  const registry = new Registry();
  gauges(registry, overview);
  gateMetrics(registry, overview);
  callMetrics(registry, overview);
  counters(registry, measures);
  return [await registry.metrics(), ...durationNames.flatMap((name) => histogramLines(name, measures))].join(
    '\n',
  );
}

function gauges(registry: Registry, overview: Overview): void {
  const { counts, oldest, halts, workers, credits, storage, isAllPaused } = overview;
  const registers = [registry];
  const items = new Gauge({
    name: 'kie_batch_items',
    help: 'Items by state',
    labelNames: ['state'],
    registers,
  });
  for (const state of itemStates) items.set({ state }, counts[state]);
  const age = new Gauge({
    name: 'kie_batch_oldest_seconds',
    help: 'Age of the oldest item in a stage; 0 if there is none',
    labelNames: ['stage'],
    registers,
  });
  const stages = { waiting: oldest.queuedAt, task: oldest.submittedAt, download: oldest.completedAt };
  for (const [stage, at] of Object.entries(stages))
    age.set({ stage }, at === null ? 0 : Math.max(0, oldest.now - at) / 1000);
  const halted = new Gauge({
    name: 'kie_batch_halted',
    help: '1 during a halt',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of haltReasons)
    halted.set({ reason }, halts.some((halt) => halt.reason === reason) ? 1 : 0);
  const situation = situationOfWork(overview);
  const situations = new Gauge({
    name: 'kie_batch_situation',
    help: '1 for the current situation: running, ended, empty, or why links do not move',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of situationKinds) situations.set({ kind }, kind === situation.kind ? 1 : 0);
  const problems = problemsOf(overview);
  const problem = new Gauge({
    name: 'kie_batch_problems',
    help: 'Problems that need a person, other than halts, by kind',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of problemKinds)
    problem.set({ kind }, problems.filter((each) => each.kind === kind).length);
  const single = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers }).set(value);
  single('kie_batch_paused', '1 while a person has paused everything', isAllPaused ? 1 : 0);
  single('kie_batch_workers_alive', 'Workers alive', workers.filter(({ isAlive }) => isAlive).length);
  single('kie_batch_batches', 'Batches known', overview.batchCount);
  if (credits?.credits != null) single('kie_batch_credits', 'Credits left at the vendor', credits.credits);
  single(
    'kie_batch_credits_needed',
    'Credits needed by the waiting links, by the prices of their models and within their budgets',
    creditsNeeded(overview).credits,
  );
  if (storage.freeBytes !== null)
    single('kie_batch_storage_free_bytes', 'Free space where videos are stored', storage.freeBytes);
}

function gateMetrics(registry: Registry, { submitGate, queryGate, at }: Overview): void {
  const registers = [registry];
  const labelNames = ['operation'];
  const limit = new Gauge({
    name: 'kie_batch_gate_limit',
    help: 'Calls that the gate allows per window',
    labelNames,
    registers,
  });
  const window = new Gauge({
    name: 'kie_batch_gate_window_seconds',
    help: 'The window of that limit',
    labelNames,
    registers,
  });
  const used = new Gauge({ name: 'kie_batch_gate_slots_used', help: 'Slots in use', labelNames, registers });
  const paused = new Gauge({
    name: 'kie_batch_gate_paused_seconds',
    help: 'Time until the end of the gate’s pause; 0 without one',
    labelNames,
    registers,
  });
  const admitted = new Counter({
    name: 'kie_batch_gate_admitted_total',
    help: 'Calls admitted',
    labelNames,
    registers,
  });
  const refused = new Counter({
    name: 'kie_batch_gate_refused_total',
    help: 'Calls refused by the vendor’s rate limit',
    labelNames,
    registers,
  });
  for (const gate of [submitGate, queryGate]) {
    if (gate === null) continue;
    const label = { operation: gate.operation };
    limit.set(label, gate.limit.max);
    window.set(label, gate.limit.windowMs / 1000);
    used.set(label, gate.usedSlots);
    paused.set(label, Math.max(0, (gate.pausedUntil ?? 0) - at) / 1000);
    admitted.inc(label, gate.admitted);
    refused.inc(label, gate.refused);
  }
}

function callMetrics(registry: Registry, { vendorCalls: { counts, minute } }: Overview): void {
  const registers = [registry];
  const calls = new Counter({
    name: 'kie_batch_vendor_calls_total',
    help: 'Create calls and polls, by outcome',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const firstByte = new Gauge({
    name: 'kie_batch_vendor_first_byte_seconds',
    help: 'Time to the vendor’s first byte in the last minute; absent without an answer',
    labelNames: ['operation', 'quantile'],
    registers,
  });
  for (const operation of ['submit', 'query'] as const) {
    for (const outcome of callOutcomes)
      calls.inc({ operation, outcome }, counts.get(`${operation}:${outcome}`) ?? 0);
    const { medianMs, p95Ms } = minute[operation];
    if (medianMs !== null) firstByte.set({ operation, quantile: '0.5' }, medianMs / 1000);
    if (p95Ms !== null) firstByte.set({ operation, quantile: '0.95' }, p95Ms / 1000);
  }
}

function counters(registry: Registry, measures: Measures): void {
  const registers = [registry];
  const read = (field: string) => measures.get(field) ?? 0;
  const single = (name: string, help: string, field: string) =>
    new Counter({ name, help, registers }).inc(read(field));
  single('kie_batch_saved_total', 'Items saved', 'ended:saved');
  single('kie_batch_tasks_created_total', 'Tasks created at the vendor', 'tasks:created');
  single('kie_batch_tasks_failed_total', 'Failed tasks whose link was submitted again', 'tasks:failed');
  single('kie_batch_status_looks_total', 'Polls that found the task still running', 'looks');
  single('kie_batch_downloads_again_total', 'Downloads that were retried', 'downloads:again');
  single('kie_batch_answers_lost_total', 'Create calls whose answer was lost; possibly paid twice', 'unsure');
  single(
    'kie_batch_callback_tasks_refused_total',
    'Task ids from callbacks that do not belong to the item',
    refusedClaims,
  );
  single('kie_batch_credits_spent_total', 'Credits spent, by the vendor’s records', 'credits');
  single('kie_batch_stored_bytes_total', 'Bytes of videos stored', 'bytes');
  const failed = new Counter({
    name: 'kie_batch_failed_total',
    help: 'Items failed, by reason',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of failureReasons) failed.inc({ reason }, read(`failed:${reason}`));
}

const histogramHelp = {
  waiting: 'Seconds from enqueueing to submission',
  task: 'Seconds from submission to the result',
  download: 'Seconds from the result to the saved file',
} as const;

/** Written by hand: the library's histograms cannot start from counts kept elsewhere. Pure. */
function histogramLines(name: (typeof durationNames)[number], measures: Measures): string[] {
  const { cumulative, sumSeconds } = histogramOf(measures, name);
  const metric = `kie_batch_${name}_seconds`;
  const bounds = [...bucketBoundsSeconds.map(String), '+Inf'];
  return [
    `# HELP ${metric} ${histogramHelp[name]}`,
    `# TYPE ${metric} histogram`,
    ...bounds.map((bound, index) => `${metric}_bucket{le="${bound}"} ${cumulative[index] ?? 0}`),
    `${metric}_sum ${sumSeconds}`,
    `${metric}_count ${cumulative.at(-1) ?? 0}`,
    '',
  ];
}
