/**
 * The operator's pages behind nginx, by the lines of docs/reverse-proxy.md: at the root of another host and below a
 * path, with headers that nginx sends by default. Skipped where nginx is not installed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';
import { belowBase, withoutBase } from '../../src/server/public-address.ts';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

const hasNginx = (() => {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const closed = { DASHBOARD_USER: 'anna', DASHBOARD_PASSWORD: 'correct horse' };

describe('a path below a host', () => {
  it.each([
    ['<a href="/batches">', '<a href="/kie/batches">'],
    ['<a class="x" href="/">', '<a class="x" href="/kie/">'],
    ['<a href="//other.example/">', '<a href="//other.example/">'],
    ['<a href="https://other.example/">', '<a href="https://other.example/">'],
    [JSON.stringify('<img src="/x.png">'), JSON.stringify('<img src="/kie/x.png">')],
  ])('%s becomes %s', (given, expected) => {
    expect(belowBase(given, '/kie')).toBe(expected);
  });

  it.each([
    ['/kie/batches?x=1', '/batches?x=1'],
    ['/kie', '/'],
    ['/kie?x=1', '/?x=1'],
    ['/kiesel', '/kiesel'],
    ['/batches', '/batches'],
  ])('%s is the route %s', (given, expected) => {
    expect(withoutBase(given, '/kie')).toBe(expected);
  });
});

describe.skipIf(!hasNginx)('behind nginx', () => {
  it.each([
    ['at the root of a host', '/', ''],
    ['below a path that it strips', '/kie/', '/'],
    ['below a path that it keeps', '/kie/', ''],
  ])('%s, people sign in, act and find every link', async (_name, location, target) => {
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}${location.replace(/\/$/, '')}`;
    await using window = await openWindow({ environment: { ...closed, PUBLIC_URL: publicUrl } });
    await window.system.give(1);
    await using _nginx = await startNginx(port, location, `${window.url}${target}`);
    const basePath = new URL(publicUrl).pathname.replace(/\/$/, '');
    const get = (path: string, cookie = '') =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie }, redirect: 'manual' });

    const turnedAway = await get(`${basePath}/batches/test`);
    expect(turnedAway.headers.get('location')).toMatch(new RegExp(`^${basePath}/login`));
    const signedIn = await fetch(`${publicUrl}/login`, {
      method: 'POST',
      body: new URLSearchParams({ user: 'anna', password: 'correct horse', next: '/batches/test' }),
      headers: { origin: `http://127.0.0.1:${port}` },
      redirect: 'manual',
    });
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, `${basePath}/batches/test`]);
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await (await get(`${basePath}/batches/test`, cookie)).text();
    const links = [...page.matchAll(/(?:href|src)="(\/[^"#]*)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(5);
    for (const link of new Set(links)) {
      expect([link, link.startsWith(`${basePath}/`)]).toEqual([link, true]);
      const answer = await get(link.replaceAll('&amp;', '&'), cookie);
      expect([link, answer.status < 400]).toEqual([link, true]);
      await answer.body?.cancel();
    }
    const board = await (await get(`${basePath}/queues`, cookie)).text();
    expect(board).toContain(`${basePath}/queues/`);
    expect(board).not.toContain(`${basePath}${basePath || '/nothing'}/`);
  });
});

async function startNginx(port: number, location: string, target: string): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-nginx-'));
  const configuration = `
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location ${location} {
      proxy_pass ${target};
      proxy_buffering off;
    }
  }
}`;
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration);
  const nginx = spawn('nginx', ['-c', file, '-p', folder], { stdio: 'ignore' });
  await until(
    async () => (await fetch(`http://127.0.0.1:${port}${location}`).catch(() => null)) !== null || null,
    'nginx answers',
  );
  return {
    async [Symbol.asyncDispose]() {
      nginx.kill('SIGQUIT');
      await once(nginx, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
