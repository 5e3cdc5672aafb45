/** Takes the lock of a folder again and again, noting entry and exit in a file; or takes it once and stays. */
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import { withLock } from '../../../src/shared/redis/local/generation-lock.ts';

const [folder = '', journal = '', rounds = '0'] = process.argv.slice(2);

if (rounds === 'stay') {
  await withLock({ folder, clock: systemClock }, async () => {
    console.log('holding');
    await sleep(600_000);
  });
}
for (let round = 0; round < Number(rounds); round += 1) {
  await withLock({ folder, clock: systemClock }, async () => {
    await appendFile(journal, `enter ${process.pid}\n`);
    await sleep(1);
    await appendFile(journal, `leave ${process.pid}\n`);
  });
}
console.log('done');
