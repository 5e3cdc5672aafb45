/**
 * What a record says its task was made with: `param`, a JSON string, holds the callback address that was sent and
 * the input, which is an object or a JSON string again. Pure; read by the record parser, and judged before a task
 * that only a callback has named is taken for an item's. Nothing here throws.
 */
import { opened, readFields } from './reply-body.ts';

export interface RecordOrigin {
  readonly callbackUrl: string | null;
  /** Every web address among the inputs: the video's, and those of images and sounds. */
  readonly links: readonly string[];
}

/** An input that is a list has a few entries. */
const mostLinks = 50;

/** @returns null when `param` is missing, unreadable, or names neither a callback address nor a link */
export function readRecordOrigin(record: Readonly<Record<string, unknown>>): RecordOrigin | null {
  const param = readFields(opened(record['param']));
  const callbackUrl = typeof param['callBackUrl'] === 'string' ? param['callBackUrl'] : null;
  const links = Object.values(readFields(opened(param['input'])))
    .flatMap((value): unknown[] => (Array.isArray(value) ? value.slice(0, mostLinks) : [value]))
    .filter(isLink)
    .slice(0, mostLinks);
  return callbackUrl === null && links.length === 0 ? null : { callbackUrl, links };
}

function isLink(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//i.test(value);
}
