/**
 * All calls in one table: method, path, role, request and response. Routes and the OpenAPI document are generated from
 * it, so they cannot differ.
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
/** For calls without fields: a body with fields is a mistake that could cost money. */
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
    summary: 'The models with their inputs and prices',
    answer: modelsSchema,
  },
  workers: {
    ...read,
    path: '/workers',
    summary: 'The workers and their current links',
    answer: workersSchema,
  },
  stuck: {
    ...read,
    path: '/stuck',
    summary: 'Tasks and downloads that take longer than usual',
    answer: stuckSchema,
  },
  audit: {
    ...read,
    path: '/audit',
    summary: 'Actions, with their users',
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
    summary: 'Create or change a schedule',
    params: nameParams,
    body: scheduleBody,
    answer: doneSchema,
  },
  removeSchedule: {
    ...act,
    method: 'DELETE',
    path: '/schedules/{name}',
    summary: 'Remove a schedule and its history; its batches are kept',
    params: nameParams,
    answer: doneSchema,
  },
  pauseSchedule: {
    ...act,
    path: '/schedules/{name}/pause',
    summary: 'Pause a schedule',
    params: nameParams,
    answer: doneSchema,
  },
  resumeSchedule: {
    ...act,
    path: '/schedules/{name}/resume',
    summary: 'Resume a schedule',
    params: nameParams,
    answer: doneSchema,
  },
  runSchedule: {
    ...act,
    path: '/schedules/{name}/run',
    summary: 'Run a schedule now, in a worker; new links are enqueued, and their tasks are paid',
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
      'Enqueue a list of links, as text/plain, text/csv, application/json or application/x-ndjson. With an Idempotency-Key header a repeat gets the first response',
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
    summary: 'Retry failed, cancelled and held items; results of paid tasks are collected for free',
    params: nameParams,
    body: retryBody,
    answer: changedSchema,
  },
  failures: {
    ...read,
    path: '/batches/{name}/failures',
    summary: 'Failures, grouped by reason and message',
    params: nameParams,
    answer: failuresSchema,
  },
  giveUpHeld: {
    ...act,
    path: '/batches/{name}/give-up',
    summary: 'Cancel the held items of a batch, without further cost',
    params: nameParams,
    answer: changedSchema,
  },
  actOnBatches: {
    ...act,
    path: '/batches/act',
    summary:
      'Pause, resume, cancel or prioritize several batches; the response names those that were refused',
    body: severalBody,
    answer: severalSchema,
  },
  cancelBatch: {
    ...act,
    path: '/batches/{name}/cancel',
    summary: 'Cancel waiting items; paid tasks are still collected',
    params: nameParams,
    answer: changedSchema,
  },
  pauseBatch: {
    ...act,
    path: '/batches/{name}/pause',
    summary: 'Pause a batch',
    params: nameParams,
    answer: doneSchema,
  },
  resumeBatch: {
    ...act,
    path: '/batches/{name}/resume',
    summary: 'Resume a batch; if it is paused for a new price, that price is required',
    params: nameParams,
    body: resumeBody,
    answer: doneSchema,
  },
  prioritizeBatch: {
    ...act,
    path: '/batches/{name}/priority',
    summary: 'Set how many links of a batch are submitted for each link of a normal one',
    params: nameParams,
    body: priorityBody,
    answer: doneSchema,
  },
  setBudget: {
    ...act,
    path: '/batches/{name}/budget',
    summary: 'Set the budget of a batch in credits',
    params: nameParams,
    body: budgetBody,
    answer: doneSchema,
  },
  pauseAll: { ...act, path: '/pause', summary: 'Pause everything', answer: doneSchema },
  resumeAll: {
    ...act,
    path: '/resume',
    summary: 'Resume everything; batches that were paused by name stay paused',
    answer: doneSchema,
  },
  item: { ...read, path: '/items/{id}', summary: 'One item', params: idParams, answer: itemSchema },
  itemEvents: {
    ...read,
    path: '/items/{id}/events',
    summary: 'The history of an item, oldest first; complete until six hours after it was saved',
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
      'Attach a task to a held item, if its record shows that it belongs to it. A worker checks this; the item’s events show the outcome',
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
    summary: 'Check the item’s task or download now, in a worker',
    params: idParams,
    answer: changedSchema,
  },
  giveUpItem: {
    ...act,
    path: '/items/{id}/give-up',
    summary: 'Cancel a held item, without further cost',
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
