/**
 * Runs the shell lines of a page the way a reader does: in a folder that has the files the page speaks of, with
 * `kie-batch` on PATH. Addresses that only a reader has (a host, a proxy, a second Redis) are replaced by ones of the
 * test. Used by snippets.test.ts alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { expect } from 'vitest';
import { type Environment, openProject, type Project } from '../cli/executable.ts';
import { shareLink } from '../setup/system.ts';
import { readBlocks, root } from './snippets.ts';

const shareLinks = [0, 1].map((n) => `${shareLink(n)}\n`).join('');
const videoLinks = 'https://videos.example.com/a.mp4\nhttps://videos.example.com/b.mp4\n';
const models = ['sora-watermark-remover', 'topaz/video-upscale', 'acme/sharpen'];

/** Goes on until it is stopped, so the next line is run beside it. */
const staysUp = /kie-batch (worker|serve)\b|^curl -N/;
const isUp = /Worker started|"Serving"|^(event|data|id|:)/m;

/** What the lines of a page expect to have happened before. */
const beforeThePage: Readonly<Record<string, readonly string[]>> = {
  'docs/api.md': ['kie-batch serve'],
  'docs/backup.md': ['kie-batch enqueue links.txt --batch news --yes'],
  'docs/moving.md': ['kie-batch enqueue links.txt --batch news --yes'],
};

/** This page is about the local Redis. */
const settingsOfPage: Readonly<Record<string, Environment>> = { 'docs/backup.md': { REDIS_URL: undefined } };

export interface DocumentShell extends AsyncDisposable {
  /** Fails unless the command ends with 0, or stays up where it shall. */
  run(command: string): Promise<void>;
}

export async function openShell(page: string): Promise<DocumentShell> {
  const project = await openProject({
    simulator: { models: models.join(',') },
    environment: { HTTP_PORT: '0', LOG_LEVEL: 'info', ...settingsOfPage[page] },
  });
  await fillFolder(page, project);
  const lists = await serveList();
  const running: ChildProcess[] = [];
  const replacements = new Map([
    ['npm start -- ', 'kie-batch '],
    ['REDIS_URL=redis://new:6379', `QUEUE_PREFIX=${project.prefix}-new`],
    ['QUEUE_PREFIX={account-1}', `QUEUE_PREFIX=${project.prefix}-1`],
    ['QUEUE_PREFIX={account-2}', `QUEUE_PREFIX=${project.prefix}-2`],
    ['https://example.com/links.csv', lists.url],
    ['/srv/videos', project.folder],
    ['KIE_API_KEY=…', `KIE_API_KEY=${project.environment['KIE_API_KEY']}`],
  ]);

  async function runCommand(command: string): Promise<void> {
    const line = [...replacements].reduce((text, [from, to]) => text.replaceAll(from, to), command);
    const child = spawn('bash', ['-c', line], {
      cwd: project.folder,
      env: { ...project.environment, PATH: [project.folder, project.environment['PATH']].join(delimiter) },
    });
    const output = await outputOf(child, staysUp.test(line) ? isUp : null);
    if (staysUp.test(line)) running.push(child);
    else expect(`${child.exitCode}: ${command}`, output).toBe(`0: ${command}`);
    const [, url] = /"url":"(http:[^"]+)"/.exec(output) ?? [];
    if (url !== undefined) replacements.set('http://127.0.0.1:3000', url);
  }

  for (const command of beforeThePage[page] ?? []) await runCommand(command);
  return {
    run: runCommand,
    async [Symbol.asyncDispose]() {
      for (const child of running.toReversed()) await stop(child);
      lists.close();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** Resolves with all it says, once it has ended or says that it is up. */
async function outputOf(child: ChildProcess, up: RegExp | null): Promise<string> {
  let output = '';
  const ended = once(child, 'close');
  const isReady = new Promise<void>((ready) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (up?.test(output)) ready();
      });
    }
  });
  await Promise.race([ended, isReady]);
  if (up !== null && child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`);
  return output;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

async function fillFolder(page: string, { folder, write }: Project): Promise<void> {
  const blocks = readBlocks();
  const textOf = (start: string) => blocks.find(({ text }) => text.startsWith(start))?.text ?? '';
  await write('links.txt', page === 'docs/models.md' ? videoLinks : shareLinks);
  await write('clips.csv', textOf('video_url,'));
  await write('sharpen.json', textOf('{\n  "id": "acme/sharpen"'));
  await copyFile(join(root, '.env.example'), join(folder, '.env.example'));
  await write('.curlrc', 'fail-with-body\nsilent\nshow-error\n');
  const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/cli/main.ts')}' "$@"\n`;
  await writeFile(join(folder, 'kie-batch'), program, { mode: 0o755 });
}

async function serveList() {
  const server = createServer((_request, response) => response.end(`url\n${shareLinks}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/links.csv`, close: () => server.close() };
}
