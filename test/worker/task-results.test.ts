import { expect, test } from 'vitest';
import { resultsToFetch } from '../../src/worker/task-results.ts';

function optional(...urls: string[]): [number, boolean][] {
  return resultsToFetch(urls).map(({ index, isOptional }) => [index, isOptional]);
}

const [video, thumbnail, unnamed] = ['https://a/v.mp4?x=1', 'https://a/t.PNG?y=.mp4', 'https://a/abc'];

test('a thumbnail is optional and comes after the video, and keeps its number', () => {
  expect(optional(thumbnail, video)).toEqual([
    [1, false],
    [0, true],
  ]);
});

test('pictures alone are what was paid for', () => {
  expect(optional(thumbnail, 'https://a/u.jpeg')).toEqual([
    [0, false],
    [1, false],
  ]);
});

test('an address that says nothing may be what was paid for', () => {
  expect(optional(unnamed, 'https://a/s.mp3', video)).toEqual([
    [0, false],
    [2, false],
    [1, true],
  ]);
});

test('several results keep their order, and what cannot be read as an address counts', () => {
  expect(optional(video, unnamed, 'no address', thumbnail, 'https://a/u.JPEG')).toEqual([
    [0, false],
    [1, false],
    [2, false],
    [3, true],
    [4, true],
  ]);
});
