/**
 * Checks saved files for `export --verify` and `retry --missing`: opens their storage, reports the finding of each
 * item, and counts the findings.
 */
import { openStorage } from '../app/open-storage.ts';
import type { Session } from '../app/session.ts';
import type { Item } from '../shared/ledger/item.ts';
import { resultKeys } from '../shared/storage/result-key.ts';
import { type ItemVerdict, type VerifyDeps, verifyItem } from '../shared/storage/verify-item.ts';
import { plural } from '../shared/wording/format.ts';
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const verdicts = [
  'intact',
  'missing',
  'changed',
  'elsewhere',
] as const satisfies readonly ItemVerdict['verdict'][];
type Verdict = (typeof verdicts)[number];

/** What `--verify` adds to a row; both null for a link that is not saved. */
export interface VerifiedColumns {
  readonly verdict: Verdict | null;
  readonly finding: string | null;
}

export const verifiedColumns = ['verdict', 'finding'] as const satisfies readonly (keyof VerifiedColumns)[];

export interface Verification extends AsyncDisposable {
  readonly deps: Omit<VerifyDeps, 'depth'>;
  verify(item: Item): Promise<VerifiedColumns>;
  /** Says what was found in all. @returns the exit code: failures unless every saved file is intact */
  report(batch: string, terminal: Terminal): number;
}

const words: Readonly<Record<Verdict, string>> = {
  intact: 'intact',
  missing: 'missing',
  changed: 'changed',
  elsewhere: 'in another storage, not checked',
};

export async function openVerification(
  session: Pick<Session, 'configuration' | 'redis' | 'prefix'>,
): Promise<Verification> {
  const storage = await openStorage(session);
  const deps = { storage, keyOf: resultKeys(session.configuration.PATH_TEMPLATE) };
  const counts: Record<Verdict, number> = { intact: 0, missing: 0, changed: 0, elsewhere: 0 };
  return {
    deps,
    async verify(item) {
      if (item.state !== 'saved') return { verdict: null, finding: null };
      const found = await verifyItem(item, { ...deps, depth: 'content' });
      counts[found.verdict] += 1;
      return { verdict: found.verdict, finding: found.verdict === 'intact' ? null : found.message };
    },
    report(batch, terminal) {
      terminal.say(describeCounts(counts));
      if (counts.missing > 0) {
        terminal.say(`To fetch missing files again for free: kie-batch retry ${batch} --missing`);
      }
      const wrong = counts.missing + counts.changed + counts.elsewhere;
      return wrong === 0 ? exitCodes.saved : exitCodes.failures;
    },
    [Symbol.asyncDispose]: () => storage.close(),
  };
}

function describeCounts(counts: Readonly<Record<Verdict, number>>): string {
  const total = verdicts.reduce((sum, verdict) => sum + counts[verdict], 0);
  const parts = verdicts
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${words[verdict]}`);
  return `${plural(total, 'saved link')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
