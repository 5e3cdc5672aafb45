/** What text from outside looks like before a person sees it. */
import { describe, expect, it } from 'vitest';
import { secretTextsOf } from '../../../src/shared/configuration/secret-texts.ts';
import { maskAddress, printable, withoutSecrets } from '../../../src/shared/logging/shown-text.ts';

const settings = {
  KIE_API_KEY: 'key-0123456789',
  REDIS_URL: 'redis://anna:p%40ss%2Fword@host:6379/2',
  ALERT_WEBHOOK_URL: 'https://user:hookpass@hooks.example.com/services/T0/B0/deep',
  ALERT_MAIL_URL: 'smtps://bot%40example.com:mail%2Fpass@mail.example.com/?from=a@b.example&to=c@d.example',
  API_TOKENS: 'ci:operator:0123456789abcdef,grafana:viewer:fedcba9876543210',
  AWS_SECRET_ACCESS_KEY: 'abc/def+ghi',
  STORAGE_URL: 's3://bucket/prefix',
  LOG_LEVEL: 'info',
};
const secrets = secretTextsOf(settings);

describe('no secret is shown', () => {
  it.each([
    ['the key', 'key-0123456789'],
    ['a password of Redis as written', 'p%40ss%2Fword'],
    ['a password of Redis as meant', 'p@ss/word'],
    ['the path of an alert address', '/services/T0/B0/deep'],
    ['the password of an alert address', 'hookpass'],
    ['the password of a mail server as written', 'mail%2Fpass'],
    ['the password of a mail server as meant', 'mail/pass'],
    ['a token', 'fedcba9876543210'],
    ['an S3 secret', 'abc/def+ghi'],
    ['an S3 secret in an address', encodeURIComponent('abc/def+ghi')],
  ])('%s', (_name, secret) => {
    expect(withoutSecrets(`before ${secret} after`, secrets)).toBe('before [secret] after');
  });

  it('leaves what is no secret', () => {
    const text = 'redis://host:6379 s3://bucket/prefix info ci operator hooks.example.com';
    expect(withoutSecrets(text, secrets)).toBe(text);
  });
});

it.each([
  ['https://a:b@host/list.csv?token=abc&region=eu', 'https://…@host/list.csv?token=…&region=eu'],
  ['s3://key:sec/ret@bucket/x', 's3://…@bucket/x'],
  ['s3://bucket/pre@fix', 's3://bucket/pre@fix'],
  ['https://token@host/', 'https://…@host/'],
  ['/lists/today.txt', '/lists/today.txt'],
  ['\r https://user:secret@example.com/x', 'https://…@example.com/x'],
  ['ht\ntps://user:secret@example.com/x', 'https://…@example.com/x'],
])('the address %s is listed as %s', (address, expected) => {
  expect(maskAddress(address)).toBe(expected);
});

it.each([
  ['a\u001b[31mred', 'a\\u001b[31mred'],
  ['turned\u202egnp.exe', 'turned\\u202egnp.exe'],
  ['two\r\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['ünïcödé 視頻', 'ünïcödé 視頻'],
])('%j is printed as %j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});
