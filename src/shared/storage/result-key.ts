/**
 * The place of an item's results below the storage's root. Pure; the worker uses it to store a result, and verification
 * to find it. Invariant: it depends on nothing that changes after the item was submitted, so a repeated download finds
 * its file.
 */
import type { Item } from '../ledger/item.ts';
import { compilePathTemplate } from './path-template.ts';

/** @param index counts the results of a task from 0 */
export type ResultKeyOf = (item: Item, index: number) => string;

/** @param pathTemplate as the configuration has checked it */
export function resultKeys(pathTemplate: string): ResultKeyOf {
  const template = compilePathTemplate(pathTemplate);
  if ('problem' in template) throw new Error(`PATH_TEMPLATE ${template.problem}`);
  // The day of submission, not of today.
  return (item, index) =>
    template.path({
      ...item,
      index: index + 1,
      at: item.submittedAt ?? item.enqueuedAt,
      columns: item.row?.columns ?? {},
    });
}
