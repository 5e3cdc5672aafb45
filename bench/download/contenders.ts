/**
 * Who downloads in the benchmark, as shell commands, so that each is timed in the same way by the shell
 * that runs it. curl and aria2c neither hash nor verify nor sync; the row with sha256sum and sync does two of
 * the three with the usual tools.
 */

import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export interface Contender {
  readonly name: string;
  /** The program that must be installed. */
  readonly program: string;
  /** The command, with its files in the folder, which also holds what it needs. */
  command(folder: string, urls: readonly string[], concurrency: number): Promise<string>;
}

export interface Timing {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export const contenders: readonly Contender[] = [
  {
    name: 'kie-batch',
    program: 'node',
    async command(folder, urls, concurrency) {
      const list = join(folder, 'urls.txt');
      await writeFile(list, urls.join('\n'));
      const client = join(import.meta.dirname, 'kie-batch-client.ts');
      return `'${process.execPath}' '${client}' '${folder}/files' ${concurrency} '${list}'`;
    },
  },
  { name: 'curl', program: 'curl', command: curlCommand },
  {
    name: 'curl, sha256sum, sync',
    program: 'curl',
    async command(folder, urls, concurrency) {
      return `${await curlCommand(folder, urls, concurrency)} && sha256sum '${folder}'/files/* >'${folder}/sums' && sync '${folder}'/files/* '${folder}/files'`;
    },
  },
  {
    name: 'aria2c',
    program: 'aria2c',
    async command(folder, urls, concurrency) {
      const list = join(folder, 'urls.txt');
      await writeFile(list, urls.map((url, index) => `${url}\n out=${index}.mp4`).join('\n'));
      return `aria2c -q -x1 -j${concurrency} -d '${folder}/files' -i '${list}'`;
    },
  },
];

async function curlCommand(folder: string, urls: readonly string[], concurrency: number): Promise<string> {
  const config = join(folder, 'curl.txt');
  const lines = urls.map((url, index) => `url="${url}"\noutput="${folder}/files/${index}.mp4"`);
  await writeFile(config, lines.join('\n'));
  return `curl -s --create-dirs --parallel --parallel-immediate --parallel-max ${concurrency} -K '${config}'`;
}

const ownReport = z.object({ seconds: z.number(), cpuSeconds: z.number() });

/**
 * Runs a command under the shell's own clock; its processor time includes all its children. A contender
 * that prints a report of its own is taken at its word.
 */
export async function timeCommand(command: string): Promise<Timing> {
  const shell = spawn('bash', ['-c', `TIMEFORMAT='%R %U %S'; time ( ${command} )`]);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  shell.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  shell.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise((resolve) => shell.once('close', resolve));
  const errors = lastLine(stderr);
  if (code !== 0) throw new Error(`${command}: ended with ${code}: ${errors}`);
  if (lastLine(stdout).startsWith('{')) return ownReport.parse(JSON.parse(lastLine(stdout)));
  const [seconds = 0, user = 0, system = 0] = errors.split(' ').map(Number);
  return { seconds, cpuSeconds: user + system };
}

function lastLine(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString().trim().split('\n').at(-1) ?? '';
}
