/** A BullMQ worker that can be given up while Redis is away. */
import { Worker } from 'bullmq';

export class QueueWorker<Data> extends Worker<Data> {
  /** Renews no more locks. Without Redis `close` never ends, and the timer of the locks keeps the process alive. */
  async giveUp(): Promise<void> {
    await this.lockManager.close();
  }
}
