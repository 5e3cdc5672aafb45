/** The least that a program with BullMQ must do for a first create call. Arguments: vendor, Redis, prefix, link. */
import { Queue, Worker } from 'bullmq';

const [vendor = '', url = '', prefix = '', link = ''] = process.argv.slice(2);
// The types of BullMQ leave no room for a socket's path as text.
const connection = url.startsWith('unix:') ? { path: url.slice('unix://'.length) } : { url };
const headers = { authorization: 'Bearer key-of-the-benchmarks', 'content-type': 'application/json' };

const queue = new Queue<{ link: string }>('submit', { connection, prefix });
await queue.add('submit', { link });
new Worker<{ link: string }>(
  'submit',
  async ({ data }) => {
    const body = JSON.stringify({ model: 'sora-watermark-remover', input: { video_url: data.link } });
    const answer = await fetch(`${vendor}/api/v1/jobs/createTask`, { method: 'POST', headers, body });
    await answer.json();
  },
  { connection, prefix },
);
