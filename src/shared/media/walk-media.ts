/**
 * The parser of each kind of result, chosen by what the first bytes say. Called by the inspection. Invariant:
 * a page, JSON or any other kind is refused with its first bytes in the message, before more has arrived.
 */
import { walkGif } from './kinds/gif.ts';
import { walkJpeg } from './kinds/jpeg.ts';
import { walkMatroska } from './kinds/matroska.ts';
import { walkMp3 } from './kinds/mp3.ts';
import { walkMp4 } from './kinds/mp4.ts';
import { walkPng } from './kinds/png.ts';
import { walkWav, walkWebp } from './kinds/riff.ts';
import type { MediaFacts } from './label.ts';
import { HEAD_BYTES, identifyMedia, type MediaKind } from './media-kind.ts';
import {
  createStreamParser,
  type Input,
  type ParseEnd,
  type Parsing,
  type StreamParser,
} from './stream-parser.ts';

export type MediaEnd = ParseEnd<MediaFacts>;

export interface MediaWalk extends StreamParser<MediaFacts> {
  /** Undefined until enough has arrived, and where it is none of the known kinds. */
  readonly kind: MediaKind | undefined;
}

const parsers: Readonly<Record<MediaKind, (input: Input) => Parsing<MediaFacts>>> = {
  mp4: (input) => walkMp4(input, 'mp4'),
  mov: (input) => walkMp4(input, 'mov'),
  webm: (input) => walkMatroska(input, 'webm'),
  mkv: (input) => walkMatroska(input, 'mkv'),
  gif: walkGif,
  png: walkPng,
  jpeg: walkJpeg,
  webp: walkWebp,
  mp3: walkMp3,
  wav: walkWav,
};

export function createMediaWalk(): MediaWalk {
  let head: Buffer = Buffer.alloc(0);
  let totalBytes: number | undefined;
  let kind: MediaKind | undefined;
  let parser: StreamParser<MediaFacts> | undefined;
  let problem: string | undefined;

  function begin(chunk: Buffer): string | undefined {
    head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
    const identified = identifyMedia(head);
    if (identified === 'more') return undefined;
    if (identified === 'unknown') return describeStart(head);
    kind = identified;
    parser = createStreamParser(parsers[kind], totalBytes);
    return parser.push(head) ?? parser.push(chunk.subarray(HEAD_BYTES));
  }

  return {
    get kind() {
      return kind;
    },
    push(chunk) {
      problem ??= parser === undefined ? begin(chunk) : parser.push(chunk);
      return problem;
    },
    expectTotal(bytes) {
      totalBytes = bytes;
      parser?.expectTotal(bytes);
    },
    end() {
      if (problem !== undefined) return { kind: 'broken', message: problem };
      if (parser !== undefined) return parser.end();
      return { kind: 'broken', message: head.length === 0 ? 'is empty' : describeStart(head) };
    },
  };
}

function describeStart(head: Buffer): string {
  const start = JSON.stringify(head.toString('latin1', 0, 60));
  return `not a video, an image or sound of a known kind: starts with ${start}`;
}
