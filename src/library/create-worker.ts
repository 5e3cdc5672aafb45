/**
 * `createWorker`: processes the queue inside another program, like `kie-batch worker`. Any number of workers may run,
 * on any machine that reaches the same Redis.
 */
import { requireApiKey } from '../app/api-key.ts';
import { stages as allStages, type Stage } from '../shared/jobs/catalogue.ts';
import { type ConnectOptions, connect } from './connect.ts';

export interface WorkerOptions extends ConnectOptions {
  /** Default: all of them. */
  readonly stages?: readonly Stage[];
}

export interface Worker extends AsyncDisposable {
  /**
   * Finishes open create calls, which takes up to a minute if the vendor does not answer. Everything else has
   * `deadlineMs` (default 8000), is then aborted, and is resumed by another worker or a later one.
   */
  stop(deadlineMs?: number): Promise<void>;
}

const defaultDeadlineMs = 8000;

/**
 * Handles no signals: call `stop` where the program ends.
 * @throws Error that says what to do when the settings are wrong, the key is missing or Redis cannot be reached
 */
export async function createWorker({ stages = allStages, ...options }: WorkerOptions = {}): Promise<Worker> {
  const session = await connect(options);
  try {
    requireApiKey(session.configuration);
    const worker = await session.startWorker(stages);
    let stopped: Promise<void> | undefined;
    const stop = (deadlineMs = defaultDeadlineMs) => {
      stopped ??= worker.stop(deadlineMs).finally(session.close);
      return stopped;
    };
    return { stop, [Symbol.asyncDispose]: () => stop() };
  } catch (error) {
    await session.close();
    throw error;
  }
}
