import { expect, test } from 'vitest';
import { parseRetryAfterMs } from '../../../src/worker/transfer/retry-after.ts';

const now = Date.UTC(2026, 8, 1, 12, 0, 0);

test.each([
  [{}, undefined],
  [{ 'retry-after': '' }, undefined],
  [{ 'retry-after': '0' }, undefined],
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': ' 7 ' }, 7000],
  [{ 'retry-after': '-7' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '99999999' }, 3_600_000],
  [{ 'retry-after': 'Tue, 01 Sep 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Tue, 01 Sep 2026 11:00:00 GMT' }, undefined],
  [{ 'retry-after': 'Tue, 01 Sep 2026 15:00:30 GMT', date: 'Tue, 01 Sep 2026 15:00:00 GMT' }, 30_000],
])('%j is %s ms', (headers, waitMs) => {
  expect(parseRetryAfterMs(headers as Record<string, string>, now)).toBe(waitMs);
});
