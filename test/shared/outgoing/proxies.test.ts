/** Which requests go through a proxy, and what they may reach that way. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfiguration } from '../../../src/shared/configuration/configuration.ts';
import { secretTextsOf } from '../../../src/shared/configuration/secret-texts.ts';
import { createOutgoing } from '../../../src/shared/outgoing/outgoing.ts';
import { proxiesOf, rulesForOthers } from '../../../src/shared/outgoing/proxies.ts';
import { createVendor } from '../../../src/shared/vendor/vendor.ts';
import { startForwardProxy } from '../../setup/forward-proxy.ts';

const settingsOf = (environment: Record<string, string>) => parseConfiguration(environment).configuration;

async function startTarget(): Promise<string> {
  const server = createServer((_, response) => response.end(JSON.stringify({ code: 200, data: 7 })));
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

const vendorOf = (baseUrl: string, environment: Record<string, string>) =>
  createVendor({
    baseUrl,
    apiKey: 'k'.repeat(32),
    logger: pino({ level: 'silent' }),
    creditsRetryMs: 1,
    proxies: proxiesOf(settingsOf(environment)),
  });

describe('the vendor’s API', () => {
  it.each([
    ['HTTP_PROXY', 'HTTP_PROXY'],
    ['http_proxy', 'http_proxy'],
  ])('is reached through %s', async (_what, name) => {
    await using proxy = await startForwardProxy(await startTarget());
    const vendor = vendorOf('http://vendor.example', { [name]: proxy.url });
    expect(await vendor.balance(AbortSignal.timeout(120_000))).toMatchObject({ kind: 'credits', credits: 7 });
    const basic = `Basic ${Buffer.from('user:pass-of-the-proxy').toString('base64')}`;
    expect(proxy.asked).toEqual([{ what: 'GET vendor.example', authorization: basic }]);
    await vendor.close();
  });

  it('is asked for by CONNECT where it is https, so that the proxy sees neither key nor answer', async () => {
    await using proxy = await startForwardProxy(await startTarget());
    const vendor = vendorOf('https://vendor.example', { HTTPS_PROXY: proxy.url });
    // The target speaks no TLS.
    expect(await vendor.balance(AbortSignal.timeout(120_000))).toMatchObject({ kind: 'retry', sent: false });
    expect(proxy.asked[0]?.what).toBe('CONNECT vendor.example:443');
    await vendor.close();
  });

  it('is reached directly where NO_PROXY names it, and on this machine', async () => {
    const target = await startTarget();
    await using proxy = await startForwardProxy(target);
    for (const environment of [
      { HTTP_PROXY: proxy.url },
      { HTTP_PROXY: proxy.url, NO_PROXY: 'other.example' },
    ]) {
      const vendor = vendorOf(target, environment);
      expect(await vendor.balance(AbortSignal.timeout(120_000))).toMatchObject({ kind: 'credits' });
      await vendor.close();
    }
    const vendor = vendorOf('http://vendor.invalid', {
      HTTP_PROXY: proxy.url,
      NO_PROXY: 'x.example, vendor.invalid',
    });
    expect(await vendor.balance(AbortSignal.timeout(120_000))).toMatchObject({ kind: 'retry', sent: false });
    await vendor.close();
    expect(proxy.asked).toEqual([]);
  });

  it('a proxy that is away has sent nothing', async () => {
    const vendor = vendorOf('http://vendor.example', { HTTP_PROXY: 'http://127.0.0.1:1' });
    expect(await vendor.balance(AbortSignal.timeout(120_000))).toMatchObject({ kind: 'retry', sent: false });
    await vendor.close();
  });
});

describe('addresses of others', () => {
  const url = 'http://lists.example/links.txt';
  const base = { ALLOW_PRIVATE_ADDRESSES: 'true' };

  it('go through it only where PROXY_DOWNLOADS says so', async () => {
    await using proxy = await startForwardProxy(await startTarget());
    const direct = createOutgoing(rulesForOthers(settingsOf({ ...base, HTTP_PROXY: proxy.url })));
    expect((await direct.request({ url })).kind).toBe('unreachable');
    expect(proxy.asked).toEqual([]);
    const through = createOutgoing(
      rulesForOthers(settingsOf({ ...base, HTTP_PROXY: proxy.url, PROXY_DOWNLOADS: 'true' })),
    );
    const reply = await through.request({ url });
    expect(reply).toMatchObject({ kind: 'answered', status: 200 });
    if (reply.kind === 'answered') reply.body.destroy();
    expect(proxy.asked.map(({ what }) => what)).toEqual(['GET lists.example']);
    await Promise.all([direct.close(), through.close()]);
  });

  it('that are private numbers are refused all the same', async () => {
    await using proxy = await startForwardProxy(await startTarget());
    const settings = settingsOf({ HTTPS_PROXY: proxy.url, PROXY_DOWNLOADS: 'true' });
    const outgoing = createOutgoing(rulesForOthers(settings));
    for (const host of ['10.0.0.1', '169.254.169.254', '[::1]'])
      expect((await outgoing.request({ url: `https://${host}/` })).kind).toBe('refused');
    expect(proxy.asked).toEqual([]);
    await outgoing.close();
  });
});

it('the setting is read as other programs read it, and its password is a secret', () => {
  const { configuration } = parseConfiguration({ https_proxy: 'user:word-of-pass@proxy:3128' });
  expect(configuration.HTTPS_PROXY).toBe('http://user:word-of-pass@proxy:3128');
  expect(secretTextsOf(configuration)).toContain('word-of-pass');
  expect(() => parseConfiguration({ HTTPS_PROXY: 'socks5://proxy:1080' })).toThrow(/HTTPS_PROXY must be/);
});
