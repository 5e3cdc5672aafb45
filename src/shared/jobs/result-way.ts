/**
 * The way by which a result is fetched. Kept in the download's job between two runs, and named in the sidecar
 * and the item's story.
 */
import { z } from 'zod';

/** The URL of the record; a link minted for it; another URL that the record gave when it was read again. */
export const wayKinds = ['result-url', 'minted-url', 'record-again'] as const;
export type WayKind = (typeof wayKinds)[number];

export const waySchema = z.object({
  kind: z.enum(wayKinds),
  url: z.string(),
  /** The URL in the record: links are minted for it. */
  recorded: z.string(),
  /** The record was read when this run began, or since its URL was found dead: reading it again says nothing new. */
  isReadAgain: z.boolean(),
  /** Of a minted link, Unix milliseconds. */
  mintedAt: z.number().optional(),
});
export type ResultWay = z.infer<typeof waySchema>;
