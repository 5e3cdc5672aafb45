import { expect, it, vi } from 'vitest';
import { createBudgetedBatches } from '../../src/worker/budgeted-batches.ts';

it('reads the budget of a batch once in two seconds, and again after a failure', async () => {
  let now = 0;
  const budgetOf = vi.fn(async (batch: string) => (batch === 'rich' ? 100 : null));
  const hasBudget = createBudgetedBatches({ budgetOf }, { now: () => now });
  expect([await hasBudget('rich'), await hasBudget('rich'), await hasBudget('poor')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(budgetOf).toHaveBeenCalledTimes(2);
  now += 2000;
  budgetOf.mockRejectedValueOnce(new Error('Redis is away'));
  await expect(hasBudget('rich')).rejects.toThrow('Redis is away');
  expect(await hasBudget('rich')).toBe(true);
  expect(budgetOf).toHaveBeenCalledTimes(4);
});
