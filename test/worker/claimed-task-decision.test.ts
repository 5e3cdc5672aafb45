/** Table of the decision whether a task that a callback has named is the item's. */
import { describe, expect, it } from 'vitest';
import { loadModels } from '../../src/shared/models/load-models.ts';
import type { RecordOrigin } from '../../src/shared/vendor/record-origin.ts';
import type { RecordReply } from '../../src/shared/vendor/replies.ts';
import { afterClaimPoll, type ClaimedTask } from '../../src/worker/claimed-task-decision.ts';
import { anItem } from '../setup/an-item.ts';

const models = loadModels({ extraFiles: [] });
const model = models.get('sora-watermark-remover');
const item = anItem({ id: 's_1', url: 'https://sora.chatgpt.com/p/s_1', state: 'submitting' });
const claim: ClaimedTask = {
  item,
  model,
  taskId: 't9',
  attempt: 1,
  madeFor: null,
  tries: 0,
};
const running = (origin?: RecordOrigin): RecordReply => ({
  kind: 'pending',
  state: 'generating',
  ...(origin === undefined ? {} : { origin }),
});
const succeeded = (origin: RecordOrigin): RecordReply => ({
  kind: 'succeeded',
  urls: ['https://host/a.mp4'],
  credits: null,
  createTimeMs: null,
  completeTimeMs: null,
  origin,
});
const failed = (origin: RecordOrigin): RecordReply => ({
  kind: 'failed',
  resubmit: true,
  failCode: '500',
  failMsg: '',
  credits: 0,
  origin,
});
const naming = (callbackUrl: string | null, ...links: string[]): RecordOrigin => ({
  callbackUrl,
  links,
  model: null,
  input: {},
});
const address = 'https://host/callback/x';
const decide = (changes: Partial<ClaimedTask>, reply: RecordReply) =>
  afterClaimPoll({ ...claim, ...changes }, reply, 0.5);
const own = { id: 's_1', attempt: 2 };
const foreign = { id: 's_2', attempt: 1 };

describe('a task that a callback has named', () => {
  it.each([
    ['its record names the address of a call of the item', { madeFor: own }, running(naming(address)), 2],
    ['its record names the link', {}, running(naming(null, item.url)), 1],
    [
      'its record names the link and the address of another system',
      {},
      running(naming('https://other/', item.url)),
      1,
    ],
    ['it has succeeded and is the item’s', { madeFor: own }, succeeded(naming(address)), 2],
    ['it failed and is the item’s', { madeFor: own }, failed(naming(address)), 2],
  ])('is the item’s when %s', (_, changes, reply, attempt) => {
    expect(decide(changes, reply)).toEqual({ kind: 'adopt-task', taskId: 't9', attempt });
  });

  it.each([
    ['names the address of another item', { madeFor: foreign }, running(naming(address))],
    [
      'names the address of another item with the same link',
      { madeFor: foreign },
      running(naming(address, item.url)),
    ],
    ['names another link', {}, running(naming(null, 'https://sora.chatgpt.com/p/s_2'))],
    ['names an address that is not ours and no link', {}, running(naming('https://other/callback'))],
    ['names another link, failed', {}, failed(naming(null, 'https://sora.chatgpt.com/p/s_2'))],
  ])('is refused when its record %s', (_, changes, reply) => {
    const message = 'its record names another link';
    expect(decide(changes, reply)).toEqual({ kind: 'refuse-task', taskId: 't9', message });
  });

  it.each<[string, RecordReply, number, string]>([
    ['unknown to the vendor', { kind: 'unknown-task', message: 'null' }, 8, 'the vendor does not know it'],
    ['without an origin', running(), 8, 'its record names no link'],
    ['not readable at present', { kind: 'retry', message: '502', sent: true }, 1440, '502'],
  ])('is looked at a bounded number of times while it is %s', (_, reply, most, message) => {
    const [first, second] = [decide({}, reply), decide({ tries: 1 }, reply)];
    expect(first).toEqual({ kind: 'poll-secondary-again', tries: 1, delayMs: 1125 });
    expect(second).toEqual({ kind: 'poll-secondary-again', tries: 2, delayMs: 2250 });
    expect(decide({ tries: most - 2 }, reply)).toMatchObject({ kind: 'poll-secondary-again' });
    expect(decide({ tries: most - 1 }, reply)).toEqual({ kind: 'refuse-task', taskId: 't9', message });
  });

  it.each<RecordReply>([
    { kind: 'throttled', message: '429', hints: {} },
    { kind: 'halt', reason: 'maintenance', message: '455' },
  ])('is looked at for as long as the account has to wait: $outcome', (reply) => {
    expect(decide({ tries: 1439 }, reply)).toMatchObject({ kind: 'poll-secondary-again', tries: 1439 });
  });

  const edit = models.get('happyhorse/video-edit');
  const url = 'https://videos.example.com/a.mp4';
  const input = { video_url: url, prompt: 'make it rain' };
  const edited = anItem({ id: 'a', url, model: edit.id, inputs: { prompt: 'make it rain' } });
  it('is the item’s also where its record writes a number as a text', () => {
    const item = { ...edited, inputs: { ...edited.inputs, seed: 7 } };
    const of = (seed: unknown) =>
      decide({ item, model: edit }, running({ ...naming(null, url), input: { ...input, seed } })).kind;
    expect([of('7'), of(7), of(8), of('8')]).toEqual([
      'adopt-task',
      'adopt-task',
      'refuse-task',
      'refuse-task',
    ]);
  });

  it.each<[string, Partial<RecordOrigin>, string]>([
    ['its own inputs', {}, 'adopt-task'],
    ['its own inputs and model', { model: edit.id }, 'adopt-task'],
    ['an input that the record leaves empty', { input: { ...input, seed: null } }, 'adopt-task'],
    ['another prompt', { input: { ...input, prompt: 'make it snow' } }, 'refuse-task'],
    ['no prompt', { input: { video_url: url } }, 'refuse-task'],
    ['an input that it has not', { input: { ...input, seed: 7 } }, 'refuse-task'],
    ['another model', { model: 'topaz/video-upscale' }, 'refuse-task'],
  ])('of the same video with %s', (_, changes, expected) => {
    const origin = { ...naming(null, url), input, ...changes };
    expect(decide({ item: edited, model: edit }, running(origin))).toMatchObject({ kind: expected });
  });
});
