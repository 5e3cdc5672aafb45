/**
 * Every option of the simulated vendor with its default and meaning. One schema for all uses: options in process, flags
 * of `kie-batch simulate` (each option also has a written form) and POST /simulator/settings. Everything except host,
 * port and seed may change while it runs.
 */
import { z } from 'zod';
import { parseRateLimit, parseSizeBytes, type RateLimit } from '../shared/configuration/values.ts';
import { type MediaKind, mediaKinds } from '../shared/media/media-kind.ts';
import { type Distribution, distributionForms, parseDistribution, parseDurationMs } from './distribution.ts';
import { type FaultName, faultNames, isFaultName, type LinkFault } from './faults.ts';
import { knownModels } from './input-rules.ts';

/** A value with a written form; the written form is what flags and settings give. */
function written<Value>(parse: (text: string) => Value | null, example: string) {
  return z.union([z.string(), z.number()]).transform((given, context): Value => {
    const value = parse(String(given));
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: `must look like ${example}, not "${given}"` });
    return z.NEVER;
  });
}

function textList() {
  return z
    .union([z.array(z.string()).readonly(), z.string().transform((text) => text.split(',').filter(Boolean))])
    .transform((list): readonly string[] => list);
}

const wholeNumber = z.coerce.number<number | string>().int().min(0);
const amount = z.coerce.number<number | string>().min(0);
const share = z.coerce.number<number | string>().min(0).max(1);
const flag = z.union([z.boolean(), z.stringbool()]);
const durationMs = written((text) => {
  const ms = parseDurationMs(text);
  return Number.isNaN(ms) ? null : ms;
}, '250ms, 10s or 5m');
const distribution = written<Distribution>(parseDistribution, distributionForms);
const sizeBytes = written((text) => (text === '0' ? 0 : parseSizeBytes(text)), '0, 500MB or 2GiB');

const limit = z.union([
  z.object({ max: z.number().int().min(1), windowMs: z.number().positive() }),
  written<RateLimit>(parseRateLimit, '20/10s'),
]);

const faultRates = z.union([
  z.partialRecord(z.enum(faultNames), share),
  written<Partial<Record<FaultName, number>>>(parseFaultRates, 'create-500=0.1,result-cut=0.3'),
]);

const linkFaults = z.union([
  z.array(
    z.object({
      contains: z.string(),
      fault: z.enum(faultNames),
      times: z.number().int().min(1).optional(),
    }),
  ),
  written<LinkFault[]>(parseLinkFaults, 's_68e83bd7=create-500*2,s_68e9=task-fails-422'),
]);

function parseFaultRates(text: string): Partial<Record<FaultName, number>> | null {
  const rates: Partial<Record<FaultName, number>> = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', rate = ''] = part.trim().split('=');
    if (!isFaultName(name) || !(Number(rate) > 0 && Number(rate) <= 1)) return null;
    rates[name] = Number(rate);
  }
  return rates;
}

function parseLinkFaults(text: string): LinkFault[] | null {
  const rules: LinkFault[] = [];
  for (const part of text.split(',').filter(Boolean)) {
    const [, contains = '', fault = '', times] = /^(.*)=([a-z0-9-]+)(?:\*(\d+))?$/.exec(part.trim()) ?? [];
    if (!isFaultName(fault)) return null;
    rules.push({ contains, fault, ...(times ? { times: Number(times) } : {}) });
  }
  return rules;
}

const mediaKindNames = Object.keys(mediaKinds) as MediaKind[];

export const simulatorOptionsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: wholeNumber.max(65_535).default(0).describe('port to listen on; 0 takes any free one'),
  publicUrl: z
    .url()
    .optional()
    .describe(
      'start of result URLs, where clients reach the simulator by another name; else the Host they used',
    ),
  seed: wholeNumber.default(1).describe('makes task times, delays and faults repeatable'),

  apiKey: z.string().min(1).optional().describe('the only key accepted; unset: any bearer key'),
  unauthorizedAs: z
    .enum(['body', 'http'])
    .default('body')
    .describe('how a wrong key is refused: code 401 with HTTP 200, or HTTP 401'),
  credits: amount.default(1_000_000).describe('balance of the account; setting it while running tops it up'),
  creditsPerTask: amount
    .optional()
    .describe(
      'price of every task; unset: by the model’s definition, its inputs and the length of the video',
    ),
  priceFactor: amount
    .default(1)
    .describe('what tasks cost in comparison with the definition and the price list, like 1.25'),
  videoSeconds: amount
    .default(10)
    .describe('length of videos that cannot be read here, for prices by the second'),
  showCredits: z
    .enum(['at-once', 'at-end'])
    .default('at-once')
    .describe('when a record says what its task costs; until then it says 0'),
  priceList: z
    .enum(['served', 'slow', 'unreadable', 'absent'])
    .default('served')
    .describe('the public price list: as it should be, late by slowAnswerMs, an HTML page, or not there'),
  billFailures: flag.default(false).describe('failed tasks keep their price'),
  creditsRefusalCode: z
    .union([z.literal(402), z.literal(500), z.enum(['402', '500']).transform(Number)])
    .default(402)
    .describe('code of the refusal when the balance is too low: 402, or 500 with the same text'),
  condition: z
    .enum(['open', 'unauthorized', 'key-limit', 'maintenance', 'no-endpoint'])
    .default('open')
    .describe('state of the account: codes 401, 433, 455 and 404 instead of an answer'),
  models: textList().default(knownModels).describe('models that exist, separated by commas'),
  pausedModels: textList()
    .default([])
    .describe('models answered with `This interface is temporarily paused`'),
  disabledModels: textList().default([]).describe('models answered with code 505'),

  limit: limit.default({ max: 20, windowMs: 10_000 }).describe('new tasks per time, like 20/10s'),
  limiter: z
    .enum(['sliding-window', 'fixed-window', 'token-bucket'])
    .default('sliding-window')
    .describe('how the limit is counted'),
  otherClientShare: share.default(0).describe('share of the limit that a second client of the account uses'),
  refusal: z
    .enum(['body', 'http', 'http-text'])
    .default('body')
    .describe('how the limit refuses: code 429 with HTTP 200, HTTP 429 with JSON, HTTP 429 with plain text'),
  retryAfter: z
    .enum(['none', 'seconds', 'date'])
    .default('none')
    .describe('Retry-After on refusals: absent, in seconds, or as a date'),
  rateLimitHeaders: z
    .enum(['none', 'ratelimit', 'x-ratelimit'])
    .default('none')
    .describe('RateLimit headers on answers to creates: absent, the structured form, or the three X- ones'),
  queryLimit: written<RateLimit | 'none'>(
    (text) => (text === 'none' ? text : parseRateLimit(text)),
    '3/1s or none',
  )
    .default('none')
    .describe('queries per time of each task, like 3/1s, or none'),

  uploadLimit: written<RateLimit | 'none'>(
    (text) => (text === 'none' ? text : parseRateLimit(text)),
    '3/1s or none',
  )
    .default('none')
    .describe('uploads per time, like 3/1s, or none'),
  uploadLifetimeMs: durationMs.prefault('24h').describe('for how long an upload is kept'),

  taskTime: distribution.prefault('2s-5s').describe(`time from create to the end: ${distributionForms}`),
  requestDelay: distribution.prefault(0).describe('delay of each request on its way in, same forms'),
  answerDelay: distribution.prefault(0).describe('delay of each answer on its way back, same forms'),
  recordVisibleAfterMs: durationMs.prefault(0).describe('for how long a new task is `recordInfo is null`'),
  taskIds: z.enum(['hex', 'long']).default('hex').describe('ids of 32 hex digits, or task_MODEL_TIME'),
  costTimeUnit: z.enum(['ms', 's']).default('ms').describe('unit of costTime'),

  resultsPerTask: wholeNumber.min(1).max(100).default(1).describe('results of a task'),
  resultKinds: textList()
    .pipe(z.array(z.enum(mediaKindNames)).min(1).readonly())
    .default(['mp4'])
    .describe(
      `kinds of these results in turn, such as mp4,png; at least one of each: ${mediaKindNames.join(', ')}`,
    ),
  resultBytes: sizeBytes.prefault(0).describe('least size of a result, like 200MB; 0: about 40 kB'),
  resultLifetimeMs: durationMs.prefault('24h').describe('for how long a result URL works'),
  deadResultShare: share
    .default(0)
    .describe('share of links whose first result URLs answer 403 from the start'),
  resultUrls: z
    .enum(['same', 'fresh'])
    .default('same')
    .describe('what reading a record again gives: the same result URLs, or fresh ones'),
  mintedLinks: z
    .enum(['work', 'dead', 'refused'])
    .default('work')
    .describe('what download-url gives: links that work for 20 minutes, links that answer 403, or code 422'),
  validators: z
    .enum(['strong', 'weak', 'none'])
    .default('strong')
    .describe('ETag of results: strong, weak, or neither ETag nor Last-Modified'),
  ordinaryAgentOnly: flag
    .default(true)
    .describe('refuse downloads without the User-Agent of a browser (403 `error code: 1010`)'),
  redirectTo: z.string().optional().describe('where the fault result-redirect points; unset: the same file'),

  webhookKey: z.string().min(1).optional().describe('callbacks are signed with this key'),
  callbackDelay: distribution.prefault(0).describe('time from the end of a task to its callback, same forms'),
  callbackTries: wholeNumber.min(1).default(3).describe('tries of a callback that is not answered with 200'),
  callbackRetryMs: durationMs.prefault('5s').describe('time between these tries'),
  callbackTimeoutMs: durationMs.prefault('15s').describe('time a callback may take to be answered'),
  callbackIdAt: z
    .enum(['data.taskId', 'data.task_id', 'taskId'])
    .default('data.taskId')
    .describe('where callbacks carry the task id'),

  faults: faultRates.default({}).describe(`rates of faults, like create-500=0.1,result-cut=0.3`),
  linkFaults: linkFaults
    .default([])
    .describe('faults for links that contain a text, like s_68e8=create-500*2 (the first two times)'),
  slowAnswerMs: durationMs.prefault('5s').describe('delay of the slow faults'),
  recoverAfterMs: durationMs.prefault('60s').describe('time from failCode 524 to success of task-recovers'),
  emptyResultMs: durationMs.prefault('2s').describe('time without a usable resultJson'),
});

/** What callers give: everything is optional. */
export type SimulatorOptions = z.input<typeof simulatorOptionsSchema>;
export type SimulatorSettings = z.output<typeof simulatorOptionsSchema>;
