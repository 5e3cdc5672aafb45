/**
 * How the work is done, in one place: attempts, leases, concurrency, timeouts and patience, with their reasons. Times
 * are in milliseconds. What a user may need to change is a setting (configuration/schema.ts); what only the vendor
 * decides is in vendor/facts.ts.
 */
import type { HaltReason } from './gate-state/halt-reasons.ts';

/** A wait that doubles from one failure to the next. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** The jobs of all queues. */
export const jobPolicy = {
  /** Another worker runs a killed worker's jobs within 15 seconds. */
  lockMs: 10_000,
  stalledCheckMs: 3000,
  /** A job is never failed for having stalled often: the ledger decides what becomes of a link. */
  mostStalls: 1000,
  /** After Redis has refused to hand out a job. */
  retryDelayMs: 1000,
  longestSleepS: 2,
  /** A wait for jobs that is late by so much does not end: its connection is stuck. */
  lateWaitMs: 10_000,
  /** Downloads at once are a setting. */
  concurrency: { submit: 50, 'status-check': 50 },
  /** Schedules that run at once in one process. */
  schedules: 4,
  /** After Redis has refused something, its job is run again so much later. */
  redisTroubleMs: 1000,
  busyMs: 1000,
  misconfiguredMs: 5000,
  /** How often to search for items without a job. */
  sweepEveryMs: 15_000,
  /** How often to search for items without a place. */
  lostEveryMs: 60_000,
  /** How long past its own time a job may be late before the sweep makes it again. */
  graceMs: 60_000,
  /** After the jobs have ended or were cut off, this long for closing connections. */
  closeMs: 1500,
} as const;

/** Calls of the vendor's API. */
export const vendorPolicy = {
  timeoutMs: 60_000,
  /** A slot at a gate outlives the longest call, so that a slot that lapses is one of a dead worker. */
  leaseMs: 75_000,
} as const;

/** Workers announce that they are alive. */
export const presencePolicy = {
  everyMs: 3000,
  /** With the next look at it, the links of a killed worker's open create calls continue within 15 seconds. */
  goneAfterMs: 13_000,
  /** A killed worker stays visible for this long, because people may look for it. */
  forgottenAfterMs: 600_000,
} as const;

/** Waiting links are handed out to the gate. */
export const feederPolicy = {
  /** Jobs that wait at a closed gate, so that the next free slot is used at once. */
  readyJobs: 2,
  /** Also how soon after the end of a halt links are handed out again. */
  longestPauseMs: 500,
  /** While the limit is used up, links are handed out for all slots that become free in this time. */
  aheadMs: 1000,
  /** Between two hand-outs: a burst of admissions causes one. */
  leastPauseMs: 20,
} as const;

/** A Redis that was started again may have lost its last second. */
export const redisRunPolicy = {
  /** Create calls since this time are recorded again; Redis writes to its disk every second. */
  lookBackMs: 60_000,
  /** A create call waits so long for a disk that does not answer. */
  journalMs: 5000,
  /** A worker that Redis has lost, because it started in the lost second, has announced itself by then. */
  leastUptimeS: 6,
} as const;

/** Create calls. */
export const submitPolicy = {
  /** Create calls of a link that may fail before it has failed. */
  mostAttempts: 6,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  /** How often a lost answer is followed by another create call, at most: each may pay for one more task. */
  mostUnsure: 2,
  /** However long the gate says to wait, ask again this soon: what it waits for may end early. */
  longestWaitMs: 1500,
  /** A limit says exactly when there is room; but it may be learned again, or a person may reset it. */
  longestLimitMs: 10_000,
  /** A call of this item is open, here or in another worker. */
  underWayMs: 1000,
  /** While a callback is waited for, the limit is reckoned again this often: it shrinks as durations are learned. */
  reckonAgainMs: 60_000,
  /** The gate waits for the end of a halt or a pause; the job only retries. */
  askAgainMs: 1000,
  /** A link that was refused because the model refuses all is tried again after this. */
  refusedAgainMs: 60_000,
  /** An unreachable vendor is retried this often. */
  unreachableMs: 5000,
} as const;

/** Task ids that Redis refuses are kept and written again. */
export const heldAnswersPolicy = {
  backoff: { firstMs: 100, mostMs: 2000 },
  lookEveryMs: 50,
} as const;

/** Queries for the state of a task. When they are due is learned: worker/polling. */
export const statusCheckPolicy = {
  backoff: { firstMs: 1000, mostMs: 30_000 },
  /** Tasks a link may use up before its failure counts as final. */
  mostTasks: 3,
  /**
   * A record may take this long to appear. If it is unknown for longer, the task is lost. A single unusual answer must
   * not pay for a task again. Source: the vendor's 422 on a query.
   */
  unknownGraceMs: 120_000,
  /** Queries that believe a callback more than the record. */
  believedLooks: 4,
  /** The gate waits for the end of a halt; the job only retries. */
  askAgainMs: 2000,
  /** While a failure may turn into success, or a record may appear, poll this often. */
  secondPollMs: 15_000,
  /** A link that has tried a failing model leaves the next trials to others. */
  excusedMs: 60_000,
  /** Records in a row that cannot be understood: about an hour. */
  mostUnreadable: 120,
  /** A batch with a budget needs to know soon what its tasks cost: the first poll, the next ones, and for how long. */
  firstPricePollMs: 800,
  pricePollMs: 1500,
  priceWantedForMs: 20_000,
  /** A callback is late when most tasks have ended for twice as long, and its delivery would be over. */
  callback: {
    endedShare: 0.95,
    lateFactor: 2,
    /** The vendor's three attempts, 15 s each, and the time between them. */
    deliveryMs: 60_000,
  },
} as const;

/** Tasks that a callback claims for an item, until the task's record confirms it. */
export const claimPolicy = {
  backoff: { firstMs: 1000, mostMs: 60_000 },
  /** A record that is behind its callback appears within some two minutes. */
  mostTriesUnclear: 8,
  /** About a day: a vendor in trouble says nothing of the task, and claims are kept as long. */
  mostTries: 1440,
  /** While the account has to wait. */
  haltedMs: 30_000,
} as const;

/** Secondary tasks: paid, so polled to their end. */
export const secondaryTaskPolicy = {
  backoff: { firstMs: 5000, mostMs: 120_000 },
  /** About a day: longer than any task runs, and than most outages last. */
  mostTries: 720,
} as const;

export const uploadPolicy = {
  backoff: { firstMs: 2000, mostMs: 60_000 },
  /** Concurrent uploads of a process. They share its bandwidth: four are no faster, and need 25 MiB more memory. */
  mostAtOnce: 2,
  busyMs: 250,
  /** However long the upload host asks to wait, check again this soon: the batch may be cancelled meanwhile. */
  longestPauseMs: 10_000,
  /** Of fetching a video that is to be uploaded: about five minutes. */
  mostSourceTries: 8,
  /** A worker that was killed keeps others from its video for no longer. */
  leaseMs: 15_000,
  renewEveryMs: 5000,
} as const;

export const downloadPolicy = {
  /** A download that takes longer reports its progress this often. */
  progressEveryMs: 3000,
  storageFullMs: 5000,
  haltedMs: 5000,
  vendorBackoff: { firstMs: 30_000, mostMs: 30_000 },
  /** While downloads wait for the end of a halt, each retries after this. */
  waitMs: 2000,
  /** A host that asks for more is retried anyway: its URL will have expired by then. */
  longestRetryAfterMs: 60 * 60_000,
  /** How long a test of the storage may take. */
  storagePatienceMs: 20_000,
  /** Free space and the storage's mark are checked this often. */
  storageWatchMs: 10_000,
  unfinished: { sweepEveryMs: 10 * 60_000, ofUseForMs: 24 * 3_600_000 },
} as const;

/** Hosts of results that cannot be reached. */
export const unreachedPolicy = {
  /** So many links in a row that were not reached, or one so often, without a result in between, are an outage. */
  outageLinks: 5,
  outageTimes: 3,
  /** A single link that a host answers with errors, and that alone waits for it, is judged after this. */
  aloneMs: 15 * 60_000,
  askAgainMs: 5000,
  /** During the halt, one download tries this often. */
  trialEveryMs: 5000,
  /** Older observations are ignored. */
  forgottenAfterMs: 3_600_000,
} as const;

/** A model that fails everything is stopped after so many failures without a success in between. */
export const brakePolicy = {
  mostPassing: 10,
  /** Of failures that blame the very video. */
  mostFinal: 20,
  forgottenAfterS: 24 * 3600,
} as const;

const haltIntervals: Readonly<Record<HaltReason, Backoff>> = {
  unauthorized: { firstMs: 10_000, mostMs: 30_000 },
  'no-credits': { firstMs: 10_000, mostMs: 30_000 },
  'key-limit': { firstMs: 30_000, mostMs: 120_000 },
  maintenance: { firstMs: 10_000, mostMs: 30_000 },
  'model-paused': { firstMs: 10_000, mostMs: 60_000 },
  'model-failing': { firstMs: 30_000, mostMs: 600_000 },
  misconfigured: { firstMs: 30_000, mostMs: 120_000 },
  'storage-unavailable': { firstMs: 5000, mostMs: 30_000 },
  'results-unavailable': { firstMs: 5000, mostMs: 30_000 },
  'storage-full': { firstMs: 5000, mostMs: 30_000 },
};

/** Halts are probed. */
export const haltPolicy = {
  tickMs: 1000,
  /** Whether a long pause of the vendor may be over is asked every two minutes at most. */
  pauseTickMs: 5000,
  leaseMs: 30_000,
  firstProbeMs: 5000,
  /** A trial of a model that fails its tasks may cost a task's price. */
  firstTrialMs: 30_000,
  /** Probes cost nothing but, for a key's own cap, one link's try; so the wait after the end of a halt is kept short. */
  intervals: haltIntervals,
} as const;
