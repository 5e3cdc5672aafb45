/** Alerts by mail, to a real local mail server: what is delivered, what is refused, and what is disclosed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { AlertRefused, deliver } from '../../src/server/alerts/alert-target.ts';
import type { Alert } from '../../src/server/alerts/decide-alerts.ts';
import { mailTarget } from '../../src/server/alerts/mail-target.ts';
import { type MailRoute, readMailUrl } from '../../src/shared/configuration/mail-url.ts';
import { startMailServer } from '../setup/mail-server.ts';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

const at = Date.UTC(2026, 10, 29, 12);
const halt: Alert = {
  kind: 'halt-began',
  halt: {
    reason: 'no-credits',
    model: null,
    message: 'Top up\r\nBcc: everybody@example.com',
    since: at,
    nextProbeAt: at,
    probes: 0,
  },
};

function routeTo(port: number, changes: Partial<MailRoute> = {}): MailRoute {
  const route = readMailUrl(
    `smtp://bot:pass-word@127.0.0.1:${port}/?from=bot@example.com&to=anna@example.com,ben@example.com`,
  );
  if ('problem' in route) throw new Error(route.problem);
  return { ...route, ...changes };
}

describe('an alert by mail', () => {
  it('reaches all recipients, with a subject, a link and the headers of an automatic mail', async () => {
    await using server = await startMailServer();
    await mailTarget(routeTo(server.port), 'https://videos.example.com').send(halt, at);
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      account: 'bot:pass-word',
      from: 'bot@example.com',
      to: ['anna@example.com', 'ben@example.com'],
    });
    const [head = '', body = ''] = (mail?.data ?? '').split(/\n\n([\s\S]*)/);
    expect(head).toMatch(/^Subject: \[kie-batch\] kie-batch is halted: no-credits$/m);
    expect(head).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(head).toMatch(/^Date: Sun, 29 Nov 2026 12:00:00 \+0000$/m);
    // The vendor's words stand in the body alone.
    expect(head).not.toMatch(/^Bcc/im);
    expect(body.replaceAll('=\n', '')).toContain('https://videos.example.com/');
  });

  it('signs in with no account where none is set', async () => {
    await using server = await startMailServer();
    await mailTarget(routeTo(server.port, { account: null }), null).send({ kind: 'test' }, at);
    expect(server.mails).toMatchObject([{ account: null }]);
  });

  it('is not retried after a permanent refusal of the server', async () => {
    await using server = await startMailServer();
    const wrong = routeTo(server.port, { account: { user: 'bot', password: 'wrong' } });
    const refused = deliver({ kind: 'test' }, mailTarget(wrong, null), () => at);
    await expect(refused).rejects.toThrow(/^the mail server refused it: .*535/);
    await expect(refused).rejects.toBeInstanceOf(AlertRefused);
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(1);
  });

  it('is tried again when the server asks for patience', async () => {
    await using server = await startMailServer({ recipientAnswers: ['451 later', '451 later'] });
    await deliver({ kind: 'test' }, mailTarget(routeTo(server.port), null), () => at);
    expect(server.mails).toHaveLength(1);
  });

  it('does not wait forever for a server that says nothing', async () => {
    await using server = await startMailServer({ isSilent: true });
    const sent = mailTarget(routeTo(server.port), null).send({ kind: 'test' }, at);
    await expect(sent).rejects.toThrow(/[Gg]reeting|[Tt]imeout/);
  });

  it('gives no password to a server without TLS on another machine', async () => {
    await using server = await startMailServer();
    const sent = mailTarget(routeTo(server.port, { tls: 'upgrade' }), null).send({ kind: 'test' }, at);
    await expect(sent).rejects.toThrow(/STARTTLS.*502/);
    expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
  });
});

describe.skipIf(spawnSync('openssl', ['version']).status !== 0)('with TLS', () => {
  it.each([
    ['by STARTTLS', 'upgrade', false],
    ['by STARTTLS that is only offered', 'if-offered', false],
    ['from the first byte', 'start', true],
  ] as const)(
    '%s a certificate that nobody trusts is refused, and a trusted one is taken',
    async (_name, tls, startsWithTls) => {
      const identity = makeIdentity();
      await using server = await startMailServer({ identity, startsWithTls });
      const target = mailTarget(routeTo(server.port, { tls }), null);
      await expect(target.send({ kind: 'test' }, at)).rejects.toThrow(/certificate/);
      expect(server.commands.join('\n')).not.toMatch(/AUTH|MAIL/);
      const trusted = getCACertificates('default');
      setDefaultCACertificates([...trusted, identity.cert]);
      try {
        await target.send({ kind: 'test' }, at);
      } finally {
        setDefaultCACertificates(trusted);
      }
      expect(server.mails).toMatchObject([{ isEncrypted: true, account: 'bot:pass-word' }]);
    },
  );
});

it('an ended batch is reported by mail', async () => {
  await using server = await startMailServer();
  await using window = await openWindow({
    environment: {
      ALERT_MAIL_URL: `smtp://bot:pass-word@127.0.0.1:${server.port}/?from=bot@example.com&to=anna@example.com`,
    },
    simulator: { taskTime: '9s' },
  });
  await window.system.give(2);
  await window.system.startWorker();
  await window.system.ended();
  await until(() => server.mails.length > 0, 'the mail server has heard of the end');
  expect(server.mails[0]?.data).toContain('Subject: [kie-batch] Batch test has ended: 2 of 2 saved');
});

function makeIdentity() {
  const folder = mkdtempSync(join(tmpdir(), 'kie-batch-tls-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', ...kind, ...name, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  const identity = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  rmSync(folder, { recursive: true });
  return identity;
}
