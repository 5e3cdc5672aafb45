/** The operator's window over a system of a test, on a free port; and a small client for it. */
import { openServer } from '../../src/app/open-server.ts';
import { openOperatorPages } from '../../src/app/operator-pages.ts';
import { type System, type SystemOptions, startSystem } from '../setup/system.ts';

export interface TestWindow extends AsyncDisposable {
  readonly system: System;
  readonly url: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A form, with the token of the page's own forms unless another is given. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
}

export async function openWindow(options: SystemOptions = {}): Promise<TestWindow> {
  const system = await startSystem({ ...options, environment: { HTTP_PORT: '0', ...options.environment } });
  const window = await openWindowOn(system);
  return {
    ...window,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await system[Symbol.asyncDispose]();
    },
  };
}

/** Another server on a system that is there already. */
export async function openWindowOn(system: System): Promise<TestWindow> {
  const pages = await openOperatorPages(system.session);
  const server = await openServer(system.session, { hasPages: true, pages: [pages.routes] });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { headers, redirect: 'manual' });
  return {
    system,
    url: server.url,
    get,
    async post(path, fields = {}, headers = {}) {
      const csrf = fields['csrf'] ?? csrfIn(await (await get('/new', headers)).text());
      return fetch(`${server.url}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ csrf, ...fields }),
        headers,
        redirect: 'manual',
      });
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await pages.close();
    },
  };
}

export function csrfIn(page: string): string {
  return /name="csrf" value="([0-9a-f]+)"/.exec(page)?.[1] ?? '';
}
