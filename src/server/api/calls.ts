/**
 * What can be called: method, path, who may, what goes in and what comes out, in one table. Routes are registered
 * from it and the OpenAPI document is made from it, so neither can know a call that the other does not.
 */
import { z } from 'zod';
import {
  attachBody,
  auditQuery,
  auditSchema,
  batchPageSchema,
  batchSchema,
  budgetBody,
  changedSchema,
  createdSchema,
  createQuery,
  doneSchema,
  eventSchema,
  failuresSchema,
  idParams,
  itemPageSchema,
  itemSchema,
  itemsQuery,
  modelsSchema,
  nameParams,
  overviewSchema,
  pageQuery,
  priorityBody,
  resumeBody,
  retryBody,
  retryForecastSchema,
  retryItemBody,
  scheduleBody,
  scheduleSchema,
  selectionQuery,
  severalBody,
  severalSchema,
  stuckSchema,
  workersSchema,
} from './schemas.ts';

const nothing = z.strictObject({});
/** Of calls that take nothing: a body with fields is a mistake that could cost money. */
export const noBody = z.strictObject({});

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters as `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly role: 'viewer' | 'operator';
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject | 'list';
  readonly answer: z.ZodType;
}

const base = { params: nothing, query: nothing, body: noBody, role: 'viewer' } as const;
const read = { ...base, method: 'GET' } as const;
const act = { ...base, method: 'POST', role: 'operator' } as const;

export const calls = {
  overview: { ...read, path: '/overview', summary: 'The state of everything', answer: overviewSchema },
  models: {
    ...read,
    path: '/models',
    summary: 'The models with what they take and what they cost',
    answer: modelsSchema,
  },
  workers: {
    ...read,
    path: '/workers',
    summary: 'Who works, and what each has in hand',
    answer: workersSchema,
  },
  stuck: {
    ...read,
    path: '/stuck',
    summary: 'Tasks and downloads that take longer than any has taken so far',
    answer: stuckSchema,
  },
  audit: {
    ...read,
    path: '/audit',
    summary: 'Who did what',
    query: auditQuery,
    answer: auditSchema,
  },
  schedules: {
    ...read,
    path: '/schedules',
    summary: 'Schedules with their next and last runs',
    answer: z.object({ schedules: z.array(scheduleSchema) }),
  },
  putSchedule: {
    ...act,
    method: 'PUT',
    path: '/schedules/{name}',
    summary: 'Make a schedule, or change the one of that name',
    params: nameParams,
    body: scheduleBody,
    answer: doneSchema,
  },
  removeSchedule: {
    ...act,
    method: 'DELETE',
    path: '/schedules/{name}',
    summary: 'Remove a schedule and its history; batches that it made stay',
    params: nameParams,
    answer: doneSchema,
  },
  pauseSchedule: {
    ...act,
    path: '/schedules/{name}/pause',
    summary: 'Run a schedule no more until it is resumed',
    params: nameParams,
    answer: doneSchema,
  },
  resumeSchedule: {
    ...act,
    path: '/schedules/{name}/resume',
    summary: 'Run a schedule again at its times',
    params: nameParams,
    answer: doneSchema,
  },
  runSchedule: {
    ...act,
    path: '/schedules/{name}/run',
    summary: 'Have a worker run a schedule now; new links are enqueued, and their tasks are paid',
    params: nameParams,
    answer: doneSchema,
  },
  batches: {
    ...read,
    path: '/batches',
    summary: 'Batches, the newest first',
    query: pageQuery,
    answer: batchPageSchema,
  },
  createBatch: {
    ...act,
    path: '/batches',
    summary:
      'Take a list of links in; send it as text/plain, text/csv, application/json or application/x-ndjson. With an Idempotency-Key header a repeat gets the first answer',
    query: createQuery,
    body: 'list',
    answer: createdSchema,
  },
  batch: { ...read, path: '/batches/{name}', summary: 'One batch', params: nameParams, answer: batchSchema },
  items: {
    ...read,
    path: '/batches/{name}/items',
    summary: 'Items of a batch, page by page',
    params: nameParams,
    query: itemsQuery,
    answer: itemPageSchema,
  },
  foreseeRetry: {
    ...read,
    path: '/batches/{name}/retry',
    summary: 'What a retry would do and cost; changes nothing',
    params: nameParams,
    query: selectionQuery,
    answer: retryForecastSchema,
  },
  retryBatch: {
    ...act,
    path: '/batches/{name}/retry',
    summary: 'Retry failed, cancelled and held items; tasks that are paid are collected, not paid again',
    params: nameParams,
    body: retryBody,
    answer: changedSchema,
  },
  failures: {
    ...read,
    path: '/batches/{name}/failures',
    summary: 'What failed, grouped by reason and by what was said',
    params: nameParams,
    answer: failuresSchema,
  },
  giveUpHeld: {
    ...act,
    path: '/batches/{name}/give-up',
    summary: 'Cancel the held items of a batch; nothing more is paid for them',
    params: nameParams,
    answer: changedSchema,
  },
  actOnBatches: {
    ...act,
    path: '/batches/act',
    summary: 'Pause, resume, cancel or prioritize several batches; each that is refused is named',
    body: severalBody,
    answer: severalSchema,
  },
  cancelBatch: {
    ...act,
    path: '/batches/{name}/cancel',
    summary: 'Stop what waits; paid tasks are still collected',
    params: nameParams,
    answer: changedSchema,
  },
  pauseBatch: {
    ...act,
    path: '/batches/{name}/pause',
    summary: 'Submit nothing more of a batch',
    params: nameParams,
    answer: doneSchema,
  },
  resumeBatch: {
    ...act,
    path: '/batches/{name}/resume',
    summary: 'Resume a batch; one that is paused for a new price needs that price',
    params: nameParams,
    body: resumeBody,
    answer: doneSchema,
  },
  prioritizeBatch: {
    ...act,
    path: '/batches/{name}/priority',
    summary: 'Turns of a batch for each turn of a usual one',
    params: nameParams,
    body: priorityBody,
    answer: doneSchema,
  },
  setBudget: {
    ...act,
    path: '/batches/{name}/budget',
    summary: 'Set the most credits that a batch may spend',
    params: nameParams,
    body: budgetBody,
    answer: doneSchema,
  },
  pauseAll: { ...act, path: '/pause', summary: 'Submit nothing more of any batch', answer: doneSchema },
  resumeAll: {
    ...act,
    path: '/resume',
    summary: 'End the pause of everything; batches paused by name stay so',
    answer: doneSchema,
  },
  item: { ...read, path: '/items/{id}', summary: 'One item', params: idParams, answer: itemSchema },
  itemEvents: {
    ...read,
    path: '/items/{id}/events',
    summary: 'What happened to an item, oldest first; in full until six hours after it was saved',
    params: idParams,
    answer: z.object({ events: z.array(eventSchema) }),
  },
  retryItem: {
    ...act,
    path: '/items/{id}/retry',
    summary: 'Retry one item; a held one is paid again',
    params: idParams,
    body: retryItemBody,
    answer: changedSchema,
  },
  attachTask: {
    ...act,
    path: '/items/{id}/attach',
    summary:
      'Have a worker check by its record whether a task is the held item’s; its events tell what came of it',
    params: idParams,
    body: attachBody,
    answer: changedSchema,
  },
  foreseeItemRetry: {
    ...read,
    path: '/items/{id}/retry',
    summary: 'What a retry of one item would do and cost; changes nothing',
    params: idParams,
    answer: retryForecastSchema.omit({ budget: true, creditsSpent: true }),
  },
  checkItem: {
    ...act,
    path: '/items/{id}/check',
    summary: 'Have a worker look at its task or its download now',
    params: idParams,
    answer: changedSchema,
  },
  giveUpItem: {
    ...act,
    path: '/items/{id}/give-up',
    summary: 'Cancel a held item; nothing more is paid for it',
    params: idParams,
    answer: changedSchema,
  },
} as const satisfies Record<string, Call>;

/** The methods a path below `/api/v1` has; none for an unknown one. */
export function methodsOf(path: string): string[] {
  const fits = (pattern: string) => new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  return Object.values(calls)
    .filter((call) => fits(call.path))
    .map(({ method }) => method);
}
