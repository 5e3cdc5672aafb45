/**
 * The envelope all replies share, read as tolerantly as public clients found necessary: a byte-order
 * mark, codes as strings, `message` for `msg`, `task_id` for `taskId`, numbers as strings. Pure; used by
 * the reply parsers. A field of a wrong shape counts as absent; nothing here throws.
 */
import { z } from 'zod';
import type { RawReply } from './replies.ts';

const numberSchema = z.union([
  z.number(),
  z
    .string()
    .regex(/^\s*-?\d{1,15}(?:\.\d{1,9})?\s*$/)
    .transform(Number),
]);

const MAX_URL_LENGTH = 8_192;

const textSchema = z.string().optional().catch(undefined);

const envelopeSchema = z.looseObject({
  code: numberSchema.optional().catch(undefined),
  msg: textSchema,
  message: textSchema,
  data: z.unknown().optional(),
});

/** Opaque, but never a page of text: it becomes part of URLs and logs, and of a list that commas divide. */
export const taskIdSchema = z.union([
  z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,200}$/),
  z.int().nonnegative().transform(String),
]);

/** A reply whose body is a JSON object. */
export interface Envelope {
  /** The body's own code, or undefined when it has none. */
  code: number | undefined;
  message: string;
  data: unknown;
  /** All of the body. */
  fields: Readonly<Record<string, unknown>>;
}

/** Reads the body as an envelope; null when it is no JSON object. */
export function readEnvelope(bodyText: string): Envelope | null {
  const result = envelopeSchema.safeParse(parseJson(bodyText.replace(/^\uFEFF/, '')));
  if (!result.success) return null;
  const { code, msg, message, data } = result.data;
  return { code, message: shorten(msg ?? message ?? ''), data, fields: result.data };
}

/** JSON.parse without the exception: undefined, which no JSON text means, for unreadable text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A number, also one written as a string; null for anything else. */
export function readNumber(value: unknown): number | null {
  return numberSchema.safeParse(value).data ?? null;
}

/** A text field, also if it is a number; '' when unset. */
export function readText(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? shorten(value) : '';
}

/** The fields of a JSON object, or none. */
export function readFields(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { ...value } : {};
}

/**
 * The task id of a create reply: `undefined` when there is none, `null` when it is not usable. Live replies have
 * it in data.taskId and data.recordId; public clients tolerate the other places.
 */
export function readTaskId({ data, fields }: Pick<Envelope, 'data' | 'fields'>): string | null | undefined {
  const inData = readFields(data);
  const places = [
    ...['taskId', 'task_id', 'recordId', 'id'].map((name) => inData[name]),
    typeof data === 'string' && LOOKS_LIKE_AN_ID.test(data) ? data : undefined,
    ...['taskId', 'task_id'].map((name) => fields[name]),
  ];
  const values = places.filter((value) => value !== undefined && value !== null && value !== '');
  if (values.length === 0) return undefined;
  const usable = values.flatMap((value) => taskIdSchema.safeParse(value).data ?? []);
  return usable[0] ?? null;
}

/** A bare string may also be a word like "success": ids have digits, and neither spaces nor slashes. */
const LOOKS_LIKE_AN_ID = /^(?=.*\d)[^\s/]+$/;

export function isHttpUrl(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_URL_LENGTH) return false;
  const protocol = URL.parse(value)?.protocol;
  return protocol === 'https:' || protocol === 'http:';
}

/** One line of at most 500 characters for a message or a log. */
export function shorten(text: string): string {
  return text
    .slice(0, 2_000)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

/** The vendor's words, or the code where it said nothing. */
export function messageOf(envelope: Envelope, code: number): string {
  return envelope.message === '' ? `Code ${code} without a message` : envelope.message;
}

/** What to say of a reply that is no envelope. */
export function describeRaw(raw: RawReply): string {
  const start = shorten(raw.bodyText.slice(0, 500)).slice(0, 120);
  return `HTTP ${raw.httpStatus} without a readable body${start === '' ? '' : `: ${start}`}`;
}

/** `resultJson` is JSON in a string, and was also seen as an object; `param` was seen encoded twice. */
export function opened(value: unknown): unknown {
  const once = unpacked(value);
  return typeof once === 'string' ? unpacked(once) : once;
}

function unpacked(value: unknown): unknown {
  return typeof value === 'string' ? (parseJson(value) ?? value) : value;
}
