/**
 * docker-compose.yml with a real engine: the demo saves its videos, and a worker is healthy. Needs an engine, Docker
 * Compose 2.24 or later, and the images (KIE_BATCH_IMAGE built from the Dockerfile, REDIS_IMAGE); nothing is pulled or
 * built here. Skipped where one is missing, and then says which.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../setup/until.ts';

const run = promisify(execFile);
const composeFile = resolve(import.meta.dirname, '../../docker-compose.yml');
const slowMs = 300_000;
const { KIE_BATCH_IMAGE = 'kie-batch', REDIS_IMAGE = 'redis:8-alpine' } = process.env;

const works = (program: string, ...words: string[]) =>
  run(program, words, { timeout: 20_000 }).then(
    () => true,
    () => false,
  );

async function findCompose(): Promise<readonly [string, ...string[]] | null> {
  if (await works('docker', 'compose', 'version')) return ['docker', 'compose'];
  return (await works('docker-compose', '--version')) ? ['docker-compose'] : null;
}

async function findMissing(): Promise<string | null> {
  if (!(await works('docker', 'info'))) return 'Docker engine';
  if (compose === null) return 'Docker Compose';
  for (const image of [KIE_BATCH_IMAGE, REDIS_IMAGE]) {
    if (!(await works('docker', 'image', 'inspect', image))) return `image ${image}`;
  }
  return (await works(...compose, '--file', composeFile, 'config', '--quiet'))
    ? null
    : 'Compose 2.24 or later';
}

const compose = await findCompose();
const missing = await findMissing();

describe.skipIf(missing !== null)(
  `docker compose${missing === null ? '' : ` (skipped: no ${missing})`}`,
  () => {
    let folder: string;

    const call = async (...words: string[]) => {
      const [program, ...first] = compose ?? ['docker', 'compose'];
      const project = [
        '--file',
        composeFile,
        '--project-directory',
        folder,
        '--project-name',
        `kie-${process.pid}`,
      ];
      const env = { ...process.env, DEMO_ADDRESS: '127.0.0.1:0', SERVE_ADDRESS: '127.0.0.1:0' };
      const { stdout } = await run(program, [...first, ...project, ...words], { env });
      return stdout;
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kie-batch-compose-'));
      const settings = {
        KIE_API_KEY: 'demo-key',
        KIE_BASE_URL: 'http://simulator:4000',
        ALLOW_PRIVATE_ADDRESSES: 'true',
        PATH_TEMPLATE: '{batch}/own-{id}.mp4',
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(join(folder, '.env'), lines.join(''));
    });

    afterAll(async () => {
      await call('--profile', 'demo', 'down', '--volumes');
      await rm(folder, { recursive: true, force: true });
    }, slowMs);

    it('saves the videos of the demo', { timeout: slowMs }, async () => {
      await call('up', '--detach', '--no-build', 'demo');
      for (const [batch, saved] of [
        ['demo', 12],
        ['demo-clips', 3],
      ]) {
        const ended = async () => {
          const words = ['exec', '-T', 'demo', 'kie-batch', 'status', `${batch}`, '--json'];
          const text = await call(...words).catch(() => '');
          return text.includes('"ended":true') && text;
        };
        expect(await until(ended, `${batch} has ended`, slowMs)).toContain(`"saved":${saved}`);
      }
    });

    it('gives a worker its settings from .env, and calls it healthy once it has announced itself', {
      timeout: slowMs,
    }, async () => {
      await call('up', '--detach', '--no-build', '--wait', 'worker');
      await call(
        'run',
        '--rm',
        '-T',
        'worker',
        'enqueue',
        '/app/examples/links.txt',
        '--batch',
        'mine',
        '--yes',
      );
      const saved = async () => {
        const text = await call('exec', '-T', 'worker', 'sh', '-c', 'ls /videos/mine').catch(() => '');
        return text.includes('own-') && text;
      };
      expect(await until(saved, 'a video is saved', slowMs)).toContain('.mp4');
      await call('stop', 'worker');
      expect(await call('logs', '--no-color', 'worker')).toContain('Worker stopped');
    });
  },
);
