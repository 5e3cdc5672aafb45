/**
 * Finds items whose next job has been lost (a Redis that lost its last second, a crash between the ledger
 * and the queue) or is delayed far past its time (a clock that was set back), and makes it or has it run. Together with jobs that are safe to run twice this keeps the promise
 * that every item reaches an end, whatever is killed.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { stateFacts } from '../shared/ledger/states.ts';
import type { Logger } from '../shared/logging/logger.ts';
import { createLostItemSearch } from './lost-items.ts';
import type { WarnOfTrouble } from './warn-of-trouble.ts';

const pageSize = 200;

async function sweep({ ledger, queues }: { ledger: Ledger; queues: Queues }): Promise<number> {
  let count = 0;
  for (;;) {
    const ids = await ledger.overdue(pageSize);
    for (const id of ids) {
      const item = await ledger.item(id);
      const stage = item ? stateFacts[item.state].stage : null;
      if (stage) await queues.wake(stage, id);
    }
    count += ids.length;
    if (ids.length < pageSize) return count;
  }
}

export function startSweeper(deps: {
  ledger: Ledger;
  queues: Queues;
  logger: Logger;
  warnOfTrouble: WarnOfTrouble;
  everyMs: number;
  /** How often to look for items without a place. */
  lostEveryMs: number;
}) {
  const findLost = createLostItemSearch(deps.ledger, deps.logger);
  let lookedAt = performance.now();
  let stopped = false;
  let running: Promise<void> | null = null;
  let timer = setTimeout(run, 0);

  async function findLostIfDue(): Promise<void> {
    if (performance.now() - lookedAt < deps.lostEveryMs) return;
    lookedAt = performance.now();
    await findLost();
  }

  function run(): void {
    running = findLostIfDue()
      .then(() => sweep(deps))
      .then((count) => {
        if (count > 0) deps.logger.debug({ count }, 'Found items without a job');
      })
      .catch((error: unknown) => deps.warnOfTrouble('A sweep failed, retrying', error))
      .then(() => {
        if (!stopped) timer = setTimeout(run, deps.everyMs);
      });
  }

  return {
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
