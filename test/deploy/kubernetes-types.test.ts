/**
 * The manifests by the published types of Kubernetes: an unknown field, or a value of another type, is an error of the
 * compiler. KEDA's ScaledObject and kustomize's own files have no such types.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const manifests = globSync('deploy/kubernetes/**/*.yaml', { cwd: root }).flatMap((path) =>
  parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((document) => document.toJS()),
);
const ofKubernetes = manifests.filter(({ apiVersion }) =>
  /^(v1|apps\/v1|[a-z]+\.k8s\.io\/v1)$/.test(apiVersion),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kie-batch-kubernetes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has every field of the manifests in the types of Kubernetes', async () => {
  expect(ofKubernetes.length).toBeGreaterThan(8);
  expect(await compile(ofKubernetes)).toBe('');
});

it('would see a field that is misspelt', async () => {
  const [misspelt] = structuredClone(ofKubernetes.filter(({ kind }) => kind === 'Deployment'));
  misspelt.spec.template.spec.terminationGracePeriod = 75;
  expect(await compile([misspelt])).toMatch(/terminationGracePeriod.* does not exist in type 'PodSpec'/);
});

/** @returns what the compiler says */
async function compile(resources: readonly { apiVersion: string; kind: string }[]): Promise<string> {
  const lines = resources.map(({ apiVersion, kind }, n) => {
    const group = apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', '');
    const types = JSON.stringify(join(root, `node_modules/kubernetes-types/${group}.d.ts`));
    return `export const each${n}: import(${types}).${kind} = ${JSON.stringify(resources[n])};`;
  });
  await writeFile(join(folder, 'manifests.ts'), lines.join('\n'));
  const words = ['--noEmit', '--strict', '--ignoreConfig', join(folder, 'manifests.ts')];
  return spawnSync(join(root, 'node_modules/.bin/tsc'), words, { encoding: 'utf8' }).stdout;
}
