/**
 * Bytes in, lines out: LF, CRLF and lone CR end a line, whatever way the bytes were cut into chunks. A line that
 * is too long or holds NUL becomes one bad line, and reading continues with the next. Memory is bounded by the
 * longest line and one chunk. Whole blocks are decoded at once, which is several times faster than line by line.
 */
import { isAscii } from 'node:buffer';
import { MAX_LINE_BYTES } from './list-source.ts';

interface BadLine {
  readonly text: string;
  readonly reason: string;
}

type PhysicalLine = string | BadLine;

/** Consecutive lines; the first has the number `firstLine`, counted from 1. */
export interface LineBlock {
  readonly firstLine: number;
  readonly lines: readonly PhysicalLine[];
}

const LF = 0x0a;
const CR = 0x0d;
const TOO_LONG = `is longer than ${MAX_LINE_BYTES / 1024} KiB`;
const HAS_NUL = 'contains NUL bytes';
// Enough for the excerpt a problem shows, whatever the characters' widths.
const EXCERPT_BYTES = 2048;

export async function* physicalLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    const block = splitter.push(chunk);
    if (block.lines.length > 0) yield block;
  }
  const last = splitter.end();
  if (last.lines.length > 0) yield last;
}

class LineSplitter {
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;
  #nextLine = 1;
  #skipping = false;
  // A CR that ends a chunk waits for the next byte: CRLF is one end of line, not two.
  #heldCr = false;

  push(chunk: Buffer): LineBlock {
    if (chunk.length === 0) return this.#block([]);
    const bytes = this.#heldCr ? Buffer.concat([Buffer.of(CR), chunk]) : chunk;
    this.#heldCr = bytes.at(-1) === CR;
    return this.#take(this.#heldCr ? bytes.subarray(0, -1) : bytes);
  }

  end(): LineBlock {
    const block = this.#heldCr ? this.#take(Buffer.of(CR)) : this.#block([]);
    this.#heldCr = false;
    if (this.#unfinishedBytes === 0) return block;
    const last = decodeLine(this.#joined(Buffer.alloc(0)));
    return { firstLine: block.firstLine, lines: [...block.lines, ...this.#block([last]).lines] };
  }

  #take(bytes: Buffer): LineBlock {
    const rest = this.#skipping ? this.#afterSkipped(bytes) : bytes;
    const end = Math.max(rest.lastIndexOf(LF), rest.lastIndexOf(CR)) + 1;
    const lines = end === 0 ? [] : decodeBlock(this.#joined(rest.subarray(0, end)));
    this.#keep(rest.subarray(end));
    if (this.#unfinishedBytes <= MAX_LINE_BYTES) return this.#block(lines);
    lines.push(badLine(this.#joined(Buffer.alloc(0)), TOO_LONG));
    this.#skipping = true;
    return this.#block(lines);
  }

  /** The bytes after the end of an over-long line; none while it continues. */
  #afterSkipped(bytes: Buffer): Buffer {
    const end = endOfLine(bytes, 0);
    if (end === bytes.length) return bytes.subarray(end);
    this.#skipping = false;
    return bytes.subarray(afterEndOfLine(bytes, end));
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unfinished.push(bytes);
    this.#unfinishedBytes += bytes.length;
  }

  #joined(bytes: Buffer): Buffer {
    if (this.#unfinishedBytes === 0) return bytes;
    const joined = Buffer.concat([...this.#unfinished, bytes]);
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return joined;
  }

  #block(lines: readonly PhysicalLine[]): LineBlock {
    const firstLine = this.#nextLine;
    this.#nextLine += lines.length;
    return { firstLine, lines };
  }
}

/** Whole lines, the last one ended as well. */
function decodeBlock(block: Buffer): PhysicalLine[] {
  // Bytes that are not UTF-8 become U+FFFD, which no link may hold: a title in another encoding does no harm.
  const text = isAscii(block) ? block.toString('latin1') : block.toString();
  const lines: PhysicalLine[] = text.includes('\r') ? splitAtAnyEnd(text) : text.split('\n').slice(0, -1);
  return block.length > MAX_LINE_BYTES || text.includes('\0') ? lines.map(soundLine) : lines;
}

/** Without a pattern, which takes ten times as long if nearly every character ends a line. */
function splitAtAnyEnd(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== LF && code !== CR) continue;
    lines.push(text.slice(start, at));
    if (code === CR && text.charCodeAt(at + 1) === LF) at += 1;
    start = at + 1;
  }
  return lines;
}

function soundLine(line: PhysicalLine): PhysicalLine {
  if (typeof line !== 'string') return line;
  if (line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES)
    return { text: line, reason: TOO_LONG };
  return line.includes('\0') ? { text: line, reason: HAS_NUL } : line;
}

function decodeLine(line: Buffer): PhysicalLine {
  return line.length > MAX_LINE_BYTES ? badLine(line, TOO_LONG) : soundLine(line.toString());
}

function badLine(line: Buffer, reason: string): BadLine {
  return { text: line.toString('utf8', 0, Math.min(EXCERPT_BYTES, line.length)), reason };
}

function endOfLine(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === LF || bytes[at] === CR) return at;
  }
  return bytes.length;
}

function afterEndOfLine(bytes: Buffer, end: number): number {
  return bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1;
}
