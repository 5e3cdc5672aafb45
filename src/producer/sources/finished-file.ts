/**
 * When a file that others write may be read: not while it carries the name of something unfinished, and not
 * before it has lain still for a while. Pure. The time of the last change of the file's inode is what counts,
 * because programs that copy set the time of its content back.
 */

/** The state of a file; times in Unix milliseconds. */
export interface FileLook {
  readonly inode: number;
  readonly sizeBytes: number;
  readonly contentChangedAt: number;
  readonly inodeChangedAt: number;
}

/** Names under which browsers, editors and transfer programs write what is not done yet. */
const UNFINISHED_NAME =
  /^\.|^~|~$|\.(part|partial|tmp|temp|crdownload|download|filepart|opdownload|aria2|swp|lock|writing)$/i;

export function hasUnfinishedName(name: string): boolean {
  return UNFINISHED_NAME.test(name);
}

/**
 * How long to wait until the file counts as finished; 0 if it does.
 * @param earlier the same file a settling time ago, if known
 */
export function unsettledMs(look: FileLook, earlier: FileLook | null, now: number, settleMs: number): number {
  if (earlier !== null && markOf(look) === markOf(earlier) && look.inodeChangedAt === earlier.inodeChangedAt)
    return 0;
  const stillMs = now - look.inodeChangedAt;
  // A change in the future is from another machine's clock: wait the full time and check again.
  return stillMs < 0 ? settleMs : Math.max(0, settleMs - stillMs);
}

/** What a file is remembered by: another file of that name, or other content, has another mark. */
export function markOf({ inode, sizeBytes, contentChangedAt }: FileLook): string {
  return `${inode}-${sizeBytes}-${contentChangedAt}`;
}

/** Whether a mark was made of the same file, whatever it held. */
export function isOfInode(mark: string, inode: number): boolean {
  return mark.startsWith(`${inode}-`);
}
