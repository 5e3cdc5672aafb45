import { expect, it } from 'vitest';
import { describeUnusableList } from '../../../src/producer/lists/unusable-list.ts';

it.each([
  [['s_68e83bd7eee88191be79d2ba7158516f', 's_aaaa'], /ids of share links/],
  [['/home/anna/a.mp4', 'C:\\Videos\\b.mov', 'c.mp4'], /names of files/],
  [['anna@example.com', 'ben@example.com'], /e-mail/],
  [['https://example.com/', 'see https://t.co/a'], /does not accept/],
  [['hello', 'world'], /text without links/],
])('a list of %j is told by its kind', (texts, message) => {
  expect(describeUnusableList('a.txt', texts)).toMatch(message);
});
