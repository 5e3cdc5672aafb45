/**
 * The process that the chaos test kills: downloads every item that is not done yet, as a worker would, and
 * prints a line for each. Run with a JSON file that says where from, where to and what is left.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchResult } from '../../../src/worker/transfer/fetch-result.ts';
import { createDeps, requestFor } from './set-up.ts';

export interface ChaosOrder {
  readonly root: string;
  readonly origin: string;
  readonly ids: readonly string[];
  readonly concurrency: number;
}

const MOST_TRIES = 20;

const order: ChaosOrder = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
const deps = await createDeps(order.root);
const left = [...order.ids];
const signal = new AbortController().signal;

async function bringHome(id: string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const url = `${order.origin}/${id}.mp4?signed=${process.pid}-${tries}`;
    const reply = await fetchResult(requestFor(id, url), deps, signal);
    if (reply.kind === 'stored') {
      console.log(id);
      return;
    }
    await sleep(10);
  }
  throw new Error(`${id} did not arrive in ${MOST_TRIES} tries`);
}

async function work(): Promise<void> {
  for (let id = left.shift(); id !== undefined; id = left.shift()) await bringHome(id);
}

await Promise.all(Array.from({ length: order.concurrency }, work));
await deps.outgoing.close();
