/**
 * What a record says its task was made with: `param`, a JSON string, holds the model, the callback address that was sent
 * and the input, which is an object or a JSON string again. Pure; read by the record parser, and judged before a task
 * that only a callback has named is taken for an item's. Nothing here throws.
 */
import { opened, readFields } from './reply-body.ts';

export interface RecordOrigin {
  readonly callbackUrl: string | null;
  /** Every web address among the inputs: the video's, and those of images and sounds. */
  readonly links: readonly string[];
  /** The vendor's name of it. */
  readonly model: string | null;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An input that is a list has a few entries. */
const mostLinks = 50;

/** @returns null when `param` is missing, unreadable, or names neither a callback address nor a link */
export function readRecordOrigin(record: Readonly<Record<string, unknown>>): RecordOrigin | null {
  const param = readFields(opened(record['param']));
  const callbackUrl = typeof param['callBackUrl'] === 'string' ? param['callBackUrl'] : null;
  const model = typeof param['model'] === 'string' ? param['model'] : null;
  const input = readFields(opened(param['input']));
  const links = Object.values(input)
    .flatMap((value): unknown[] => (Array.isArray(value) ? value.slice(0, mostLinks) : [value]))
    .filter(isLink)
    .slice(0, mostLinks);
  return callbackUrl === null && links.length === 0 ? null : { callbackUrl, links, model, input };
}

function isLink(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//i.test(value);
}
