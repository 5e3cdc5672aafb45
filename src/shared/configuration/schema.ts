/**
 * Every setting of kie-batch: its name in the environment, its default as one would write it, how it is
 * checked and what it means. docs/environment.md is generated from this table, so a new setting is one row.
 */
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { compilePathTemplate, DEFAULT_PATH_TEMPLATE } from '../storage/path-template.ts';
import { vendorBaseUrl, vendorUploadUrl } from '../vendor/facts.ts';
import { readMailUrl } from './mail-url.ts';
import { flag, rateLimit, rateLimitOrAuto, share, sizeBytes, wholeNumber } from './values.ts';

function httpUrl(example: string) {
  return z
    .string()
    .refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), {
      message: `must be a web address like ${example}`,
    })
    .transform((text) => text.replace(/(?<!\/)\/+$/, ''));
}

/** As in other programs, http is the default scheme. */
const proxyUrl = z
  .string()
  .transform((text) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`))
  .refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), {
    message: 'must be the address of an HTTP proxy, like http://proxy.example.com:3128',
  });

const redisUrl = z
  .string()
  .refine((text) => /^(rediss?|redis-sentinel|redis-cluster|unix):\/\/.+/.test(text), {
    message: 'must be like redis://host:6379, rediss://…, redis-sentinel://… or redis-cluster://…',
  });

const queuePrefix = z.string().refine((text) => /^[^{}:]*\{[^{}:]+\}[^{}:]*$/.test(text), {
  message: 'must contain a hash tag in braces, like {kie-batch}, and no colon',
});

/** Folders cannot be made there, and Node's recursive `mkdir` never gives up trying. */
const isPseudoFile = (path: string) => resolve(path).startsWith('/proc/');
const notInProc = 'is below /proc, where files cannot be stored: choose another folder';

const folder = z
  .string()
  .min(1)
  .refine((path) => !isPseudoFile(path), { message: notInProc });

const storageUrl = z
  .string()
  .refine((text) => /^(file:.+|s3:\/\/.+)/.test(text), {
    message: 'must be like file:./videos or s3://bucket/prefix?region=eu-central-1',
  })
  .refine((text) => !isPseudoFile(text.replace(/^file:(\/\/)?/, '')), { message: notInProc });

/** Checked here, compiled where it is used: a setting stays what one would write. */
const pathTemplate = z.string().superRefine((text, context) => {
  const compiled = compilePathTemplate(text);
  if ('problem' in compiled) context.addIssue({ code: 'custom', message: compiled.problem });
});

const apiTokens = z
  .string()
  .refine(
    (text) =>
      text.split(',').every((token) => /^[\w.-]{1,50}:(operator|viewer):\S{16,200}$/.test(token.trim())),
    {
      message:
        'must be like name:viewer:secret, several separated by commas, each secret 16 characters or more',
    },
  );

/** Checked here, read where it is used, as it holds a password. */
const mailUrl = z.string().superRefine((text, context) => {
  const read = readMailUrl(text);
  if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
});

const addressList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((list) => list.every(isAddressOrNetwork), {
    message: 'must be addresses or networks like 127.0.0.1,10.0.0.0/8, separated by commas',
  });

function isAddressOrNetwork(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}

const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

export const configurationSchema = z.object({
  KIE_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, { message: 'contains characters that are not valid in a key: copy it again' })
    .optional()
    .describe('bearer key of the vendor’s API; needed by `run` and `worker`'),
  KIE_BASE_URL: httpUrl(vendorBaseUrl).default(vendorBaseUrl).describe('the vendor’s API'),
  KIE_UPLOAD_URL: httpUrl(vendorUploadUrl)
    .default(vendorUploadUrl)
    .describe('the vendor’s upload API, for local videos'),
  REDIS_URL: redisUrl
    .optional()
    .describe(
      'your own Redis: `redis://`, `rediss://`, Sentinel and Cluster forms; unset: a local Redis that kie-batch starts and keeps in `DATA_DIR`',
    ),
  DATA_DIR: folder.default('./data').describe('the local Redis’s append-only file, logs, caches'),
  QUEUE_PREFIX: queuePrefix
    .default('{kie-batch}')
    .describe('prefix of every key in Redis, with a hash tag for Cluster; two prefixes share nothing'),
  STORAGE_URL: storageUrl
    .default('file:./videos')
    .describe(
      'where videos are stored: a folder, or `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=true`',
    ),
  PATH_TEMPLATE: pathTemplate
    .prefault(DEFAULT_PATH_TEMPLATE)
    .describe(
      'path of a video below `STORAGE_URL`; fields: `{batch}`, `{id}`, `{model}`, `{date}`, `{index}`, and `{column:NAME}` for a column of the list',
    ),
  SUBMIT_LIMIT: rateLimit
    .prefault('20/10s')
    .describe('the vendor’s published limit of new tasks for your account'),
  SUBMIT_LEARN: z
    .enum(['down', 'both'])
    .default('down')
    .describe(
      'what the gate may learn: `down`, at most `SUBMIT_LIMIT`, and less if the vendor refuses; `both`, it also tries more, at the cost of an occasional refusal',
    ),
  QUERY_LIMIT: rateLimitOrAuto
    .prefault('auto')
    .describe(
      'limit of queries; `auto`: starts at five times the rate of `SUBMIT_LIMIT`, at least `100/1s`, and learns in both directions; a rate like `100/1s` is never exceeded, and is lowered if the vendor refuses',
    ),
  MAX_IN_FLIGHT: wholeNumber(1, 100_000)
    .prefault('100')
    .describe('most tasks at the vendor at once, for all workers'),
  DOWNLOAD_CONCURRENCY: wholeNumber(1, 256).prefault('8').describe('most downloads at once, per process'),
  LIMIT_RATE: sizeBytes
    .optional()
    .describe('download limit of a process per second, such as `10MB`; unset: no limit'),
  CALLBACK_BASE_URL: httpUrl('https://videos.example.com')
    .optional()
    .describe('public URL of `serve`; if set, the vendor sends callbacks there'),
  KIE_WEBHOOK_KEY: z.string().min(1).optional().describe('if set, callbacks must be signed with it'),
  ON_AMBIGUOUS_SUBMIT: z
    .enum(['resubmit', 'hold'])
    .default('resubmit')
    .describe(
      'what to do with a link whose create call got no answer: `resubmit` (may pay twice; counted) or `hold` (wait for a person)',
    ),
  HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('address that `serve` listens on'),
  HTTP_PORT: wholeNumber(0, 65_535).prefault('3000').describe('port that `serve` listens on'),
  PUBLIC_URL: httpUrl('https://videos.example.com/kie')
    .optional()
    .describe('public address of `serve` behind a reverse proxy; may have a path'),
  TRUSTED_PROXIES: addressList
    .optional()
    .describe(
      'addresses or networks of reverse proxies whose `X-Forwarded-*` headers are trusted, separated by commas, like `127.0.0.1,10.0.0.0/8`; unset: none',
    ),
  DASHBOARD_USER: z.string().min(1).optional().describe('required if `HTTP_HOST` is not loopback'),
  DASHBOARD_PASSWORD: z.string().min(1).optional().describe('required if `HTTP_HOST` is not loopback'),
  DASHBOARD_VIEWER_USER: z.string().min(1).optional().describe('a second, read-only account'),
  DASHBOARD_VIEWER_PASSWORD: z.string().min(1).optional().describe('its password'),
  API_TOKENS: apiTokens
    .optional()
    .describe(
      'bearer tokens of programs, separated by commas: `name:operator:secret` or `name:viewer:secret`, the secret 16 characters or more',
    ),
  ALERT_WEBHOOK_URL: httpUrl('https://hooks.example.com/kie-batch')
    .optional()
    .describe('webhook that `serve` calls when a batch ends, a halt begins or ends, or too many links fail'),
  ALERT_WEBHOOK_FORMAT: z
    .enum(['json', 'slack', 'discord', 'ntfy'])
    .default('json')
    .describe(
      'format of alerts: `json`, fields for a program; `slack` or `discord`, a message for an incoming webhook; `ntfy`, text for a topic such as `https://ntfy.sh/TOPIC`',
    ),
  ALERT_WEBHOOK_KEY: z.string().min(1).optional().describe('if set, alerts are signed with it'),
  ALERT_MAIL_URL: mailUrl
    .optional()
    .describe(
      'the same alerts by mail: `smtps://user:password@host/?from=ADDRESS&to=ADDRESS,ADDRESS`, or `smtp://` for STARTTLS; user and password percent-encoded',
    ),
  ALERT_FAILED_SHARE: share
    .prefault('10%')
    .describe('an alert is sent when a larger share of a batch has failed'),
  TRACES_URL: httpUrl('http://127.0.0.1:4318/v1/traces')
    .optional()
    .describe(
      'where traces are sent, by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; unset: no traces',
    ),
  ALLOW_PRIVATE_ADDRESSES: flag
    .prefault('false')
    .describe('allow result and source URLs that resolve to private addresses (tests and simulators)'),
  HTTPS_PROXY: proxyUrl
    .optional()
    .describe('proxy for https addresses of the vendor’s API; also as `https_proxy`'),
  HTTP_PROXY: proxyUrl.optional().describe('proxy for http addresses; also as `http_proxy`'),
  NO_PROXY: z
    .string()
    .optional()
    .describe('hosts that bypass the proxy, separated by commas; also as `no_proxy`'),
  PROXY_DOWNLOADS: flag
    .prefault('false')
    .describe(
      'also use the proxy for downloads and list URLs; it resolves their names, and must refuse private addresses itself',
    ),
  MAX_LIST_BYTES: sizeBytes
    .prefault('1GiB')
    .describe('a larger list from a URL or a bucket is refused (`--source`)'),
  MAX_VIDEO_BYTES: sizeBytes.prefault('2GiB').describe('a larger result is refused'),
  MIN_FREE_BYTES: sizeBytes.prefault('200MiB').describe('free disk space that downloads leave untouched'),
  RETAIN_SAVED_DAYS: wholeNumber(1, 36_500)
    .optional()
    .describe(
      'records of saved links are removed from Redis after this many days; the links stay known as saved, and the videos are kept; unset: never',
    ),
  RETAIN_FAILED_DAYS: wholeNumber(1, 36_500)
    .optional()
    .describe('records of failed and cancelled links are removed after this many days; unset: never'),
  LOG_LEVEL: logLevel.default('info').describe('trace, debug, info, warn, error, fatal or silent'),
  LOG_FORMAT: z
    .enum(['auto', 'pretty', 'json'])
    .default('auto')
    .describe('`auto`: pretty on a terminal, JSON elsewhere'),
});

/** A setting's default as one would write it, null when there is none. */
export function defaultOf(field: z.ZodType): string | null {
  const { def } = field;
  if (!('defaultValue' in def)) return null;
  return String(def.defaultValue);
}

export type Configuration = z.output<typeof configurationSchema>;
export type SettingName = keyof Configuration & string;
