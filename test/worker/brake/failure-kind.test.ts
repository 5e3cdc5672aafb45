/** What makes two failures the same kind. */
import { describe, expect, it } from 'vitest';
import { failureKind } from '../../../src/worker/brake/failure-kind.ts';

describe('the kind of a failure', () => {
  it.each([
    ['500: internal error, please try again later.', '500: Internal Error, please try again later'],
    ['Task 9f86d081884c7d65 failed after 12 s', 'Task 60303ae22b998861 failed after 7 s'],
    ['cannot read https://a.example/1.mp4', 'cannot read https://b.example/2.mp4?x=1'],
  ])('is the same for %j and %j', (one, other) => {
    expect(failureKind(one)).toBe(failureKind(other));
  });

  it('tells different reasons apart', () => {
    expect(failureKind('internal error')).not.toBe(failureKind('the content is refused'));
  });

  it.each([
    ['Code 12345, please retry!', 'code # please retry'],
    ['HTTP 500: see http://a.example/x?y=1 now', 'http # see now'],
    ['request-7f3a9c of video_12 failed', 'of failed'],
    ['ab1 too short for an id', 'ab# too short for an id'],
    [' Überlastet … ', 'überlastet'],
    ['12345678', 'no reason given'],
    ['', 'no reason given'],
    ['a'.repeat(100), 'a'.repeat(80)],
  ])('of %j is %j', (text, kind) => {
    expect(failureKind(text)).toBe(kind);
  });
});
