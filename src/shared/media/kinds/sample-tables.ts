/**
 * How far the index of a movie points: the tables of every track in a `moov` (ISO/IEC 14496-12, 8.5 to 8.7),
 * and the runs of a fragment's `moof` (8.8). Pure; the payloads are held whole and bounded by the caller. What is
 * odd but plays is let pass; a table that says more than its box holds, or a box that passes its
 * parent, is reported through `fail`.
 */
import { fail } from '../stream-parser.ts';

/** Sizes of samples by track, for fragments that do not say their own. */
export type TrackDefaults = ReadonlyMap<number, number>;

export interface MovieIndex {
  /** Position behind the last byte that a table points to; 0 where there are no samples. */
  readonly reachBytes: number;
  readonly defaults: TrackDefaults;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

export function readMovie(moov: Buffer): MovieIndex {
  const defaults = new Map<number, number>();
  let reachBytes = 0;
  for (const { type, body } of boxesIn(moov, 'moov')) {
    if (type === 'trak') reachBytes = Math.max(reachBytes, reachOfTrack(body));
    if (type === 'mvex') readDefaults(body, defaults);
  }
  return { reachBytes, defaults };
}

/** The boxes of a container. Padding at its end, as QuickTime writes it, is no box. */
function* boxesIn(container: Buffer, name: string): Generator<Box> {
  for (let at = 0; at + 8 <= container.length; ) {
    const type = container.toString('latin1', at + 4, at + 8);
    const short = container.readUInt32BE(at);
    if (short === 0) return;
    const headerBytes = short === 1 ? 16 : 8;
    const size = short === 1 ? longSize(container, at) : short;
    if (size < headerBytes || at + size > container.length) fail(`a box inside '${name}' passes its end`);
    yield { type, body: container.subarray(at + headerBytes, at + size) };
    at += size;
  }
}

function longSize(container: Buffer, at: number): number {
  return at + 16 > container.length ? 0 : Number(container.readBigUInt64BE(at + 8));
}

function reachOfTrack(trak: Buffer): number {
  const tables = new Map<string, Buffer>();
  const stbl = ['mdia', 'minf', 'stbl'].reduce<Buffer>(childOf, trak);
  for (const { type, body } of boxesIn(stbl, 'stbl')) tables.set(type, body);
  const stts = tables.get('stts');
  if (stts !== undefined) entries(stts, 'stts', 8);
  const sizes = readSizes(tables);
  const offsets = readOffsets(tables);
  const runs = readRuns(tables.get('stsc'));
  let reachBytes = 0;
  let sample = 0;
  for (let chunk = 0; chunk < offsets.count; chunk += 1) {
    const samples = Math.min(runs(chunk + 1), sizes.count - sample);
    reachBytes = Math.max(reachBytes, offsets.at(chunk) + sizes.sum(sample, samples));
    sample += samples;
  }
  return reachBytes;
}

function childOf(parent: Buffer, name: string): Buffer {
  for (const { type, body } of boxesIn(parent, name)) if (type === name) return body;
  return Buffer.alloc(0);
}

function entries(table: Buffer, type: string, entryBytes: number, countAt = 4): number {
  const count =
    table.length < countAt + 4 ? fail(`its '${type}' table is cut short`) : table.readUInt32BE(countAt);
  if (countAt + 4 + count * entryBytes > table.length) fail(`its '${type}' table says more than it holds`);
  return count;
}

interface Sizes {
  readonly count: number;
  sum(from: number, samples: number): number;
}

function readSizes(tables: ReadonlyMap<string, Buffer>): Sizes {
  const stsz = tables.get('stsz');
  if (stsz === undefined) return readCompactSizes(tables.get('stz2'));
  if (stsz.length < 12) return fail("its 'stsz' table is cut short");
  const size = stsz.readUInt32BE(4);
  // Old QuickTime audio says 1 whatever the size of a sample.
  if (size > 0)
    return { count: stsz.readUInt32BE(8), sum: (_, samples) => (size === 1 ? 0 : size * samples) };
  return { count: entries(stsz, 'stsz', 4, 8), sum: (from, samples) => sumOf(stsz, 12 + 4 * from, samples) };
}

function sumOf(table: Buffer, at: number, count: number): number {
  let sum = 0;
  for (let entry = 0; entry < count; entry += 1) sum += table.readUInt32BE(at + 4 * entry);
  return sum;
}

/** Sizes of 4, 8 or 16 bits. Rare: their table is checked, their bytes are not counted. */
function readCompactSizes(stz2: Buffer | undefined): Sizes {
  if (stz2 === undefined) return { count: 0, sum: () => 0 };
  const bits = stz2.length < 12 ? fail("its 'stz2' table is cut short") : stz2.readUInt8(7);
  return { count: entries(stz2, 'stz2', bits / 8, 8), sum: () => 0 };
}

function readOffsets(tables: ReadonlyMap<string, Buffer>): { count: number; at(chunk: number): number } {
  const [stco, co64] = [tables.get('stco'), tables.get('co64')];
  if (co64 !== undefined)
    return { count: entries(co64, 'co64', 8), at: (chunk) => Number(co64.readBigUInt64BE(8 + 8 * chunk)) };
  if (stco === undefined) return { count: 0, at: () => 0 };
  return { count: entries(stco, 'stco', 4), at: (chunk) => stco.readUInt32BE(8 + 4 * chunk) };
}

/** Samples of a chunk; chunks are requested in order, from 1. */
function readRuns(stsc: Buffer | undefined): (chunk: number) => number {
  if (stsc === undefined) return () => 0;
  const count = entries(stsc, 'stsc', 12);
  let run = 0;
  return (chunk) => {
    while (run < count && stsc.readUInt32BE(8 + 12 * run) <= chunk) run += 1;
    return run === 0 ? 0 : stsc.readUInt32BE(8 + 12 * (run - 1) + 4);
  };
}

function readDefaults(mvex: Buffer, defaults: Map<number, number>): void {
  for (const { type, body } of boxesIn(mvex, 'mvex')) {
    if (type === 'trex' && body.length >= 24) defaults.set(body.readUInt32BE(4), body.readUInt32BE(16));
  }
}

/** @param moofAt where the fragment begins in the file */
export function readFragmentReach(moof: Buffer, moofAt: number, defaults: TrackDefaults): number {
  let reachBytes = 0;
  let nextAt = moofAt;
  for (const { type, body } of boxesIn(moof, 'moof')) {
    if (type !== 'traf') continue;
    nextAt = reachOfTrackFragment(body, { moofAt, nextAt, defaults });
    reachBytes = Math.max(reachBytes, nextAt);
  }
  return reachBytes;
}

interface FragmentPlace {
  readonly moofAt: number;
  /** Behind the data of the track before. */
  readonly nextAt: number;
  readonly defaults: TrackDefaults;
}

function reachOfTrackFragment(traf: Buffer, { moofAt, nextAt, defaults }: FragmentPlace): number {
  let [base, position, sampleBytes] = [nextAt, nextAt, 0];
  for (const { type, body } of boxesIn(traf, 'traf')) {
    if (type === 'tfhd') {
      const header = readFragmentHeader(body, defaults);
      base = header.base ?? (header.isMoofBase ? moofAt : nextAt);
      [position, sampleBytes] = [base, header.sampleBytes];
    }
    if (type === 'trun') position = endOfRun(body, { base, position, sampleBytes });
  }
  return position;
}

/** The flags of a full box say which fields follow. */
function flagsOf(body: Buffer, type: string, leastBytes: number): number {
  return body.length < leastBytes ? fail(`its '${type}' box is cut short`) : body.readUIntBE(1, 3);
}

function readFragmentHeader(body: Buffer, defaults: TrackDefaults) {
  const flags = flagsOf(body, 'tfhd', 8);
  const [hasBase, hasDescription, hasDuration, hasSize] = [1, 2, 8, 16].map((flag) => (flags & flag) !== 0);
  const sizeAt = 8 + (hasBase ? 8 : 0) + (hasDescription ? 4 : 0) + (hasDuration ? 4 : 0);
  if (sizeAt + (hasSize ? 4 : 0) > body.length) fail("its 'tfhd' box is cut short");
  return {
    base: hasBase ? Number(body.readBigUInt64BE(8)) : undefined,
    isMoofBase: (flags & 0x20000) !== 0,
    sampleBytes: hasSize ? body.readUInt32BE(sizeAt) : (defaults.get(body.readUInt32BE(4)) ?? 0),
  };
}

function endOfRun(body: Buffer, from: { base: number; position: number; sampleBytes: number }): number {
  const flags = flagsOf(body, 'trun', 8);
  const has = (flag: number) => (flags & flag) !== 0;
  const countOf = (given: readonly number[]) => given.filter(has).length;
  const entryBytes = 4 * countOf([0x100, 0x200, 0x400, 0x800]);
  const firstAt = 8 + 4 * countOf([0x1, 0x4]);
  const count = body.readUInt32BE(4);
  if (firstAt + count * entryBytes > body.length) fail("its 'trun' table says more than it holds");
  const start = has(0x1) ? from.base + body.readInt32BE(8) : from.position;
  if (!has(0x200)) return start + count * from.sampleBytes;
  const sizeAt = firstAt + (has(0x100) ? 4 : 0);
  let sum = 0;
  for (let entry = 0; entry < count; entry += 1) sum += body.readUInt32BE(sizeAt + entry * entryBytes);
  return start + sum;
}
