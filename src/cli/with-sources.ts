/** What commands need to read sources in their own process: made for the time of `use`, closed after it. */
import { readStorageRoot } from '../app/open-storage.ts';
import type { Session } from '../app/session.ts';
import type { SourceDeps } from '../producer/sources/open-source.ts';
import { systemClock } from '../shared/clock.ts';
import { createOutgoing } from '../shared/outgoing/outgoing.ts';
import { rulesForOthers } from '../shared/outgoing/proxies.ts';

export async function withSources<Result>(
  { configuration, logger }: Session,
  use: (sources: SourceDeps, storageRoot: string) => Promise<Result>,
): Promise<Result> {
  const clock = systemClock;
  const outgoing = createOutgoing(rulesForOthers(configuration));
  try {
    return await use(
      { outgoing, clock, logger, maxListBytes: configuration.MAX_LIST_BYTES },
      await readStorageRoot(configuration),
    );
  } finally {
    await outgoing.close();
  }
}
