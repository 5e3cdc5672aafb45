/** Where the server may listen. */
import { expect, it } from 'vitest';
import { isLoopback, refuseListening } from '../../src/server/listen-address.ts';

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.4', false],
  ['videos.example.com', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

it.each([
  [{ host: '127.0.0.1', hasPages: true, hasCredentials: false }, true],
  [{ host: '0.0.0.0', hasPages: true, hasCredentials: true }, true],
  [{ host: '0.0.0.0', hasPages: false, hasCredentials: false }, true],
  [{ host: '0.0.0.0', hasPages: true, hasCredentials: false }, false],
])('%o may listen: %s', (request, expected) => {
  expect(refuseListening(request) === null).toBe(expected);
});
