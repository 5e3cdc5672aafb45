/** When alerts are sent, in what form, and that they arrive. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { alertBody, alertHeaders, alertSignature } from '../../src/server/alerts/alert-message.ts';
import { decideAlerts, type Known, type Seen } from '../../src/server/alerts/decide-alerts.ts';
import { readBatch } from '../../src/shared/ledger/batch.ts';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

const nothing: Known = { halts: [], going: [], toldFailing: [], problems: {} };
const halt = {
  reason: 'no-credits' as const,
  model: null,
  message: 'Top <up>',
  since: 1000,
  nextProbeAt: 2000,
  probes: 0,
};

function batch(name: string, counts: Record<string, number>) {
  const stored = Object.fromEntries(Object.entries(counts).map(([state, count]) => [state, String(count)]));
  const read = readBatch(name, { model: 'm', createdAt: '1', ...stored });
  if (read === null) throw new Error('a batch of this test is wrong');
  return read;
}

describe('an alert is sent', () => {
  const kinds = (known: Known, seen: Partial<Seen>) => {
    const decided = decideAlerts(known, { at: 61_000, halts: [], batches: [], problems: [], ...seen }, 0.1);
    return { kinds: decided.alerts.map(({ kind }) => kind), known: decided.known };
  };

  it('once when a halt begins and once when it ends', () => {
    const first = kinds(nothing, { halts: [halt] });
    expect(first.kinds).toEqual(['halt-began']);
    expect(kinds(first.known, { halts: [{ ...halt, probes: 3, nextProbeAt: 9000 }] }).kinds).toEqual([]);
    expect(kinds(first.known, {}).kinds).toEqual(['halt-ended']);
  });

  it('once when a batch that was going has ended', () => {
    const going = kinds(nothing, { batches: [batch('a', { queued: 5, saved: 5 })] });
    expect(going.kinds).toEqual([]);
    const ended = kinds(going.known, { batches: [batch('a', { saved: 10 })] });
    expect(ended.kinds).toEqual(['batch-ended']);
    expect(kinds(ended.known, { batches: [batch('a', { saved: 10 })] }).kinds).toEqual([]);
  });

  it('never for batches that ended long before the server started', () => {
    expect(kinds(nothing, { batches: [batch('a', { saved: 10 })] }).kinds).toEqual([]);
  });

  it('once when too much of a batch has failed, and not of the first few', () => {
    expect(kinds(nothing, { batches: [batch('a', { queued: 90, failed: 5, saved: 5 })] }).kinds).toEqual([]);
    const failing = kinds(nothing, { batches: [batch('a', { queued: 60, failed: 20, saved: 20 })] });
    expect(failing.kinds).toEqual(['failures-above-share']);
    expect(
      kinds(failing.known, { batches: [batch('a', { queued: 50, failed: 25, saved: 25 })] }).kinds,
    ).toEqual([]);
  });
});

describe('the message', () => {
  it('is JSON with what happened as fields', () => {
    const body: unknown = JSON.parse(alertBody({ kind: 'halt-began', halt }, 'json', 5000));
    expect(body).toMatchObject({ event: 'halt-began', reason: 'no-credits', message: 'Top <up>' });
  });

  it('for Slack is one text in which nothing can ping or link', () => {
    expect(alertBody({ kind: 'halt-began', halt }, 'slack', 5000)).toContain('Top &lt;up&gt;');
  });

  it('for Discord has no mentions and keeps to its length', () => {
    const long = { ...halt, message: `@everyone ${'x'.repeat(3000)}` };
    const body: unknown = JSON.parse(alertBody({ kind: 'halt-began', halt: long }, 'discord', 5000));
    expect(body).toMatchObject({
      content: expect.stringMatching(/^kie-batch is halted.{1979}/),
      allowed_mentions: { parse: [] },
    });
  });

  it('for ntfy is plain text with a title, urgent when a person is needed', () => {
    const alert = { kind: 'halt-began', halt } as const;
    expect(alertBody(alert, 'ntfy', 5000, 'http://dashboard')).toMatch(
      /^kie-batch is halted: .* http:\/\/dashboard\/$/,
    );
    expect(alertHeaders(alert, 'ntfy')).toMatchObject({ title: 'kie-batch', priority: 'high' });
    expect(alertHeaders(alert, 'json')).toEqual({ 'content-type': 'application/json' });
  });

  it('is signed over the instant and the body', () => {
    const expected = createHmac('sha256', 'key').update('5.{}').digest('hex');
    expect(alertSignature('key', '{}', 5999)).toBe(`t=5,v1=${expected}`);
  });
});

it('an ended batch is reported to the webhook, also if its first answer is a failure', async () => {
  const heard: { body: string; signature: unknown }[] = [];
  let answers = 0;
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      answers += 1;
      if (answers > 1) heard.push({ body, signature: request.headers['x-kie-batch-signature'] });
      response.writeHead(answers > 1 ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const address = hook.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await using window = await openWindow({
    environment: { ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/`, ALERT_WEBHOOK_KEY: 'hook-key' },
    simulator: { taskTime: '9s' },
  });
  await window.system.give(2);
  await window.system.startWorker();
  await window.system.ended();
  await until(() => heard.length > 0, 'the webhook has heard of the end');
  expect(heard[0]?.body).toContain('Batch test has ended: 2 of 2 saved.');
  expect(heard[0]?.signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  hook.close();
});
