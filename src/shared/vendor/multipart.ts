/**
 * A form with one file as a stream (RFC 7578), written as it is read: its length is known where the file's is, and
 * nothing of the file is kept in memory. Pure.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

export interface FileForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly fileName: string;
  readonly chunks: AsyncIterable<Buffer>;
  /** Null if unknown. */
  readonly bytes: number | null;
}

export function writeFileForm({ fields, fileName, chunks, bytes }: FileForm): {
  readonly body: Readable;
  readonly headers: Readonly<Record<string, string>>;
} {
  const boundary = `kie-batch-${randomUUID()}`;
  const named = (name: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n`;
  const head = Buffer.from(
    [
      ...Object.entries(fields).map(([name, value]) => `${named(name)}\r\n${value}\r\n`),
      `${named('file', `; filename="${fileName}"`)}Content-Type: application/octet-stream\r\n\r\n`,
    ].join(''),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* parts(): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
    yield tail;
  }
  const length = bytes === null ? {} : { 'content-length': String(head.length + bytes + tail.length) };
  return {
    body: Readable.from(parts(), { objectMode: false }),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...length },
  };
}
