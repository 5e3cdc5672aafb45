/**
 * Runs the benchmarks one after another, each in its own process, and writes their output to docs/benchmarks.md:
 * `npm run bench -- all [NAME…]`. With names, only these run and only their sections change. A full run takes about an
 * hour on an idle machine with two cores. It leaves out `soak`, which takes two hours, unless that is named.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const folder = join(import.meta.dirname, '..');
const document = join(folder, '../docs/benchmarks.md');
const own = 'all';
const onlyIfNamed = ['soak'];

const head = `# Benchmarks

The output of each benchmark, written by \`npm run bench -- all\`. Figures differ between machines and runs; compare ratios, which are measured side by side. Tests never depend on them.

`;

export async function run(wanted: readonly string[]): Promise<void> {
  const sections = await readSections();
  const names = (await benchmarkNames()).filter((name) =>
    wanted.length === 0 ? !onlyIfNamed.includes(name) : wanted.includes(name),
  );
  for (const name of names) {
    console.log(`${name} …`);
    sections.set(name, await sectionOf(name));
    const ordered = [...sections].toSorted(([one], [other]) => one.localeCompare(other));
    await writeFile(document, head + ordered.map(([, text]) => text).join('\n'));
  }
  console.log('Written to docs/benchmarks.md');
}

async function benchmarkNames(): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== own && entry.name !== 'results')
    .map(({ name }) => name)
    .toSorted();
}

/** By name, each from its heading to the next. */
async function readSections(): Promise<Map<string, string>> {
  const text = await readFile(document, 'utf8').catch(() => '');
  const parts = text.split(/^(?=## )/m).slice(1);
  return new Map(parts.map((part) => [/^## (.+)$/m.exec(part)?.[1] ?? '', `${part.trimEnd()}\n`]));
}

async function sectionOf(name: string): Promise<string> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(folder, 'main.ts'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, 'close');
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const ended = code === 0 ? '' : ` **It ended with ${code}.**`;
  return `## ${name}

${await descriptionOf(name)}

${new Date().toISOString().slice(0, 10)}, ${machine()}, ${seconds} s.${ended}

\`\`\`text
${stripVTControlCharacters(output).trim()}
\`\`\`
`;
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${arch()}), ${memory} GiB, Node ${process.versions.node}`;
}

/** The comment at the head of its file. */
async function descriptionOf(name: string): Promise<string> {
  const source = await readFile(join(folder, name, 'run.ts'), 'utf8');
  const comment = /^\/\*\*\n(.*?)\n \*\//s.exec(source)?.[1] ?? '';
  return comment
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, ''))
    .join('\n');
}
