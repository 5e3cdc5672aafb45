/** The calls that change something. */
import type { FastifyInstance } from 'fastify';
import { actOnSeveral, refusePrice } from '../act-on-several.ts';
import { Refusal } from '../auth/guard.ts';
import type { RetryForecast } from '../server-deps.ts';
import { calls } from './calls.ts';
import { createBatch } from './create-batch.ts';
import { type ApiParts, batchOf, define, itemOf } from './define-call.ts';

export function actingCalls(api: FastifyInstance, parts: ApiParts): void {
  const { deps } = parts;
  const { operations } = deps;
  const done = { done: true } as const;
  define(api, parts, calls.createBatch, ({ query, request }) => createBatch(query, request, deps));
  define(api, parts, calls.retryBatch, async ({ params, body }) => {
    const { name } = await batchOf(params.name, deps);
    const { budget, atMost, ...selection } = body;
    if (atMost !== undefined) refuseMore(await operations.foreseeRetry(name, selection), atMost);
    if (budget !== undefined) await operations.setBudget(name, budget);
    return { items: await operations.retry(name, selection) };
  });
  define(api, parts, calls.setBudget, async ({ params, body }) => {
    await operations.setBudget((await batchOf(params.name, deps)).name, body.credits);
    return done;
  });
  define(api, parts, calls.cancelBatch, async ({ params }) => {
    const { name } = await batchOf(params.name, deps);
    return { items: await operations.cancel(name) };
  });
  define(api, parts, calls.pauseBatch, async ({ params }) => {
    await operations.pause((await batchOf(params.name, deps)).name);
    return done;
  });
  define(api, parts, calls.resumeBatch, async ({ params, body }) => {
    const { name, dearer } = await batchOf(params.name, deps);
    if (dearer !== null) refusePrice(dearer, body.price);
    await operations.resume(name);
    return done;
  });
  define(api, parts, calls.prioritizeBatch, async ({ params, body }) => {
    const { name } = await batchOf(params.name, deps);
    await operations.setPriority(name, body.priority);
    return done;
  });
  define(api, parts, calls.pauseAll, async () => {
    await operations.pauseAll();
    return done;
  });
  define(api, parts, calls.resumeAll, async () => {
    await operations.resumeAll();
    return done;
  });
  define(api, parts, calls.giveUpHeld, async ({ params }) => {
    const { name } = await batchOf(params.name, deps);
    return { items: await operations.giveUpHeld(name) };
  });
  define(api, parts, calls.actOnBatches, async ({ body: { action, batches, priority = 1 } }) =>
    actOnSeveral(action, batches, priority, deps),
  );
  define(api, parts, calls.checkItem, async ({ params }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.lookNow(id)) ? 1 : 0 };
  });
  define(api, parts, calls.retryItem, async ({ params, body: { atMost } }) => {
    const { id } = await itemOf(params.id, deps);
    if (atMost !== undefined) refuseMore(await operations.foreseeRetryOfItem(id), atMost);
    return { items: (await operations.retryItem(id)) ? 1 : 0 };
  });
  define(api, parts, calls.attachTask, async ({ params, body }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.attachTask(id, body.taskId)) ? 1 : 0 };
  });
  define(api, parts, calls.giveUpItem, async ({ params }) => {
    const { id } = await itemOf(params.id, deps);
    return { items: (await operations.giveUp(id)) ? 1 : 0 };
  });
}

/** @throws Refusal when more would be done, or paid, than the caller has agreed to */
function refuseMore(
  { links, newTasks, creditsPerTask }: RetryForecast,
  { items, credits }: { readonly items?: number | undefined; readonly credits?: number | undefined },
): void {
  if (items !== undefined && links > items)
    throw new Refusal(409, `This now concerns ${links} items, more than ${items}. Nothing was changed.`);
  if (credits === undefined || newTasks === 0) return;
  if (creditsPerTask === null)
    throw new Refusal(409, 'The cost of these tasks is not known yet. Nothing was changed.');
  const cost = newTasks * creditsPerTask;
  if (cost > credits)
    throw new Refusal(409, `This may cost ${cost} credits, more than ${credits}. Nothing was changed.`);
}
