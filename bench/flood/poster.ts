/** Posts callbacks that name foreign tasks to one address, as fast as eight connections do: the stranger of `run.ts`. */
import { Pool } from 'undici';

const [address = '', posts = '0', ...foreign] = process.argv.slice(2);
const url = new URL(address);
const pool = new Pool(url.origin, { connections: 8, pipelining: 1 });
const statuses = new Map<number, number>();
let next = 0;

async function post(): Promise<void> {
  for (let n = next++; n < Number(posts); n = next++) {
    // Every other one names a task that exists, at another item.
    const taskId = n % 2 === 0 ? foreign[n % foreign.length] : `invented-${n}`;
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: url.pathname,
      body: JSON.stringify({ code: 200, data: { taskId, state: 'success' } }),
    });
    await body.dump();
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  }
}

await Promise.all(Array.from({ length: 8 }, post));
await pool.close();
console.log(JSON.stringify(Object.fromEntries(statuses)));
