/** What the vendor sends: answers to each of our calls, and callbacks. From the replies that it is known to give. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { z } from 'zod';
import { parseCreateReply } from '../../src/shared/vendor/create-reply.ts';
import { parseCreditsReply } from '../../src/shared/vendor/credits-reply.ts';
import { parseLinkReply } from '../../src/shared/vendor/link-reply.ts';
import { parsePricePage } from '../../src/shared/vendor/price-list.ts';
import { parseProbeReply } from '../../src/shared/vendor/probe-reply.ts';
import { parseRecordReply } from '../../src/shared/vendor/record-reply.ts';
import { understandCallback } from '../../src/shared/vendor/understand-callback.ts';
import { parseUploadReply } from '../../src/shared/vendor/upload-reply.ts';
import { failureKind } from '../../src/worker/brake/failure-kind.ts';
import { mutated } from '../mutated.ts';
import type { Target } from '../target.ts';

const fixtures = new URL('../../test/fixtures/vendor-replies.json', import.meta.url);
const fixtureSchema = z.object({ cases: z.array(z.object({ body: z.unknown() })) });
const statuses = [200, 201, 204, 301, 400, 401, 402, 404, 422, 429, 455, 500, 503, 0];
const resultPath = ['resultJson', 'resultUrls'];

export async function vendorTargets(): Promise<Target[]> {
  const { cases } = fixtureSchema.parse(JSON.parse(await readFile(fixtures, 'utf8')));
  const bodies = cases.map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body ?? null)));
  const known = mutated(bodies, [
    '"code":200',
    '"code":"200"',
    '"data":null',
    '"taskId"',
    '"resultJson"',
    'https://',
  ]);
  const invented = fc
    .record({ code: fc.anything(), msg: fc.anything(), data: fc.jsonValue() }, { requiredKeys: [] })
    .map((body) => Buffer.from(textOf(body)));
  const replies = fc.oneof({ weight: 3, arbitrary: known }, invented);
  const callback = JSON.stringify({
    code: 200,
    data: { taskId: 'task-1', state: 'success', resultJson: '{}' },
  });
  return [
    { name: 'vendor-replies', cases: replies, run: readReplies },
    { name: 'callbacks', cases: fc.oneof(mutated([callback, ...bodies]), replies), run: readCallback },
  ];
}

/** What JSON cannot write is left out. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '{}';
  }
}

function readReplies(bytes: Buffer): void {
  const bodyText = bytes.toString();
  const httpStatus = statuses[bytes.length % statuses.length] ?? 200;
  const headers = { 'retry-after': bodyText.slice(0, 40), date: bodyText.slice(-30) };
  for (const complete of [true, false]) {
    const raw = { httpStatus, headers, bodyText, complete, receivedAtMs: 1_800_000_000_000 };
    parseCreateReply(raw);
    parseRecordReply(raw, resultPath);
    parseCreditsReply(raw);
    parseLinkReply(raw);
    parseUploadReply(raw);
    parseProbeReply(raw);
  }
  parsePricePage(bodyText);
  if (failureKind(bodyText).length > 80) throw new Error('a kind of failure is a short text');
}

function readCallback(body: Buffer): void {
  const text = body.toString('latin1');
  const headers = { 'x-webhook-timestamp': text.slice(0, 20), 'x-webhook-signature': text.slice(-44) };
  const meaning = understandCallback({ headers, body }, 'key', 1_800_000_000_000);
  if (meaning.kind === 'task-ended') throw new Error('a signature nobody made was taken');
  understandCallback({ headers, body }, null, 1_800_000_000_000);
}
