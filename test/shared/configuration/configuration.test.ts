import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../../src/shared/configuration/configuration.ts';
import { parseRateLimit, parseSizeBytes } from '../../../src/shared/configuration/values.ts';

describe('the configuration', () => {
  it('has the defaults of the contract', () => {
    expect(parseConfiguration({}).configuration).toMatchObject({
      KIE_BASE_URL: 'https://api.kie.ai',
      DATA_DIR: './data',
      QUEUE_PREFIX: '{kie-batch}',
      STORAGE_URL: 'file:./videos',
      SUBMIT_LIMIT: { max: 20, windowMs: 10_000 },
      QUERY_LIMIT: 'auto',
      MAX_IN_FLIGHT: 100,
      DOWNLOAD_CONCURRENCY: 8,
      ON_AMBIGUOUS_SUBMIT: 'resubmit',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: 3000,
      ALLOW_PRIVATE_ADDRESSES: false,
      MAX_VIDEO_BYTES: 2 ** 31,
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'auto',
    });
  });

  it('reports every wrong setting in one message', () => {
    const wrong = {
      SUBMIT_LIMIT: 'fast',
      QUERY_LIMIT: 'often',
      MAX_IN_FLIGHT: '-1',
      REDIS_URL: 'localhost',
      ALLOW_PRIVATE_ADDRESSES: 'perhaps',
      LOG_FORMAT: 'xml',
      MAX_VIDEO_BYTES: '2 parsecs',
      QUEUE_PREFIX: 'no-hash-tag',
      DASHBOARD_USER: 'anna',
    };
    const names = Object.keys(wrong).filter((name) => name !== 'DASHBOARD_USER');
    const message = messageOf(wrong);
    for (const name of names) expect(message).toContain(name);
  });

  it('reports settings that do not fit together', () => {
    expect(messageOf({ DASHBOARD_USER: 'anna' })).toContain('DASHBOARD_PASSWORD');
  });

  it.each([
    { DATA_DIR: '/proc/x' },
    { STORAGE_URL: 'file:/proc/x' },
    { STORAGE_URL: 'file:///proc/../proc/x' },
  ])('refuses %o, where making a folder would never end', (setting) => {
    expect(messageOf(setting)).toMatch(/below \/proc/);
  });

  it('never repeats a secret', () => {
    expect(messageOf({ REDIS_URL: 'http://user:s3cr3t@host', LOG_FORMAT: 'xml' })).not.toContain('s3cr3t');
  });

  it('warns of names it does not know, as they are most likely mistyped', () => {
    const { warnings } = parseConfiguration({ KIE_BATCH_LIMIT: '5', KIE_APIKEY: 'k', HOME: '/root' });
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toContain('KIE_BATCH_LIMIT');
  });

  it('takes an empty value for an unset one', () => {
    expect(parseConfiguration({ REDIS_URL: '', SUBMIT_LIMIT: ' ' }).configuration.SUBMIT_LIMIT.max).toBe(20);
  });

  it.each([
    ['20/10s', { max: 20, windowMs: 10_000 }],
    ['5/m', { max: 5, windowMs: 60_000 }],
    ['50/500ms', { max: 50, windowMs: 500 }],
    ['0/10s', null],
    ['20/0s', null],
    ['20 per 10', null],
    ['', null],
  ])('reads the limit %s', (text, limit) => {
    expect(parseRateLimit(text)).toEqual(limit);
  });

  it.each([
    ['2GiB', 2 ** 31],
    ['500MB', 5e8],
    ['1.5 KiB', 1536],
    ['17', 17],
    ['0', null],
    ['1XB', null],
  ])('reads the size %s', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
  });
});

function messageOf(environment: Record<string, string>): string {
  try {
    parseConfiguration(environment);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return expect.fail('the configuration was accepted');
}
