/** What a release is checked for, and the changelog's heading. Pure; release.ts does it. */

export interface ReleaseFacts {
  readonly version: string;
  readonly current: string;
  readonly changelog: string;
  /** Output of `git status --porcelain`. */
  readonly status: string;
  readonly tags: readonly string[];
}

const unreleased = 'not released yet';

/** @returns why there can be no release, or null */
export function refuseRelease({ version, current, changelog, status, tags }: ReleaseFacts): string | null {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return 'say which version, like: npm run release -- 0.2.0';
  if (status !== '') return 'there are changes that are not committed';
  if (tags.includes(`v${version}`)) return `v${version} has been released`;
  if (isBelow(version, current)) return `${version} is below the current version ${current}`;
  if (!changelog.includes(headingOf(version))) return `CHANGELOG.md has no heading "${headingOf(version)}"`;
  return null;
}

export function datedChangelog(changelog: string, version: string, date: Date): string {
  return changelog.replace(headingOf(version), `## ${version}, ${date.toISOString().slice(0, 10)}`);
}

function headingOf(version: string): string {
  return `## ${version}, ${unreleased}`;
}

function isBelow(version: string, other: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const [left, right] = [numbers(version), numbers(other)];
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
