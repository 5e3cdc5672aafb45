/**
 * The shapes of the API, once: requests are checked by them, and the OpenAPI document is made from them.
 */
import { z } from 'zod';
import { haltReasons } from '../../shared/gate-state/halt-reasons.ts';
import { situationKinds } from '../../shared/gate-state/situation.ts';
import { eventKinds } from '../../shared/item-history/item-history.ts';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';
import { problemKinds } from '../readings/problems.ts';

const instant = z.string().meta({ format: 'date-time', description: 'ISO 8601' });
const count = z.int().min(0);
const stateSchema = z.enum(itemStates);
const reasonSchema = z.enum(failureReasons);

const haltSchema = z.object({
  reason: z.enum(haltReasons),
  model: z.string().nullable().describe('Null if the whole account is halted.'),
  since: instant,
  message: z.string().describe('In the vendor’s words.'),
  advice: z.string(),
  nextProbeAt: instant,
});

export const batchSchema = z.object({
  batch: z.string(),
  model: z.string(),
  createdAt: instant,
  ended: z.boolean(),
  situation: z.enum(situationKinds).describe('Why its links move or not.'),
  etaSeconds: z.number().nullable().describe('Null if unknown.'),
  paused: z.boolean(),
  pausedBecause: z.string().nullable().describe('Set if tasks cost more than announced.'),
  priority: z.number(),
  total: count,
  states: z.record(stateSchema, count),
  failures: z.partialRecord(reasonSchema, count),
  possiblyPaidTwice: count,
  creditsSpent: z.number(),
  budget: z.number().nullable().describe('The most credits it may spend.'),
  bytes: count,
});

export const itemSchema = z.object({
  id: z.string(),
  url: z.string(),
  inputs: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('Inputs of the task other than the link and the model’s defaults; null: none.'),
  model: z.string(),
  batch: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  taskId: z.string().nullable(),
  taskIds: z.array(z.string()),
  attempts: count,
  creditsSpent: z.number(),
  file: z.string().nullable(),
  bytes: count.nullable(),
  sha256: z.string().nullable(),
  enqueuedAt: instant.nullable(),
  submittedAt: instant.nullable(),
  completedAt: instant.nullable(),
  savedAt: instant.nullable(),
  possiblyPaidTwice: count,
  row: z
    .object({ line: count, columns: z.record(z.string(), z.string()) })
    .nullable()
    .describe('The kept columns of the list’s row.'),
});

export const eventSchema = z.object({
  at: instant,
  firstAt: instant,
  times: count.describe('Number of repetitions.'),
  kind: z.enum(eventKinds),
  message: z.string(),
});

export const overviewSchema = z.object({
  at: instant,
  states: z.record(stateSchema, count),
  halts: z.array(haltSchema),
  paused: z.boolean(),
  vendorPause: z
    .object({
      operation: z.enum(['submit', 'query']),
      since: instant,
      until: instant,
      message: z.string().nullable().describe('Why, in the vendor’s words.'),
    })
    .nullable()
    .describe('A pause that the vendor has asked for.'),
  limit: z
    .object({ max: count, windowMs: z.number(), used: count, admitted: count, refused: count })
    .nullable()
    .describe('The submit gate; null before the first task.'),
  admittedPer10s: z.number().nullable(),
  savedPerMinute: z.number().nullable(),
  oldestWaitingSeconds: z.number().nullable(),
  credits: z.number().nullable(),
  freeBytes: z.number().nullable(),
  workersAlive: count,
  situation: z.enum(situationKinds).describe('Why links move or not.'),
  headline: z.string().describe('The situation in a sentence.'),
  problems: z
    .array(z.object({ kind: z.enum(problemKinds), message: z.string() }))
    .describe('Problems that need a person, other than halts.'),
});

export const workersSchema = z.object({
  workers: z.array(
    z.object({
      id: z.string(),
      host: z.string(),
      pid: z.number(),
      version: z.string().nullable(),
      startedAt: instant,
      alive: z.boolean(),
      saidSecondsAgo: z.number(),
      stages: z.array(z.string()),
      memoryBytes: count.nullable(),
      holding: z.record(z.string(), z.array(z.string())).describe('Ids of items, by stage.'),
    }),
  ),
});
export const stuckSchema = z.object({
  tasks: count.describe('At the vendor for more than twice as long as any task before.'),
  downloads: count,
  taskLimitSeconds: z.number(),
  downloadLimitSeconds: z.number(),
  items: z
    .array(z.object({ id: z.string(), state: z.enum(['processing', 'downloading']), since: instant }))
    .describe('The first of them.'),
});
export const failuresSchema = z.object({
  groups: z.array(z.object({ reason: z.string().nullable(), message: z.string(), items: count })),
  examined: count.describe('How many of the latest failures were grouped; there may be more.'),
});
export const auditQuery = z.strictObject({
  who: z.string().max(100).optional().describe('Part of a name, also for the others.'),
  action: z.string().max(100).optional(),
  target: z.string().max(100).optional().describe('A batch, an item or a schedule.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const auditSchema = z.object({
  entries: z
    .array(
      z.object({
        at: instant,
        who: z.string(),
        address: z.string(),
        action: z.string(),
        target: z.string(),
        outcome: z.string(),
      }),
    )
    .describe('The latest first.'),
});
export const scheduleSchema = z.object({
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  source: z.string(),
  model: z.string(),
  paused: z.boolean(),
  budget: z.number().nullable().describe('Of each batch, in credits.'),
  nextAt: instant.nullable(),
  next: z.array(instant).describe('The next five times.'),
  runningSince: instant.nullable(),
  problem: z.string().nullable().describe('What is wrong with it.'),
  runs: z
    .array(
      z.object({
        startedAt: instant,
        endedAt: instant,
        by: z.enum(['schedule', 'person']),
        batch: z.string(),
        accepted: count,
        known: count,
        invalid: count,
        error: z.string().nullable(),
        skippedTicks: count,
      }),
    )
    .describe('The newest first.'),
});

export const pageQuery = z.strictObject({
  cursor: z.coerce.number().int().min(0).default(0).describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export const itemsQuery = pageQuery.extend({
  state: stateSchema.optional(),
  reason: reasonSchema.optional(),
  paidTwice: z.enum(['true', 'false']).optional().describe('Only those possibly paid twice.'),
  q: z.string().max(1000).optional().describe('A link, an id, a task id, or a part of an id.'),
});
const nextSchema = z
  .int()
  .nullable()
  .describe(
    'Cursor of the next page; null at the end. With a filter, a page can be short and still have a next one.',
  );
export const batchPageSchema = z.object({ batches: z.array(batchSchema), next: nextSchema });
export const itemPageSchema = z.object({ items: z.array(itemSchema), next: nextSchema });

const batchName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);
export const createQuery = z.strictObject({
  batch: batchName
    .optional()
    .describe('Name of the batch; an existing one is extended. Default: from the time.'),
  model: z.string().optional().describe('Default: the first model.'),
  set: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat())
    .pipe(z.array(z.string().regex(/^[^=]+=/, 'must look like NAME=VALUE')).max(100))
    .optional()
    .describe(
      'An input of the model for all links, as NAME=VALUE; may be repeated. A link’s own value wins.',
    ),
  force: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Process links again that were saved before, and pay again.'),
  upload: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      'Workers fetch the videos and upload them to the vendor, for links that the vendor cannot reach.',
    ),
  budget: z.coerce.number().min(0).optional().describe('The most credits the batch may spend.'),
  priority: z.coerce.number().int().min(1).max(1000).optional(),
  paused: z.enum(['true', 'false']).default('false').describe('Nothing is submitted until it is resumed.'),
});
const priceView = z.object({
  unit: z.enum(['task', 'second']),
  credits: z.number().describe('For one unit.'),
  by: z
    .record(z.string(), z.record(z.string(), z.number()))
    .describe('Credits for one unit by the value of an input; the highest match counts.'),
  secondsInput: z.string().optional(),
});
const priceSourceSchema = z.object({
  kind: z.enum(['price-list', 'definition']),
  at: z.string().nullable().describe('When the list was read, or the day of the definition’s price.'),
  highestOf: z.number().nullable().describe('Number of prices that match; the highest is used.'),
  message: z.string().describe('As text, with its age.'),
});
export const modelsSchema = z.object({
  models: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.enum(['live', 'off']).describe('By its definition; the vendor’s answer takes precedence.'),
      videoField: z.string(),
      requires: z.array(z.string()).describe('Inputs that each link needs.'),
      price: priceView.nullable().describe('Null: unknown, the first task will show it.'),
      priceSource: priceSourceSchema.nullable(),
    }),
  ),
});
export const costSchema = z
  .object({
    kind: z.enum(['each', 'all', 'unknown']),
    credits: z.number().nullable().describe('For each task, or for all together.'),
    basis: z.string().describe('The basis of the estimate, as text.'),
  })
  .describe('The expected cost of tasks. A batch whose tasks cost more than announced is paused.');
export const createdSchema = z.object({
  batch: z.string(),
  total: count,
  accepted: count,
  duplicates: count,
  alreadySaved: count,
  invalid: count,
  invalidLines: z
    .array(z.object({ line: count, text: z.string(), reason: z.string() }))
    .describe('The first hundred.'),
  cost: costSchema.optional(),
});
export const selectionQuery = z.strictObject({
  state: z
    .enum(['failed', 'cancelled', 'held'])
    .optional()
    .describe('Only these. Without it and without a reason: failed, cancelled and held ones.'),
  reason: reasonSchema.optional(),
  message: z.string().max(1000).optional(),
});
const budget = z.number().min(0).describe('The batch’s budget in credits, including what it has spent.');
const atMost = z
  .strictObject({
    items: count.optional(),
    credits: z.number().min(0).optional().describe('By the known price; refused if none is known.'),
  })
  .optional()
  .describe('If the retry would exceed it, the response is 409 and nothing changes.');
export const retryBody = selectionQuery.extend({ budget: budget.optional(), atMost });
export const retryItemBody = z.strictObject({ atMost });
export const resumeBody = z.strictObject({
  price: z
    .number()
    .optional()
    .describe('Credits of a task. Required if `pausedBecause` has a new price, and must be the current one.'),
});
export const severalBody = z.strictObject({
  action: z.enum(['pause', 'resume', 'cancel', 'priority']),
  batches: z.array(batchName).min(1).max(1000),
  priority: z.int().min(1).max(1000).optional().describe('For `priority`; default 1.'),
});
export const severalSchema = z.object({
  done: z.array(z.string()),
  refused: z.array(z.object({ batch: z.string(), reason: z.string() })),
});
export const scheduleBody = z.strictObject({
  cron: z.string().trim().max(100),
  timeZone: z.string().trim().max(60).default('UTC'),
  source: z
    .string()
    .trim()
    .regex(/^(https|s3):\/\//, 'must be https://… or s3://…')
    .describe('Schedules for folders and files are created on the command line.'),
  model: z.string(),
  maxCredits: z.number().min(0).nullable().default(null).describe('Budget of each batch.'),
});
export const budgetBody = z.strictObject({ credits: budget });
export const attachBody = z.strictObject({ taskId: z.string().regex(/^[^\s,]{1,200}$/) });
export const retryForecastSchema = z.object({
  items: count,
  collected: count.describe('Already paid: their results are collected again for free.'),
  newTasks: count.describe('Most tasks that are paid.'),
  creditsPerTask: z.number().nullable().describe('Null if not known yet.'),
  budget: z.number().nullable(),
  creditsSpent: z.number(),
});
export const priorityBody = z.strictObject({ priority: z.int().min(1).max(1000) });
export const changedSchema = z.object({ items: count.describe('Number of links.') });
export const doneSchema = z.object({ done: z.literal(true) });
export const nameParams = z.strictObject({ name: batchName });
export const idParams = z.strictObject({ id: z.string().min(1).max(200) });
