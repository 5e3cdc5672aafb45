/**
 * `npm run release -- 0.2.0`: makes a release of what is committed. Version, date in the changelog, commit, tag and
 * tarball; it publishes nothing and pushes nothing. What is left to do is printed. Refuses before it changes
 * anything, and takes its changes back when a later step fails.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { datedChangelog, refuseRelease } from './release-steps.ts';

const git = (...words: string[]) => execFileSync('git', words, { encoding: 'utf8' }).trim();
const npm = (...words: string[]) => execFileSync('npm', words, { encoding: 'utf8' }).trim();

const version = process.argv[2] ?? '';
const tag = `v${version}`;
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const refusal = refuseRelease({
  version,
  current: readVersion(),
  changelog,
  status: git('status', '--porcelain'),
  tags: git('tag', '--list').split('\n'),
});
if (refusal !== null) {
  console.error(`error: ${refusal}`);
  process.exit(2);
}

const start = git('rev-parse', 'HEAD');
try {
  writeFileSync('CHANGELOG.md', datedChangelog(changelog, version, new Date()));
  npm('version', version, '--no-git-tag-version', '--allow-same-version');
  git('commit', '--quiet', '--all', '--message', `Release ${version}`);
  git('tag', '--annotate', tag, '--message', `kie-batch ${version}`);
  const tarball = npm('pack', '--silent').split('\n').at(-1);
  console.log(`Released ${version}: commit ${git('rev-parse', '--short', 'HEAD')}, tag ${tag}, ${tarball}.
Nothing is published yet. Next:
  git push origin HEAD ${tag}
  npm publish ${tarball} --provenance --access public    (provenance needs a CI job with an OIDC token)`);
} catch (error) {
  if (git('tag', '--list', tag) !== '') git('tag', '--delete', tag);
  git('reset', '--hard', '--quiet', start);
  throw error;
}

function readVersion(): string {
  const { version: current }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
  return current;
}
