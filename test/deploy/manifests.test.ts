/**
 * The files of deploy/ by their structure: pods meet the restricted pod security standard, names refer to things that
 * exist, and every setting is one of the program's. Nothing is run.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { configurationSchema } from '../../src/shared/configuration/schema.ts';

const deploy = resolve(import.meta.dirname, '../../deploy');
const folder = join(deploy, 'kubernetes');
const labels = z.record(z.string(), z.string());
const probe = z.object({ exec: z.object({ command: z.array(z.string()) }).optional() }).loose();

const container = z.object({
  name: z.string(),
  args: z.array(z.string()),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  startupProbe: probe,
  readinessProbe: probe,
  resources: z.object({ requests: z.object({ cpu: z.string(), memory: z.string() }) }).loose(),
  volumeMounts: z.array(z.object({ name: z.string() }).loose()),
});
const workload = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number().optional(),
        securityContext: z
          .object({
            runAsNonRoot: z.literal(true),
            seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
          })
          .loose(),
        containers: z.tuple([container]),
        volumes: z.array(z.object({ name: z.string() }).loose()).default([]),
      }),
    }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).default([]),
  }),
});
const resource = z.object({ apiVersion: z.string(), kind: z.string() }).loose();

function resourcesIn(path: string) {
  const text = readFileSync(join(folder, path), 'utf8');
  return parseAllDocuments(text).map((document) => resource.parse(document.toJS()));
}

const files = globSync('**/*.yaml', { cwd: folder });
const resources = files.flatMap(resourcesIn);
const workloads = resources
  .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  .map((each) => workload.parse(each));

describe.each(workloads)('$metadata.name', ({ metadata, spec }) => {
  const pod = spec.template.spec;

  it('selects its own pods', () => {
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('mounts only volumes that it has', () => {
    const volumes = [...pod.volumes, ...spec.volumeClaimTemplates.map((each) => each.metadata)];
    const mounted = pod.containers[0].volumeMounts.map(({ name }) => name);
    expect(volumes.map(({ name }) => name)).toEqual(expect.arrayContaining(mounted));
  });

  it('has time to end', () => {
    if (metadata.name !== 'serve') expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(60);
  });
});

it('services and policies select pods that exist', () => {
  const selectors = resources.flatMap(({ kind, spec }) => {
    if (kind === 'Service') return [z.object({ selector: labels }).parse(spec).selector];
    if (kind !== 'NetworkPolicy') return [];
    return [z.object({ podSelector: z.object({ matchLabels: labels }) }).parse(spec).podSelector.matchLabels];
  });
  expect(selectors).toHaveLength(5);
  const pods = workloads.map(({ spec }) => spec.template.metadata.labels);
  for (const selector of selectors) expect(pods).toContainEqual(expect.objectContaining(selector));
});

it('every manifest is part of a kustomization', () => {
  const listed = files
    .filter((path) => path.endsWith('kustomization.yaml'))
    .flatMap((path) => {
      const { resources: names } = z
        .object({ resources: z.array(z.string()) })
        .parse(parse(readFileSync(join(folder, path), 'utf8')));
      return names.map((name) => join(dirname(path), name));
    });
  const manifests = files.filter((path) => !path.endsWith('kustomization.yaml'));
  expect(listed).toEqual(expect.arrayContaining(manifests));
});

it('names settings that exist', () => {
  const settings = resources.find(({ kind }) => kind === 'ConfigMap')?.['data'];
  const known = Object.keys(configurationSchema.shape);
  expect(known).toEqual(expect.arrayContaining(Object.keys(labels.parse(settings))));
  const example = readFileSync(resolve(deploy, '../.env.example'), 'utf8');
  const named = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name);
  const own = named.filter((name) => !name.startsWith('AWS_') && name !== 'METRICS_TOKEN');
  expect(known).toEqual(expect.arrayContaining(own));
});

it('units run a command that exists, without rights, and wait for open calls', () => {
  for (const path of globSync('*.service', { cwd: join(deploy, 'systemd') })) {
    const unit = readFileSync(join(deploy, 'systemd', path), 'utf8');
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/env kie-batch (worker|serve)$/m);
    expect(unit).toMatch(/^NoNewPrivileges=yes$/m);
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
    if (unit.includes('kie-batch worker')) expect(unit).toMatch(/^TimeoutStopSec=75$/m);
  }
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

it.skipIf(!hasSystemd)('systemd finds no fault in the units', () => {
  const units = globSync('*.service', { cwd: join(deploy, 'systemd') }).map((path) =>
    join(deploy, 'systemd', path),
  );
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' });
  // What it says of the units of this machine does not count.
  const ofOurs = stderr.split('\n').filter((line) => line.includes('kie-batch'));
  expect([status, ofOurs]).toEqual([0, []]);
});
