/**
 * Addresses that somebody else chose. Besides never failing in another way than in words, a URL that is allowed never
 * names an address that Node's own list of private networks holds.
 */
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { parseSourceAddress, writeSourceAddress } from '../../src/producer/sources/source-address.ts';
import { placeOf } from '../../src/shared/local-video/local-address.ts';
import { maskAddress, printable } from '../../src/shared/logging/shown-text.ts';
import { identifyLink } from '../../src/shared/models/identify-link.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';
import { refusalOfAddress } from '../../src/shared/outgoing/address-rules.ts';
import { bareHost, judgeUrl } from '../../src/shared/outgoing/url-rules.ts';
import { parseRedisUrl } from '../../src/shared/redis/redis-address.ts';
import { parseS3Location } from '../../src/shared/storage/s3-location.ts';
import { mutated } from '../mutated.ts';
import type { Target } from '../target.ts';

const models = loadModels({ extraFiles: [] }).list();
const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['0.0.0.0', 8],
  ['224.0.0.0', 3],
] as const)
  privateNetworks.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::1', 128],
  ['::', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateNetworks.addSubnet(network, bits, 'ipv6');

const examples = [
  'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f?x=1#y',
  'https://user:secret@example.com:8443/a/b.mp4?token=abc&region=x',
  'http://169.254.169.254/latest/meta-data',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]:443/',
  'https://0x7f.1/',
  'https://2130706433/',
  's3://bucket/prefix/a%20b?region=eu-central-1&endpoint=http://127.0.0.1:9000&forcePathStyle=true',
  'file:///videos/a%20b.mp4',
  'folder:/inbox',
  './inbox/*.csv',
  'redis://user:pass@host:6379/0',
  'redis-sentinel://:p%40ss@a:26379,b:26379/master/1?sentinelPassword=x',
  'redis-cluster://a:7000,b:7001',
  'unix:///run/redis.sock?db=2',
];

const octets = fc.ipV4Extended().map((host) => Buffer.from(`https://${host}/`));
const inBrackets = fc.ipV6().map((host) => Buffer.from(`https://[${host}]/`));

export function addressTargets(): Target[] {
  const texts = mutated(examples, [
    '@',
    ':',
    '//',
    '%2f',
    '[',
    ']',
    '::',
    '127.0.0.1',
    '0x',
    '.',
    '?',
    '#',
    '&',
    '/',
  ]);
  return [
    {
      name: 'addresses',
      cases: fc.oneof({ weight: 4, arbitrary: texts }, octets, inBrackets),
      run: readAddress,
    },
  ];
}

function readAddress(bytes: Buffer): void {
  const text = bytes.toString();
  judge(text);
  refusalOfAddress(text, { allowPrivateAddresses: true });
  placeOf(text);
  printable(text);
  if (URL.parse(maskAddress(text))?.password) throw new Error('a password is shown');
  for (const model of models.slice(0, 8)) identifyLink(model, text);
  for (const read of [parseRedisUrl, parseS3Location, parseSource]) inWords(() => read(text));
}

/** An address that is written again reads the same, but for blanks at its end. */
function parseSource(text: string): void {
  const address = parseSourceAddress(text, '/work');
  const written = writeSourceAddress(address);
  const again = writeSourceAddress(parseSourceAddress(written, '/work'));
  if (again.trim() !== written.trim()) throw new Error(`written again it is ${again}, not ${written}`);
}

function judge(text: string): void {
  const verdict = judgeUrl(text, { allowPrivateAddresses: false });
  if ('refusal' in verdict) return;
  const host = bareHost(verdict.url.hostname);
  const family = isIP(host);
  if (family !== 0 && privateNetworks.check(host, family === 4 ? 'ipv4' : 'ipv6'))
    throw new Error(`${host} is allowed`);
}

/** One refusal must not keep the other readers from being tried. */
function inWords(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
    if (error.constructor === TypeError || error.constructor === URIError) throw error;
  }
}
