/**
 * The vendor of run.ts, in a process of its own: posts the same callbacks to the server that is attacked and to the
 * control beside it, at a steady rate and each on a connection of its own, and times the answers. Hears by messages
 * what to post; when it is told to end it sends what it has measured.
 */
import { request } from 'node:http';

/** The path and the body of a callback. */
export interface Callback {
  readonly path: string;
  readonly taskId: string;
}
export type ProberMessage = { readonly callbacks: readonly Callback[] } | 'end';

export interface ProbeReport {
  /** Of each callback that got a 200: milliseconds since the first one was posted, and until its answer. */
  readonly answers: readonly { readonly atMs: number; readonly tookMs: number }[];
  readonly refused: number;
  /** No answer within the vendor's patience, or a connection that was closed. */
  readonly lost: number;
}

const ports = (process.argv[2] ?? '').split(',').map(Number);
const perSecond = 20;
const vendorPatienceMs = 15_000;
const reports = ports.map(() => ({ answers: [] as ProbeReport['answers'][number][], refused: 0, lost: 0 }));
const beganAt = performance.now();
let callbacks: readonly Callback[] = [];
let next = 0;

function post(port: number, { path, taskId }: Callback, report: (typeof reports)[number]): void {
  const startedAt = performance.now();
  const body = JSON.stringify({ code: 200, data: { taskId, state: 'success' } });
  const outgoing = request(
    {
      port,
      host: '127.0.0.1',
      path,
      method: 'POST',
      agent: false,
      timeout: vendorPatienceMs,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    (answer) => {
      const tookMs = performance.now() - startedAt;
      if (answer.statusCode === 200) report.answers.push({ atMs: startedAt - beganAt, tookMs });
      else report.refused += 1;
      answer.resume();
    },
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
  outgoing.on('error', () => {
    report.lost += 1;
  });
  outgoing.end(body);
}

const timer = setInterval(() => {
  const callback = callbacks[next++ % Math.max(1, callbacks.length)];
  if (callback === undefined) return;
  for (const [index, port] of ports.entries()) {
    const report = reports[index];
    if (report !== undefined) post(port, callback, report);
  }
}, 1000 / perSecond);

process.on('message', (message: ProberMessage) => {
  if (message !== 'end') {
    callbacks = message.callbacks;
    return;
  }
  clearInterval(timer);
  process.send?.(reports satisfies readonly ProbeReport[], () => process.disconnect());
});
