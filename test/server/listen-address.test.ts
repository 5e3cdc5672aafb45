/** Where the server may listen. */
import { expect, it } from 'vitest';
import { refuseListening, warnOfListening } from '../../src/server/listen-address.ts';
import { isLoopback } from '../../src/shared/outgoing/address-rules.ts';

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
  [{ host: '127.0.0.1', hasPages: true, password: undefined }, true],
  [{ host: '127.0.0.1', hasPages: true, password: 'x' }, true],
  [{ host: '0.0.0.0', hasPages: true, password: 'correct horse' }, true],
  [{ host: '0.0.0.0', hasPages: true, password: 'horse' }, false],
  [{ host: '0.0.0.0', hasPages: false, password: undefined }, true],
  [{ host: '0.0.0.0', hasPages: true, password: undefined }, false],
])('%o may listen: %s', (request, expected) => {
  expect(refuseListening(request) === null).toBe(expected);
});

it.each([
  ['127.0.0.1', undefined, false],
  ['0.0.0.0', undefined, true],
  ['0.0.0.0', 'http://videos.example.com', true],
  ['0.0.0.0', 'https://videos.example.com', false],
])('plain HTTP on %s, seen at %s, is warned about: %s', (host, publicUrl, expected) => {
  expect(warnOfListening(host, publicUrl) !== null).toBe(expected);
});
