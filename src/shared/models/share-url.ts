/**
 * The link that follows from an item id alone. The ledger does not store such links: half of what a
 * waiting link would cost in Redis.
 */
import type { ModelDefinition } from './model-definition.ts';

/** The plain share link of `id`, or null if the id does not contain it. */
export function shareUrlOf(model: ModelDefinition, id: string): string | null {
  const { share, hosts } = model.link;
  const host = hosts === 'any' ? undefined : hosts[0];
  if (share === undefined || host === undefined || !share.idPattern.test(id)) return null;
  return `https://${host}${share.path}${id}`;
}
