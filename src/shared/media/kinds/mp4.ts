/**
 * MP4 and MOV (ISO/IEC 14496-12): top-level boxes that tile the file, a `moov` whose tables point inside it,
 * and media data. Padding with zeros or a line of text behind a complete movie is passed over, because it
 * plays. The label is a `uuid` box behind the last box; an earlier one stays, and ours repeats what it says.
 */
import type { Disclosure } from '../disclosure.ts';
import type { Edit } from '../edits.ts';
import { type FoundXmp, MAX_XMP_BYTES, type MediaFacts, packetFor } from '../label.ts';
import { fail, type Input, mustFit, type Parsing, pass, take, takeOrEnd } from '../stream-parser.ts';
import { type BoxHeader, headerBytesOf, readBoxHeader, uuidBox } from './box-header.ts';
import { readFragmentReach, readMovie, type TrackDefaults } from './sample-tables.ts';
import { createStrayCheck, looksLikeBox, type StrayCheck } from './stray-bytes.ts';

/** The identity of the box that carries XMP (XMP specification part 3, 1.2.7). */
export const XMP_UUID = 'be7acfcb97a942e89c71999491e3afac';

/** An index larger than this (half a day of video) is passed over unread: it would have to be held. */
const MAX_INDEX_BYTES = 8 * 1024 * 1024;

interface Movie {
  boxes: number;
  isIndexed: boolean;
  hasMedia: boolean;
  mediaBytes: number;
  /** The furthest byte that an index points to. */
  reachBytes: number;
  trackDefaults: TrackDefaults;
  xmp: FoundXmp | undefined;
}

export function* walkMp4(input: Input, kind: 'mp4' | 'mov'): Parsing<MediaFacts> {
  const movie: Movie = {
    boxes: 0,
    isIndexed: false,
    hasMedia: false,
    mediaBytes: 0,
    reachBytes: 0,
    trackDefaults: new Map(),
    xmp: undefined,
  };
  let endsAt = 0;
  let isOpenEnded = false;
  for (;;) {
    endsAt = input.position;
    const head = yield* takeOrEnd(8);
    if (head.length === 0) break;
    const isComplete = movie.isIndexed && movie.mediaBytes > 0;
    const stray = createStrayCheck();
    if (isComplete && !looksLikeBox(head) && stray.push(head)) {
      yield* passStray(stray);
      break;
    }
    const header = yield* readHeader(head, movie.boxes);
    movie.boxes += 1;
    isOpenEnded = header.sizeBytes === undefined;
    mustFit(input, endsAt + (header.sizeBytes ?? 0), `the '${header.type}' box at ${endsAt}`);
    yield* readBox(input, header, endsAt, movie);
  }
  mustBeComplete(movie, input.position);
  const { xmp } = movie;
  const labelAt = isOpenEnded ? input.position : endsAt;
  return { kind, xmp, labelEdits: (disclosure) => [labelBox(xmp, labelAt, disclosure)] };
}

function labelBox(earlier: FoundXmp | undefined, at: number, disclosure: Disclosure): Edit {
  return { at, remove: 0, insert: uuidBox(XMP_UUID, packetFor(earlier, disclosure).packet) };
}

function* readHeader(head: Buffer, boxes: number): Parsing<BoxHeader> {
  if (head.length < 8) fail(`ends in ${head.length} stray bytes after ${boxes} boxes`);
  const rest = yield* take(headerBytesOf(head) - head.length, 'a box header');
  const reading = readBoxHeader(Buffer.concat([head, rest]));
  if (reading.kind === 'broken') fail(`after ${boxes} boxes: ${reading.message}`);
  return reading.header;
}

function* readBox(
  input: Input,
  { type, uuid, ...header }: BoxHeader,
  at: number,
  movie: Movie,
): Parsing<void> {
  const bytes = (header.sizeBytes ?? Number.POSITIVE_INFINITY) - header.headerBytes;
  const inside = `'${type}'`;
  if (type === 'moov') {
    movie.isIndexed = true;
    if (bytes > MAX_INDEX_BYTES) yield* pass(bytes, inside);
    else {
      const { reachBytes, defaults } = readMovie(yield* take(bytes, inside));
      movie.trackDefaults = defaults;
      note(movie, reachBytes, input);
    }
  } else if (type === 'moof' && bytes <= MAX_INDEX_BYTES) {
    movie.hasMedia = true;
    note(movie, readFragmentReach(yield* take(bytes, inside), at, movie.trackDefaults), input);
  } else if (uuid === XMP_UUID) {
    const isHeld = bytes <= MAX_XMP_BYTES;
    const packet = isHeld ? yield* take(bytes, inside) : undefined;
    if (!isHeld) yield* pass(bytes, inside);
    movie.xmp = { packet, at, bytes: input.position - at };
  } else {
    yield* pass(bytes, inside);
    if (type !== 'mdat') return;
    movie.hasMedia = true;
    movie.mediaBytes += input.position - at - header.headerBytes;
  }
}

function note(movie: Movie, reachBytes: number, { totalBytes }: Input): void {
  movie.reachBytes = Math.max(movie.reachBytes, reachBytes);
  mustReach(movie.reachBytes, totalBytes);
}

function mustReach(reachBytes: number, totalBytes: number): void {
  if (reachBytes > totalBytes)
    fail(`its index points to byte ${reachBytes}, but there are only ${totalBytes} bytes`);
}

function mustBeComplete(movie: Movie, totalBytes: number): void {
  if (movie.boxes === 0) fail('is empty');
  if (!movie.isIndexed) fail("has no 'moov' box");
  if (!movie.hasMedia) fail("has no media data ('mdat' or 'moof')");
  if (movie.mediaBytes === 0) fail("has empty media data ('mdat' of 0 bytes)");
  mustReach(movie.reachBytes, totalBytes);
}

/** Zeros of any length and at most a few lines of text, up to the end. */
function* passStray(check: StrayCheck): Parsing<void> {
  yield* pass(Number.POSITIVE_INFINITY, '', check.push);
  if (!check.push(Buffer.alloc(0))) fail('has something else behind its last box');
}
