/**
 * What every stage is handed: one plain object, built in worker.ts.
 */
import type { Clock } from '../shared/clock.ts';
import type { ItemHistory } from '../shared/item-history/item-history.ts';
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { VideoRelay } from '../shared/local-video/video-relay.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import type { Outgoing } from '../shared/outgoing/outgoing.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import type { Vendor } from '../shared/vendor/vendor.ts';
import type { VideoLengths } from '../shared/video-length/video-lengths.ts';
import type { HasBudget } from './budgeted-batches.ts';
import type { CreateCalls } from './create-calls.ts';
import type { Gate } from './gate/gate.ts';
import type { HeldAnswers } from './held-answers.ts';
import type { LearnedHistories } from './polling/learned-histories.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { ResultFetcher } from './result-fetcher.ts';
import type { SubmitRules } from './submit-decision.ts';
import type { WarnOfTrouble } from './warn-of-trouble.ts';

export interface WorkerContext extends Keyspace {
  /** Names this worker to the others. */
  readonly workerId: string;
  /** Answers that Redis has not recorded yet. */
  readonly held: HeldAnswers;
  /** Create calls of this process. */
  readonly calls: CreateCalls;
  /** Create calls that this process has made lately. */
  readonly recent: RecentCalls;
  /** The run of Redis that has all our records; '' before the first. */
  readonly redisRun: { id: string };
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly vendor: Vendor;
  readonly submitGate: Gate;
  readonly queryGate: Gate;
  readonly models: ModelRegistry;
  /** How long tasks take, as learned by all workers. */
  readonly histories: LearnedHistories;
  readonly hasBudget: HasBudget;
  /** The stories of items, and the measures. */
  readonly itemHistory: ItemHistory;
  readonly fetcher: ResultFetcher;
  /** Used if the price is per second and the batch has a budget, and if the model limits length or size. */
  readonly lengths: VideoLengths;
  /** For addresses chosen by others. */
  readonly outgoing: Outgoing;
  readonly maxVideoBytes: number;
  /** Files of other machines; null without a storage that machines share. */
  readonly relay: VideoRelay | null;
  readonly dataDir: string;
  readonly submitRules: SubmitRules;
  /** Submit links of this batch alone; null: of all. */
  readonly onlyBatch: string | null;
  /** Where the vendor sends callbacks, or null. */
  readonly callbackUrl: string | null;
  readonly logger: Logger;
  readonly warnOfTrouble: WarnOfTrouble;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}
