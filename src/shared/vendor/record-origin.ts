/**
 * What a record's task was created with: `param`, a JSON string, holds the model, the callback address and the input,
 * which is an object or again a JSON string. Pure; used by the record parser, and checked before a task id that only a
 * callback has named is assigned to an item. Never throws.
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
