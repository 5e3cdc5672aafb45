/**
 * The sidecar of a result. Pure; the download stage passes it to the transfer, which commits it together with the
 * result. `export --verify` reads `bytes` and `sha256` from it.
 */
import type { WayKind } from '../../shared/jobs/result-way.ts';
import type { ItemRow } from '../../shared/ledger/item.ts';
import { type Disclosure, type DisclosureFields, disclosureFields } from '../../shared/media/disclosure.ts';
import type { Inputs } from '../../shared/models/input-spec.ts';
import type { StoredReply } from './fetch-reply.ts';

export interface SidecarFacts {
  readonly id: string;
  readonly batch: string;
  readonly inputs?: Inputs;
  readonly row?: ItemRow | null;
  /** Undefined or null if unknown. */
  readonly creditsSpent?: number | null | undefined;
  /** Unix milliseconds. */
  readonly enqueuedAt?: number | null | undefined;
  readonly submittedAt?: number | null | undefined;
  readonly completedAt?: number | null | undefined;
  readonly savedAt: number;
  /** Null where an earlier run has stored the file. */
  readonly via: WayKind | null;
}

export interface Sidecar extends DisclosureFields {
  readonly id: string;
  readonly batch: string;
  readonly url: string;
  /** Inputs of the task other than the link and the model's defaults; null: none. */
  readonly inputs: Inputs | null;
  /** The kept columns of the link's row in its list; null: none. */
  readonly row: ItemRow | null;
  readonly taskId: string;
  readonly model: string;
  readonly enqueuedAt: string | null;
  readonly submittedAt: string | null;
  readonly completedAt: string | null;
  readonly savedAt: string;
  readonly creditsSpent: number | null;
  /** How the file was fetched. */
  readonly via: WayKind | null;
  readonly bytes: number;
  /** Of the file as stored, label included. */
  readonly sha256: string;
  /** Of the bytes as received. */
  readonly sourceSha256: string;
}

export function sidecarOf(
  stored: Pick<StoredReply, 'bytes' | 'sha256' | 'sourceSha256'>,
  disclosure: Disclosure,
  facts: SidecarFacts,
): Sidecar {
  return {
    id: facts.id,
    batch: facts.batch,
    url: disclosure.link,
    inputs: Object.keys(facts.inputs ?? {}).length === 0 ? null : (facts.inputs ?? null),
    row: facts.row ?? null,
    taskId: disclosure.taskId,
    model: disclosure.model,
    enqueuedAt: isoTime(facts.enqueuedAt),
    submittedAt: isoTime(facts.submittedAt),
    completedAt: isoTime(facts.completedAt),
    savedAt: new Date(facts.savedAt).toISOString(),
    creditsSpent: facts.creditsSpent ?? null,
    via: facts.via,
    bytes: stored.bytes,
    sha256: stored.sha256,
    sourceSha256: stored.sourceSha256,
    ...disclosureFields(disclosure),
  };
}

function isoTime(at: number | null | undefined): string | null {
  return at === undefined || at === null ? null : new Date(at).toISOString();
}
