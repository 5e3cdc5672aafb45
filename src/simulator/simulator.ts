/**
 * The simulated vendor, started and stopped: its API over real HTTP, with its limit, its task times and its
 * unpleasant sides, for the demo, for tests and for `kie-batch simulate`. Everything is in memory; several
 * can run in one process. See options.ts for what can be set and faults.ts for what can go wrong.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createOutgoing } from '../shared/outgoing/outgoing.ts';
import { createVideoLengths } from '../shared/video-length/video-lengths.ts';
import { createCallbacks } from './callbacks.ts';
import { changeSettings, countsOf } from './control.ts';
import { createHttpServer } from './http-server.ts';
import { type SimulatorOptions, type SimulatorSettings, simulatorOptionsSchema } from './options.ts';
import { bytesOf, openResultFiles } from './result-file.ts';
import type { SimulatorCounts } from './tally.ts';
import { costOf, type Task } from './task.ts';
import { createTimers } from './timers.ts';
import { createVendor, type SimulatorHooks } from './vendor.ts';

type Order = Pick<
  Task,
  'id' | 'model' | 'link' | 'input' | 'callBackUrl' | 'createdAtMs' | 'fault' | 'credits'
>;

export interface Simulator extends AsyncDisposable {
  /** What KIE_BASE_URL has to be. */
  readonly url: string;
  readonly port: number;
  /** A snapshot of everything counted so far. */
  counts(): SimulatorCounts;
  /** Changes settings from now on; tasks that exist keep their fate. Throws on an unknown option. */
  settings(patch: Partial<SimulatorOptions>): SimulatorSettings;
  /** The request and the current cost of each task, in the order of their creation. */
  orders(): readonly Order[];
  /** The bytes a right download of this result has. Throws when there is no such result (yet). */
  resultBytesOf(taskId: string, index?: number): Buffer;
  /** As `resultBytesOf`, with the files that were behind its URL before; empty when there is no such result. */
  resultVersionsOf(taskId: string, index: number): readonly Buffer[];
  /** Ends within a second, open connections included. */
  close(): Promise<void>;
}

/** Milliseconds with fractions that never run backwards, whatever is done to the system's clock. */
const preciseClock = { now: () => performance.timeOrigin + performance.now() };

export async function startSimulator(
  options: Partial<SimulatorOptions> = {},
  hooks: SimulatorHooks = {},
): Promise<Simulator> {
  const settings = simulatorOptionsSchema.parse(options);
  const timers = createTimers();
  const files = await openResultFiles();
  // For reading how long the videos on this machine are.
  const outgoing = createOutgoing({ allowPrivateAddresses: true });
  const lengths = createVideoLengths(outgoing);
  const clock = hooks.clock ?? preciseClock;
  const vendor = createVendor({ settings, hooks, timers, files, lengths, clock });
  const callbacks = createCallbacks(vendor);
  const server = createHttpServer(vendor, callbacks);
  const port = await listen(server, settings);

  async function close(): Promise<void> {
    if (!server.listening) return;
    timers.close();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await Promise.all([closed, callbacks.close(), outgoing.close()]);
  }

  return {
    url: `http://${urlHost(settings.host)}:${port}`,
    port,
    counts: () => countsOf(vendor),
    orders: () =>
      [...vendor.tasks.values()].map((task) => {
        const { id, model, link, input, callBackUrl, createdAtMs, fault } = task;
        const credits = costOf(task, vendor.clock.now());
        return { id, model, link, input, callBackUrl, createdAtMs, fault, credits };
      }),
    settings: (patch) => changeSettings(vendor, patch),
    resultVersionsOf: (taskId, index) =>
      vendor.shelf.versionsOf({ taskId, index }, vendor.clock.now()).map(bytesOf),
    resultBytesOf(taskId, index = 0) {
      const file = vendor.shelf.find({ taskId, index }, vendor.clock.now());
      if (!file) throw new Error(`task ${taskId} has no result ${index} now`);
      return bytesOf(file);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server, { host, port }: SimulatorSettings): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  return address.port;
}

/** A host for URLs: the wildcard address is reached under loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
