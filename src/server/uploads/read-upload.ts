/**
 * Reads the form of a new batch as a stream: its fields, and its list, which is passed on as it arrives, whatever its
 * size. The fields come before the file, so that the sender is known before any byte is stored.
 */
import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../auth/guard.ts';

export type UploadFields = Readonly<Record<string, string>>;

export interface UploadedList {
  readonly name: string;
  readonly id: string;
}

export interface ReadUpload {
  readonly fields: UploadFields;
  /** Null when no list was given. */
  readonly list: UploadedList | null;
}

export interface UploadRules {
  readonly mostBytes: number;
  /** @throws Refusal when the sender may not do this */
  readonly check: (fields: UploadFields) => Promise<void>;
  readonly keep: (chunks: AsyncIterable<Uint8Array>) => Promise<string>;
}

/** Without JavaScript, pasted text is a field. */
const mostFieldBytes = 16 * 2 ** 20;
const pasted = 'pasted.txt';
const unreadable = 'This form is invalid.';
type FormHeaders = ConstructorParameters<typeof Busboy>[0]['headers'];

export async function readUpload(request: FastifyRequest, rules: UploadRules): Promise<ReadUpload> {
  const { body, headers } = request;
  if (!(body instanceof Readable)) {
    const fields = z.record(z.string(), z.string()).catch({}).parse(body);
    await rules.check(fields);
    return withPasted(fields, null, rules);
  }
  const contentType = headers['content-type'] ?? '';
  const { fields, list } = await readMultipart(body, { ...headers, 'content-type': contentType }, rules);
  await rules.check(fields);
  return withPasted(fields, list, rules);
}

async function withPasted(
  { list: text = '', ...fields }: UploadFields,
  list: UploadedList | null,
  { keep }: UploadRules,
): Promise<ReadUpload> {
  if (list !== null || text.trim() === '') return { fields, list };
  const name = fields['listName'] || pasted;
  return { fields, list: { name, id: await keep(oneChunk(text)) } };
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function readMultipart(
  body: Readable,
  headers: FormHeaders,
  rules: UploadRules,
): Promise<{ fields: UploadFields; list: UploadedList | null }> {
  const fields: Record<string, string> = {};
  let keeping: Promise<UploadedList | null> = Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const form = openForm(headers, rules.mostBytes);
    const fail = (error: unknown) => {
      body.unpipe(form);
      body.resume();
      reject(error);
    };
    form.on('field', (name, value, _nameCut, isCut) => {
      fields[name] = value;
      if (isCut) fail(new Refusal(413, 'This text is too long. Use a file.'));
    });
    form.on('file', (_field, file, name) => {
      file.once('limit', () => fail(new Refusal(413, 'This list is larger than MAX_LIST_BYTES allows.')));
      keeping = rules
        .check(fields)
        .then(() => nonEmpty(file))
        .then(async (chunks) =>
          chunks === null ? null : { name: name || pasted, id: await rules.keep(chunks) },
        );
      keeping.catch((error: unknown) => {
        file.resume();
        fail(error);
      });
    });
    form.on('error', () => fail(new Refusal(400, unreadable)));
    form.on('finish', () => keeping.then((list) => resolve({ fields, list }), reject));
    body.on('error', reject);
    body.pipe(form);
  });
}

function openForm(headers: FormHeaders, mostBytes: number): InstanceType<typeof Busboy> {
  const limits = { fieldSize: mostFieldBytes, fileSize: mostBytes, files: 1, fields: 1000 };
  try {
    return new Busboy({ headers, limits });
  } catch {
    // For instance without a boundary.
    throw new Refusal(400, unreadable);
  }
}

/** A browser sends a file field that was left empty as a file without bytes. */
async function nonEmpty(file: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | null> {
  const chunks = file[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return null;
  return (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
}
