/** A worker of plain BullMQ with its default settings: jobs of 0.7 s, ten at once. Arguments: Redis, prefix. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';

const [url = '', prefix = ''] = process.argv.slice(2);
const connection = url.startsWith('unix:') ? { path: url.slice('unix://'.length) } : { url };

new Worker('work', () => sleep(700), { connection, prefix, concurrency: 10 });
