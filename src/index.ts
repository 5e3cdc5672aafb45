/**
 * kie-batch as a library: `createProducer` puts links in, waits for them and acts on batches, `createWorker` does the work.
 * Both join the same Redis as the command line, so the three may be mixed. See docs/library.md.
 */
export type { ConnectOptions } from './library/connect.ts';
export {
  type BatchStatus,
  createProducer,
  type EnqueueOptions,
  type EnqueueResult,
  type InvalidLink,
  type LinkOptions,
  type Producer,
  type WaitOptions,
} from './library/create-producer.ts';
export { createWorker, type Worker, type WorkerOptions } from './library/create-worker.ts';
export type { CancelSummary } from './producer/cancel-batch.ts';
export type { RetrySummary } from './producer/retry-batch.ts';
export type { Stage } from './shared/jobs/catalogue.ts';
export type { FailureReason, ItemState } from './shared/ledger/states.ts';
export type { ExportRow as LinkStatus } from './shared/wording/export-row.ts';
