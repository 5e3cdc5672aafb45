/**
 * Reads a `.env` file as editors of any system save it: UTF-8 with or without a mark, or UTF-16. What cannot be read is
 * said in words, since a setting that is missed in silence costs more than an error.
 */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from './configuration-error.ts';

/** @returns nothing where there is no such file; @throws ConfigurationError that says what to do */
export function readEnvFile(path: string): Readonly<Record<string, string | undefined>> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return {};
    const what = code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`;
    throw new ConfigurationError(`The file ${path} here ${what}. Move it away, or make it readable.`);
  }
  const text = decoded(bytes);
  if (text === null || text.includes('\0'))
    throw new ConfigurationError(`The file ${path} here has an unknown encoding. Save it as UTF-8.`);
  return parseEnv(text);
}

/** @returns null for bytes that are no text of the encoding */
function decoded(bytes: Buffer): string | null {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    // The decoder drops the mark.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
