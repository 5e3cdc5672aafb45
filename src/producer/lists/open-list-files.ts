/**
 * Converts the arguments of a command to list sources. Everything that can be known before the first link is enqueued
 * is checked here, and all problems are reported at once. The files are opened only when they are read.
 */
import { accessSync, constants, createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { hasVideoEnding, localAddressOf } from '../../shared/local-video/local-address.ts';
import { videosInFolder } from './folder-videos.ts';
import { printable } from './list-entry.ts';
import { ListError } from './list-error.ts';
import { type ListSource, STANDARD_INPUT } from './list-source.ts';

export interface StandardInput extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean | undefined;
}

const READ_BYTES = 64 * 1024;

/**
 * @param words paths of lists, or links themselves; none at all means standard input
 * @throws ListError `lists-unreadable`
 */
export function openListFiles(words: readonly string[], stdin: StandardInput): ListSource[] {
  const links = words.flatMap(linksOf);
  const paths = words.filter((word) => linksOf(word).length === 0);
  const wanted = words.length === 0 ? [STANDARD_INPUT] : paths;
  const problems = [
    ...standardInputProblems(wanted, words.length === 0, stdin),
    ...links.flatMap(listAddressProblems),
    ...wanted.flatMap(fileProblems),
  ];
  if (problems.length > 0) throw new ListError('lists-unreadable', messageOf(problems));
  const files = wanted.map((path) =>
    path === STANDARD_INPUT ? { name: path, chunks: stdin } : fileSource(path),
  );
  return links.length === 0 ? files : [linkSource(links), ...files];
}

/** What an argument can be other than a list: a link, a video, or all videos of a folder. */
function linksOf(word: string): string[] {
  if (/^(?:https?|file):\/\//i.test(word)) return [word];
  if (hasVideoEnding(word)) return [localAddressOf(resolve(word))];
  return videosInFolder(resolve(word));
}

/** Addresses of lists are read with --source, which also retries and remembers. */
function listAddressProblems(link: string): string[] {
  const path = URL.parse(link)?.pathname ?? '';
  if (!/\.(csv|tsv|txt|jsonl?|xlsx|ndjson)(\.gz)?$/i.test(path)) return [];
  return [
    `"${printable(link)}" is the address of a list. Read it with: kie-batch enqueue --source ${printable(link)}`,
  ];
}

function linkSource(links: readonly string[]): ListSource {
  return { name: 'arguments', chunks: Readable.from([Buffer.from(`${links.join('\n')}\n`)]) };
}

function standardInputProblems(
  wanted: readonly string[],
  isImplied: boolean,
  { isTTY }: StandardInput,
): string[] {
  const times = wanted.filter((path) => path === STANDARD_INPUT).length;
  if (times > 1) return [`"-" is given ${times} times, but standard input can be read only once.`];
  if (times === 0 || isTTY !== true) return [];
  const what = isImplied ? 'No list given' : 'Standard input ("-") is a terminal';
  return [`${what}. Name a file, or pipe a list in: kie-batch run - < links.txt`];
}

function fileProblems(path: string): string[] {
  if (path === STANDARD_INPUT) return [];
  try {
    if (statSync(path).isDirectory())
      return [
        `"${printable(path)}" is a folder without videos (.mp4, .mov, .webm, .mkv). Name the lists in it.`,
      ];
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    return [`"${printable(path)}" ${whyUnreadable(error)}`];
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
      return 'does not exist. Check the name and the folder you are in.';
    case 'EACCES':
    case 'EPERM':
      return 'is not readable by this user. Change its permissions.';
    case 'ENOTDIR':
      return 'does not exist: part of its path is a file, not a folder.';
    default:
      return `cannot be read (${code}).`;
  }
}

function messageOf(problems: readonly string[]): string {
  if (problems.length === 1) return problems.join('');
  return ['These lists cannot be read:', ...problems].join('\n  ');
}

function fileSource(path: string): ListSource {
  return {
    name: path,
    chunks: { [Symbol.asyncIterator]: () => readBytes(path)[Symbol.asyncIterator]() },
  };
}

async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: READ_BYTES });
  yield* chunks;
}
