/** What is believed of a callback: the task it names, and its signature. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { understandCallback } from '../../../src/shared/vendor/understand-callback.ts';

const now = 1_800_000_000_000;
const named = Buffer.from('{"data":{"taskId":"t1"}}');
const sign = (timestamp: string, key = 'key', taskId = 't1') =>
  createHmac('sha256', key).update(`${taskId}.${timestamp}`).digest('base64');
const headersOf = (timestamp: string, signature = sign(timestamp)) => ({
  'x-webhook-timestamp': timestamp,
  'x-webhook-signature': signature,
});
const at = (seconds: number) => String(now / 1000 + seconds);

describe('a callback', () => {
  it.each<[string, string | null]>([
    ['{"data":{"taskId":"a","task_id":"b"},"taskId":"c"}', 'a'],
    ['{"data":{"taskId":{},"task_id":"b"},"taskId":"c"}', 'b'],
    ['{"data":{},"taskId":"c"}', 'c'],
    ['{"data":"x","taskId":"c"}', 'c'],
    ['{"data":null,"taskId":7}', '7'],
    ['{"data":{"taskId":"a,b"}}', null],
    ['{"data":{"id":"a"}}', null],
    ['[]', null],
    ['{"taskId":', null],
  ])('of %s names the task %s', (text, taskId) => {
    const meaning = understandCallback({ headers: {}, body: Buffer.from(text) }, null, now);
    expect(meaning).toEqual(taskId === null ? { kind: 'unreadable' } : { kind: 'task-ended', taskId });
  });

  it.each<[string, Record<string, string | string[]>, boolean]>([
    ['signed', headersOf(at(0)), true],
    ['signed five minutes ago', headersOf(at(-300)), true],
    ['signed by a clock that is five minutes ahead', headersOf(at(300)), true],
    ['signed earlier', headersOf(at(-301)), false],
    ['signed by a clock that is further ahead', headersOf(at(301)), false],
    [
      'signed, with its headers twice',
      {
        'x-webhook-timestamp': [at(0), at(9)],
        'x-webhook-signature': [sign(at(0)), 'x'],
      },
      true,
    ],
    ['signed with another key', headersOf(at(0), sign(at(0), 'other')), false],
    ['signed for another task', headersOf(at(0), sign(at(0), 'key', 't2')), false],
    ['signed for another time', headersOf(at(0), sign(at(1))), false],
    ['signed with too few bytes', headersOf(at(0), sign(at(0)).slice(0, 8)), false],
    ['signed for a time that is no number', headersOf('soon'), false],
    ['signed for a time with more after it', headersOf(`${at(0)}.5`), false],
    ['signed for a time with more before it', headersOf(`+${at(0)}`), false],
    ['not signed', {}, false],
    ['without its time', { 'x-webhook-signature': sign('') }, false],
    ['without its signature', { 'x-webhook-timestamp': at(0) }, false],
  ])('%s: believed where a key is set: %s', (_, headers, isBelieved) => {
    const meaning = understandCallback({ headers, body: named }, 'key', now);
    expect(meaning).toEqual(isBelieved ? { kind: 'task-ended', taskId: 't1' } : { kind: 'unsigned' });
    expect(understandCallback({ headers, body: named }, null, now).kind).toBe('task-ended');
  });
});
