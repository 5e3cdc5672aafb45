/** The calls of the HTTP API, from `GET /api/v1/openapi.json`. Written by `npm run docs`. */

export interface Calls {
  /** The state of everything. */
  overview: { given: {  }; answer: { at: string; states: Readonly<Record<string, number>>; halts: readonly ({ reason: "unauthorized" | "no-credits" | "key-limit" | "maintenance" | "model-paused" | "model-failing" | "misconfigured" | "storage-full" | "storage-unavailable" | "results-unavailable"; model: string | null; since: string; message: string; advice: string; nextProbeAt: string })[]; paused: boolean; vendorPause: { operation: "submit" | "query"; since: string; until: string; message: string | null } | null; limit: { max: number; windowMs: number; used: number; admitted: number; refused: number } | null; admittedPer10s: number | null; savedPerMinute: number | null; oldestWaitingSeconds: number | null; credits: number | null; freeBytes: number | null; workersAlive: number; situation: "empty" | "ended" | "halted" | "all-paused" | "batch-paused" | "queue-paused" | "no-worker" | "vendor-outage" | "vendor-pause" | "running"; headline: string; problems: readonly ({ kind: "no-worker" | "worker-vanished" | "tasks-stuck" | "downloads-stuck" | "schedule-failing" | "credits-low"; message: string })[] } };
  /** The models with their inputs and prices. */
  models: { given: {  }; answer: { models: readonly ({ id: string; title: string; state: "live" | "off"; videoField: string; requires: readonly (string)[]; price: { unit: "task" | "second"; credits: number; by: Readonly<Record<string, Readonly<Record<string, number>>>>; secondsInput?: string | undefined } | null; priceSource: { kind: "price-list" | "definition"; at: string | null; highestOf: number | null; message: string } | null })[] } };
  /** The workers and their current links. */
  workers: { given: {  }; answer: { workers: readonly ({ id: string; host: string; pid: number; version: string | null; startedAt: string; alive: boolean; saidSecondsAgo: number; stages: readonly (string)[]; memoryBytes: number | null; holding: Readonly<Record<string, readonly (string)[]>> })[] } };
  /** Tasks and downloads that take longer than usual. */
  stuck: { given: {  }; answer: { tasks: number; downloads: number; taskLimitSeconds: number; downloadLimitSeconds: number; items: readonly ({ id: string; state: "processing" | "downloading"; since: string })[] } };
  /** Actions, with their users. */
  audit: { given: { query?: { who?: string | undefined; action?: string | undefined; target?: string | undefined; limit?: number | undefined } }; answer: { entries: readonly ({ at: string; who: string; address: string; action: string; target: string; outcome: string })[] } };
  /** Schedules with their next and last runs. */
  schedules: { given: {  }; answer: { schedules: readonly ({ name: string; cron: string; timeZone: string; source: string; model: string; paused: boolean; budget: number | null; nextAt: string | null; next: readonly (string)[]; runningSince: string | null; problem: string | null; runs: readonly ({ startedAt: string; endedAt: string; by: "schedule" | "person"; batch: string; accepted: number; known: number; invalid: number; error: string | null; skippedTicks: number })[] })[] } };
  /** Create or change a schedule. */
  putSchedule: { given: { params: { name: string }; body?: { cron: string; timeZone?: string | undefined; source: string; model: string; maxCredits?: number | null | undefined } }; answer: { done: true } };
  /** Remove a schedule and its history; its batches are kept. */
  removeSchedule: { given: { params: { name: string } }; answer: { done: true } };
  /** Pause a schedule. */
  pauseSchedule: { given: { params: { name: string } }; answer: { done: true } };
  /** Resume a schedule. */
  resumeSchedule: { given: { params: { name: string } }; answer: { done: true } };
  /** Run a schedule now, in a worker; new links are enqueued, and their tasks are paid. */
  runSchedule: { given: { params: { name: string } }; answer: { done: true } };
  /** Batches, the newest first. */
  batches: { given: { query?: { cursor?: number | undefined; limit?: number | undefined } }; answer: { batches: readonly ({ batch: string; model: string; createdAt: string; ended: boolean; situation: "empty" | "ended" | "halted" | "all-paused" | "batch-paused" | "queue-paused" | "no-worker" | "vendor-outage" | "vendor-pause" | "running"; etaSeconds: number | null; paused: boolean; pausedBecause: string | null; priority: number; total: number; states: Readonly<Record<string, number>>; failures: Readonly<Record<string, number>>; possiblyPaidTwice: number; creditsSpent: number; budget: number | null; bytes: number })[]; next: number | null } };
  /** Enqueue a list of links, as text/plain, text/csv, application/json or application/x-ndjson. With an Idempotency-Key header a repeat gets the first response. */
  createBatch: { given: { query?: { batch?: string | undefined; model?: string | undefined; set?: string | readonly (string)[] | undefined; force?: "true" | "false" | undefined; upload?: "true" | "false" | undefined; budget?: number | undefined; priority?: number | undefined; paused?: "true" | "false" | undefined }; headers?: { "Idempotency-Key"?: string | undefined }; body: string }; answer: { batch: string; total: number; accepted: number; duplicates: number; alreadySaved: number; invalid: number; invalidLines: readonly ({ line: number; text: string; reason: string })[]; cost?: { kind: "each" | "all" | "unknown"; credits: number | null; basis: string } | undefined } };
  /** One batch. */
  batch: { given: { params: { name: string } }; answer: { batch: string; model: string; createdAt: string; ended: boolean; situation: "empty" | "ended" | "halted" | "all-paused" | "batch-paused" | "queue-paused" | "no-worker" | "vendor-outage" | "vendor-pause" | "running"; etaSeconds: number | null; paused: boolean; pausedBecause: string | null; priority: number; total: number; states: Readonly<Record<string, number>>; failures: Readonly<Record<string, number>>; possiblyPaidTwice: number; creditsSpent: number; budget: number | null; bytes: number } };
  /** Items of a batch, page by page. */
  items: { given: { params: { name: string }; query?: { cursor?: number | undefined; limit?: number | undefined; state?: "queued" | "submitting" | "processing" | "downloading" | "saved" | "failed" | "cancelled" | "held" | undefined; reason?: "invalid-link" | "rejected" | "generation-failed" | "task-timeout" | "download-failed" | "result-invalid" | "attempts-exhausted" | "budget-exhausted" | "input-unreadable" | undefined; paidTwice?: "true" | "false" | undefined; q?: string | undefined } }; answer: { items: readonly ({ id: string; url: string; inputs: Readonly<Record<string, unknown>> | null; model: string; batch: string; state: string; reason: string | null; message: string | null; taskId: string | null; taskIds: readonly (string)[]; attempts: number; creditsSpent: number; file: string | null; bytes: number | null; sha256: string | null; enqueuedAt: string | null; submittedAt: string | null; completedAt: string | null; savedAt: string | null; possiblyPaidTwice: number; row: { line: number; columns: Readonly<Record<string, string>> } | null })[]; next: number | null } };
  /** What a retry would do and cost; changes nothing. */
  foreseeRetry: { given: { params: { name: string }; query?: { state?: "failed" | "cancelled" | "held" | undefined; reason?: "invalid-link" | "rejected" | "generation-failed" | "task-timeout" | "download-failed" | "result-invalid" | "attempts-exhausted" | "budget-exhausted" | "input-unreadable" | undefined; message?: string | undefined } }; answer: { items: number; collected: number; newTasks: number; creditsPerTask: number | null; budget: number | null; creditsSpent: number } };
  /** Retry failed, cancelled and held items; results of paid tasks are collected for free. */
  retryBatch: { given: { params: { name: string }; body?: { state?: "failed" | "cancelled" | "held" | undefined; reason?: "invalid-link" | "rejected" | "generation-failed" | "task-timeout" | "download-failed" | "result-invalid" | "attempts-exhausted" | "budget-exhausted" | "input-unreadable" | undefined; message?: string | undefined; budget?: number | undefined; atMost?: { items?: number | undefined; credits?: number | undefined } | undefined } }; answer: { items: number } };
  /** Failures, grouped by reason and message. */
  failures: { given: { params: { name: string } }; answer: { groups: readonly ({ reason: string | null; message: string; items: number })[]; examined: number } };
  /** Cancel the held items of a batch, without further cost. */
  giveUpHeld: { given: { params: { name: string } }; answer: { items: number } };
  /** Pause, resume, cancel or prioritize several batches; the response names those that were refused. */
  actOnBatches: { given: { body?: { action: "pause" | "resume" | "cancel" | "priority"; batches: readonly (string)[]; priority?: number | undefined } }; answer: { done: readonly (string)[]; refused: readonly ({ batch: string; reason: string })[] } };
  /** Cancel waiting items; paid tasks are still collected. */
  cancelBatch: { given: { params: { name: string } }; answer: { items: number } };
  /** Pause a batch. */
  pauseBatch: { given: { params: { name: string } }; answer: { done: true } };
  /** Resume a batch; if it is paused for a new price, that price is required. */
  resumeBatch: { given: { params: { name: string }; body?: { price?: number | undefined } }; answer: { done: true } };
  /** Set how many links of a batch are submitted for each link of a normal one. */
  prioritizeBatch: { given: { params: { name: string }; body?: { priority: number } }; answer: { done: true } };
  /** Set the budget of a batch in credits. */
  setBudget: { given: { params: { name: string }; body?: { credits: number } }; answer: { done: true } };
  /** Pause everything. */
  pauseAll: { given: {  }; answer: { done: true } };
  /** Resume everything; batches that were paused by name stay paused. */
  resumeAll: { given: {  }; answer: { done: true } };
  /** One item. */
  item: { given: { params: { id: string } }; answer: { id: string; url: string; inputs: Readonly<Record<string, unknown>> | null; model: string; batch: string; state: string; reason: string | null; message: string | null; taskId: string | null; taskIds: readonly (string)[]; attempts: number; creditsSpent: number; file: string | null; bytes: number | null; sha256: string | null; enqueuedAt: string | null; submittedAt: string | null; completedAt: string | null; savedAt: string | null; possiblyPaidTwice: number; row: { line: number; columns: Readonly<Record<string, string>> } | null } };
  /** The history of an item, oldest first; complete until six hours after it was saved. */
  itemEvents: { given: { params: { id: string } }; answer: { events: readonly ({ at: string; firstAt: string; times: number; kind: "task-created" | "tries-again" | "answer-lost" | "task-failed" | "halted" | "held" | "failed" | "looked" | "result-exists" | "download-again" | "saved" | "not-fetched" | "retried" | "cancelled" | "task-attached" | "task-refused"; message: string })[] } };
  /** Retry one item; a held one is paid again. */
  retryItem: { given: { params: { id: string }; body?: { atMost?: { items?: number | undefined; credits?: number | undefined } | undefined } }; answer: { items: number } };
  /** What a retry of one item would do and cost; changes nothing. */
  foreseeItemRetry: { given: { params: { id: string } }; answer: { items: number; collected: number; newTasks: number; creditsPerTask: number | null } };
  /** Attach a task to a held item, if its record shows that it belongs to it. A worker checks this; the item’s events show the outcome. */
  attachTask: { given: { params: { id: string }; body?: { taskId: string } }; answer: { items: number } };
  /** Check the item’s task or download now, in a worker. */
  checkItem: { given: { params: { id: string } }; answer: { items: number } };
  /** Cancel a held item, without further cost. */
  giveUpItem: { given: { params: { id: string } }; answer: { items: number } };
}

/** The method and the address of each call. */
export const addresses: Readonly<Record<keyof Calls, readonly [method: string, path: string]>> = {
  overview: ['GET', '/api/v1/overview'],
  models: ['GET', '/api/v1/models'],
  workers: ['GET', '/api/v1/workers'],
  stuck: ['GET', '/api/v1/stuck'],
  audit: ['GET', '/api/v1/audit'],
  schedules: ['GET', '/api/v1/schedules'],
  putSchedule: ['PUT', '/api/v1/schedules/{name}'],
  removeSchedule: ['DELETE', '/api/v1/schedules/{name}'],
  pauseSchedule: ['POST', '/api/v1/schedules/{name}/pause'],
  resumeSchedule: ['POST', '/api/v1/schedules/{name}/resume'],
  runSchedule: ['POST', '/api/v1/schedules/{name}/run'],
  batches: ['GET', '/api/v1/batches'],
  createBatch: ['POST', '/api/v1/batches'],
  batch: ['GET', '/api/v1/batches/{name}'],
  items: ['GET', '/api/v1/batches/{name}/items'],
  foreseeRetry: ['GET', '/api/v1/batches/{name}/retry'],
  retryBatch: ['POST', '/api/v1/batches/{name}/retry'],
  failures: ['GET', '/api/v1/batches/{name}/failures'],
  giveUpHeld: ['POST', '/api/v1/batches/{name}/give-up'],
  actOnBatches: ['POST', '/api/v1/batches/act'],
  cancelBatch: ['POST', '/api/v1/batches/{name}/cancel'],
  pauseBatch: ['POST', '/api/v1/batches/{name}/pause'],
  resumeBatch: ['POST', '/api/v1/batches/{name}/resume'],
  prioritizeBatch: ['POST', '/api/v1/batches/{name}/priority'],
  setBudget: ['POST', '/api/v1/batches/{name}/budget'],
  pauseAll: ['POST', '/api/v1/pause'],
  resumeAll: ['POST', '/api/v1/resume'],
  item: ['GET', '/api/v1/items/{id}'],
  itemEvents: ['GET', '/api/v1/items/{id}/events'],
  retryItem: ['POST', '/api/v1/items/{id}/retry'],
  foreseeItemRetry: ['GET', '/api/v1/items/{id}/retry'],
  attachTask: ['POST', '/api/v1/items/{id}/attach'],
  checkItem: ['POST', '/api/v1/items/{id}/check'],
  giveUpItem: ['POST', '/api/v1/items/{id}/give-up'],
};
