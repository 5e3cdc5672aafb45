/** Every target, with what they need running. */
import type { OpenTargets } from './target.ts';
import { addressTargets } from './targets/addresses.ts';
import { listTargets } from './targets/lists.ts';
import { mediaTargets } from './targets/media.ts';
import { openServerTargets } from './targets/server.ts';
import { settingTargets } from './targets/settings.ts';
import { vendorTargets } from './targets/vendor.ts';

export async function openAllTargets(): Promise<OpenTargets> {
  const server = await openServerTargets();
  const targets = [
    ...(await vendorTargets()),
    ...listTargets(),
    ...(await mediaTargets()),
    ...addressTargets(),
    ...settingTargets(),
    ...server.targets,
  ];
  return { targets, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
