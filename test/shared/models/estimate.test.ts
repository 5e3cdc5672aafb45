import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EstimateRequest, estimateCredits } from '../../../src/shared/models/estimate.ts';

const request = (rest: Partial<EstimateRequest>): EstimateRequest => ({
  links: 1_000,
  creditsPerTask: 10,
  balance: null,
  ...rest,
});

test.each<[Partial<EstimateRequest>, string]>([
  [{ balance: 3_400 }, '3,400 credits: enough for 340 of 1,000 links'],
  [{ balance: 10_000 }, '10,000 credits: enough for all 1,000 links, which need 10,000'],
  [{ balance: 9_999.5 }, '9,999.5 credits: enough for 999 of 1,000 links'],
  [{ balance: 9 }, '9 credits: not enough for any of 1,000 links'],
  [{ balance: -3 }, '0 credits: not enough for any of 1,000 links'],
  [{ balance: 1, links: 1, creditsPerTask: 1 }, '1 credit: enough for the link, which needs 1'],
  [{ balance: 5_000, maxCredits: 200 }, '200 credits allowed: enough for 20 of 1,000 links'],
  [{ balance: 200, maxCredits: 5_000 }, '200 credits: enough for 20 of 1,000 links'],
  [{ maxCredits: 200 }, '200 credits allowed: enough for 20 of 1,000 links'],
  [{}, 'The balance is not known. 1,000 links need 10,000 credits'],
  [{ links: 1 }, 'The balance is not known. 1 link needs 10 credits'],
  [{ balance: 50, links: 0 }, '50 credits: no link needs any'],
  [{ balance: 0.3, links: 3, creditsPerTask: 0.1 }, '0.3 credits: enough for all 3 links, which need 0.3'],
  [{ balance: 0, creditsPerTask: 0 }, '0 credits: enough for all 1,000 links, which need 0'],
])('%j', (rest, text) => {
  expect(estimateCredits(request(rest)).text).toBe(text);
});

test('the links said to be affordable are: they and no more fit into the balance', () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.integer({ min: 1, max: 1_000 }),
      fc.nat(1e8),
      (links, creditsPerTask, balance) => {
        const { affordableLinks, enough, creditsNeeded } = estimateCredits({
          links,
          creditsPerTask,
          balance,
        });
        const affordable = affordableLinks ?? Number.NaN;
        expect(affordable * creditsPerTask).toBeLessThanOrEqual(balance);
        expect(enough).toBe((creditsNeeded ?? Number.NaN) <= balance);
        if (!enough) expect((affordable + 1) * creditsPerTask).toBeGreaterThan(balance);
      },
    ),
  );
});
