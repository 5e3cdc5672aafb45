/**
 * The cost of attacks on `serve`: `npm run bench -- serve-attack [--seconds 60] [--half-open 10000] [--readers 1000]
 * [--logins 100] [--upload]`. While a batch runs, another process holds that many requests half open, opens that many live
 * pages without reading them, and guesses passwords on that many connections at once. `--upload` also sends a list of
 * 62 MB at 5 Mbit/s. A third process sends 20 callbacks a second of the running batch to the attacked server and to a
 * second one, the control, which a busy machine slows down as much. `serve` is a separate process, so its memory is its
 * own. Prints its highest resident memory, the response times of callbacks, and what happened to the attackers.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { createCallbackTokens } from '../../src/shared/callbacks/callback-tokens.ts';
import { freePort } from '../free-port.ts';
import { type Served, startServe } from '../served.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';
import type { AttackOrder, AttackReport } from './attackers.ts';
import type { Callback, ProbeReport } from './prober.ts';

const accounts = 5;
const uploadBytes = 62_000_000;
const refreshMs = 3000;
/** They come at some thousands a second: by then all are there. */
const arrivalMs = 10_000;
const file = (name: string) => join(import.meta.dirname, name);

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      'half-open': { type: 'string', default: '10000' },
      readers: { type: 'string', default: '1000' },
      logins: { type: 'string', default: '100' },
      upload: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const tokens = Array.from({ length: accounts }, (_, n) => `secret-of-program-number-${n}`);
  const port = await freePort();
  await using system = await startBenchSystem({
    simulator: { limit: { max: 100, windowMs: 1000 }, taskTime: '15s-30s' },
    environment: {
      SUBMIT_LIMIT: '10/1s',
      MAX_IN_FLIGHT: '1000',
      CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
      DASHBOARD_USER: 'operator',
      DASHBOARD_PASSWORD: 'a password of the benchmark',
      API_TOKENS: tokens.map((token, n) => `program${n}:operator:${token}`).join(','),
    },
  });
  const { environment } = system;
  await using attacked = await startServe({ environment, port });
  await using control = await startServe({ environment });
  await system.give(10 * (seconds + 60));
  await system.startWorker();
  await using prober = await startProber(system, [attacked, control]);
  const before = await readMeters(attacked, control);
  const attack = await strike({
    port,
    seconds,
    halfOpen: Number(values['half-open']),
    readers: Number(values.readers),
    livePaths: ['/live/', '/live/batches/bench', '/api/v1/events'],
    tokens,
    logins: Number(values.logins),
    uploadBytes: values.upload ? uploadBytes : 0,
  });
  const after = await readMeters(attacked, control);
  const [reached, beside] = await prober.end();
  describeMemory('attacked', before.attacked, after.attacked);
  describeMemory('control', before.control, after.control);
  const p99 = describeCallbacks('attacked', reached);
  const controlP99 = describeCallbacks('control', beside);
  console.log(`p99 of the attacked server: ${(p99 / controlP99).toFixed(1)} times the control's`);
  describeAttack(attack);
}

async function strike(order: AttackOrder): Promise<AttackReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    file('attackers.ts'),
    JSON.stringify(order),
  ]);
  return JSON.parse(stdout);
}

interface Prober extends AsyncDisposable {
  end(): Promise<[ProbeReport, ProbeReport]>;
}

async function startProber(system: BenchSystem, servers: readonly Served[]): Promise<Prober> {
  const child = fork(file('prober.ts'), [servers.map(({ url }) => new URL(url).port).join(',')]);
  // At the end Redis may go away first.
  const tellAgain = setInterval(() => void tell().catch(() => undefined), refreshMs);
  const tell = async () => {
    const callbacks = await runningCallbacks(system);
    if (child.connected) child.send({ callbacks });
  };
  // Until the first tasks are under way.
  while ((await runningCallbacks(system)).length < 20) await sleep(200);
  await tell();
  return {
    async end() {
      clearInterval(tellAgain);
      const reported = once(child, 'message');
      child.send('end');
      return (await reported)[0];
    },
    async [Symbol.asyncDispose]() {
      clearInterval(tellAgain);
      if (child.exitCode === null) child.kill();
    },
  };
}

/** Of the links that the vendor works on now. */
async function runningCallbacks({ session, prefix }: BenchSystem): Promise<Callback[]> {
  const { redis, ledger } = session;
  const tokens = createCallbackTokens({ redis, prefix });
  const callbacks: Callback[] = [];
  for (const id of await redis.zrange(`${prefix}:active`, 0, '-1')) {
    const item = await ledger.item(id);
    const taskId = item?.state === 'processing' ? item.taskIds.at(-1) : undefined;
    if (taskId !== undefined)
      callbacks.push({ path: `/callback/${await tokens.make({ id, attempt: 1 })}`, taskId });
  }
  return callbacks;
}

type Meters = { readonly cpuSeconds: number; readonly now: number; readonly highest: number };

async function readMeters(attacked: Served, control: Served) {
  const read = async (served: Served): Promise<Meters> => ({
    cpuSeconds: await served.cpuSeconds(),
    ...(await served.memory()),
  });
  return { attacked: await read(attacked), control: await read(control) };
}

function describeMemory(name: string, before: Meters, after: Meters): void {
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `${name.padEnd(9)} memory ${mib(before.now)} before, ${mib(after.highest)} at the highest; ${(after.cpuSeconds - before.cpuSeconds).toFixed(1)} s of CPU`,
  );
}

/** @returns the 99th percentile once the strangers are all there */
function describeCallbacks(name: string, { answers, refused, lost }: ProbeReport): number {
  const arriving = percentiles(answers.filter(({ atMs }) => atMs < arrivalMs));
  const settled = percentiles(answers.filter(({ atMs }) => atMs >= arrivalMs));
  console.log(
    `${name.padEnd(9)} callbacks ${answers.length}: ${settled.text} (while the strangers come: ${arriving.text}); ${refused} refused, ${lost} lost`,
  );
  return settled.p99;
}

function percentiles(answers: ProbeReport['answers']) {
  const sorted = answers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const [p50, p99, most] = [at(0.5), at(0.99), at(1)];
  return { p99, text: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, slowest ${most.toFixed(0)} ms` };
}

function describeAttack(attack: AttackReport): void {
  const logins = Object.entries(attack.logins).map(([status, times]) => `${times} × ${status}`);
  console.log(
    `strangers: ${attack.opened} half-open requests, ${attack.closedByServer} of them closed; live pages ${attack.readersOpen} open, ${attack.readersDropped} dropped, ${attack.readersRefused} refused; sign-ins ${logins.join(', ') || 'none'}`,
  );
  if (attack.uploaded > 0)
    console.log(
      `upload: ${(attack.uploaded / 1e6).toFixed(1)} MB sent, ${attack.uploadStatus === null ? 'no answer yet' : `answered ${attack.uploadStatus}`}`,
    );
}
