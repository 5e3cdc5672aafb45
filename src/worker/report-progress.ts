/**
 * Reports the progress of a download to its job, for Bull Board. At most every few seconds, so most downloads end
 * before the first report. A missing report does no harm.
 */
import type { Job } from 'bullmq';
import { downloadPolicy } from '../shared/policy.ts';
import { formatBytes } from '../shared/wording/format.ts';

/** @param totalBytes undefined where the host does not say */
export type OnProgress = (bytes: number, totalBytes: number | undefined) => void;

export function progressOf(
  job: Pick<Job, 'updateProgress'>,
  now: () => number = () => performance.now(),
): OnProgress {
  let nextAt = now() + downloadPolicy.progressEveryMs;
  let isTelling = false;
  return (bytes, totalBytes) => {
    if (isTelling || now() < nextAt) return;
    nextAt = now() + downloadPolicy.progressEveryMs;
    isTelling = true;
    const progress = totalBytes ? Math.floor((100 * bytes) / totalBytes) : formatBytes(bytes);
    job
      .updateProgress(progress)
      .catch(() => undefined)
      .finally(() => {
        isTelling = false;
      });
  };
}
