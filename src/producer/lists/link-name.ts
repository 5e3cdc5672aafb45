/**
 * The names of a link's column in tables and of its field in JSON objects. One rule for both, so that a list converted
 * from one format to the other reads the same. Pure.
 */
export const LINK_NAMES: readonly string[] = ['url', 'link', 'video_url'];

/** One spelling for `Video URL`, `video-url` and `VIDEO_URL`. */
export function nameKey(name: string): string {
  return name
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

/** The place of a name in order of preference; undefined for other names. Smaller is better. */
export function linkNameRank(name: string, column: string | undefined): number | undefined {
  const key = nameKey(name);
  const rank = column === undefined ? LINK_NAMES.indexOf(key) : [nameKey(column)].indexOf(key);
  return rank === -1 ? undefined : rank;
}
