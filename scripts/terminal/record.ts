/**
 * A command as a person at a terminal would see it: run under a pseudo-terminal of a given size, every piece of its
 * output kept with its time. The pseudo-terminal is that of `script` (util-linux, on every Linux).
 */
import { spawn } from 'node:child_process';
import type { Chunk, Size } from './frames.ts';

export interface Typed {
  /** What stands on the screen. */
  readonly shown: string;
  /** What is run. */
  readonly command: string;
  /** What is typed at its question. */
  readonly answer?: { readonly to: string; readonly keys: string };
}

const [promptMs, keyMs, afterMs] = [600, 45, 1500];
const answerAfterMs = 1200;
/** Nothing that is worth recording takes longer; a question nobody answers does. */
const longestMs = 120_000;
const prompt = '\u001b[2m$\u001b[0m ';

/** The commands one after the other, each typed at a prompt. */
export async function record(
  lines: readonly Typed[],
  size: Size,
  options: { readonly cwd: string; readonly environment: Readonly<Record<string, string>> },
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  let atMs = 0;
  for (const { shown, ...what } of lines) {
    chunks.push({ atMs, text: prompt });
    atMs += promptMs;
    for (const key of shown) {
      chunks.push({ atMs, text: key });
      atMs += keyMs;
    }
    chunks.push({ atMs: atMs + promptMs / 2, text: '\r\n' });
    const output = await runOnTerminal(what, size, options);
    chunks.push(...output.map((each) => ({ ...each, atMs: each.atMs + atMs + promptMs / 2 })));
    atMs = (chunks.at(-1)?.atMs ?? atMs) + afterMs;
  }
  chunks.push({ atMs, text: prompt });
  return chunks;
}

function runOnTerminal(
  { command, answer }: Omit<Typed, 'shown'>,
  { columns, rows }: Size,
  { cwd, environment }: { readonly cwd: string; readonly environment: Readonly<Record<string, string>> },
): Promise<Chunk[]> {
  const settings = Object.entries({ TERM: 'xterm-256color', ...environment })
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');
  const line = `stty cols ${columns} rows ${rows}; exec env ${settings} ${command}`;
  const startedAt = performance.now();
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: longestMs,
  });
  const chunks: Chunk[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    chunks.push({ atMs: performance.now() - startedAt, text });
    if (answer !== undefined && text.includes(answer.to))
      setTimeout(() => child.stdin.write(answer.keys), answerAfterMs);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(chunks));
  });
}
