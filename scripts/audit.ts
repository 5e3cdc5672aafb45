/**
 * What can be known of the dependencies without a network: licences, exact versions, install scripts and native
 * code. Run by `npm run audit` after `npm ci`; ends with 1 and one line for each finding. What is allowed stands
 * here, so that a new licence or a new binary is a decision and not an accident.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '..');

const allowedLicences = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
];
/** Packages whose licence is read from their files, as their package.json does not name one of the list. */
const readByAPerson: Readonly<Record<string, string>> = { 'humanize-number': 'MIT' };
/** Development tools that are not redistributed may be under a weak copyleft. */
const allowedForDevelopment = ['MPL-2.0', 'CC-BY-4.0', 'CC-BY-3.0', 'LGPL-3.0-or-later', 'FSL-1.1-MIT'];
/** Native code that a production install may hold: an optional, faster decoder of BullMQ's. */
const allowedNative = ['@msgpackr-extract/'];

const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
      license: z.string().optional(),
    }),
  ),
});
type LockedPackage = z.infer<typeof lockSchema>['packages'][string];

/** This one, and what `npm run mutate` installs on first use. */
const projects = ['.', 'mutation'];
const manifests = projects.map((folder) => manifestSchema.parse(readJson(join(folder, 'package.json'))));
const packages = projects.flatMap((project) => {
  const locked = lockSchema.parse(readJson(join(project, 'package-lock.json'))).packages;
  return Object.entries(locked)
    .filter(([folder]) => folder !== '')
    .map(([folder, each]): [string, LockedPackage] => [join(project, folder), each]);
});
const runtime = packages.filter(([, { dev, devOptional }]) => !dev && !devOptional);
const findings = [
  ...manifests.flatMap(inexact),
  ...packages.flatMap(licenceFindings),
  ...packages.flatMap(scriptFindings),
  ...runtime.flatMap(nativeFindings),
];
for (const finding of findings) console.error(finding);
console.log(
  `${packages.length} packages looked at, ${runtime.length} of them at run time; ${findings.length} findings`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function inexact({ dependencies, devDependencies }: z.infer<typeof manifestSchema>): string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name}: ${version} is not one exact version`);
}

function licenceFindings([folder, locked]: [string, LockedPackage]): string[] {
  const name = nameOf(folder);
  const licence = licenceOf(folder, locked) ?? readByAPerson[name] ?? 'no licence named';
  const allowed =
    locked.dev || locked.devOptional ? [...allowedLicences, ...allowedForDevelopment] : allowedLicences;
  const isAllowed = licence
    .replaceAll(/[()]/g, '')
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((each) => allowed.includes(each)));
  return isAllowed ? [] : [`${name}: licence "${licence}" is not on the list of scripts/audit.ts`];
}

/** As its lockfile says where it is not installed here. */
function licenceOf(folder: string, locked: LockedPackage): string | undefined {
  if (!existsSync(join(root, folder, 'package.json'))) return locked.license;
  const { license, licenses } = z
    .object({ license: z.unknown(), licenses: z.unknown() })
    .partial()
    .parse(readJson(join(folder, 'package.json')));
  if (typeof license === 'string') return license;
  const named = z.object({ type: z.string() });
  const old = named.safeParse(license);
  if (old.success) return old.data.type;
  const list = z.array(named).safeParse(licenses);
  return list.success ? list.data.map(({ type }) => type).join(' OR ') : undefined;
}

function scriptFindings([folder, { hasInstallScript }]: [string, LockedPackage]): string[] {
  const name = nameOf(folder);
  const isDecided = manifests.some(({ allowScripts }) => Object.hasOwn(allowScripts, name));
  if (!hasInstallScript || isDecided) return [];
  return [`${name}: has an install script; decide on it in "allowScripts" of package.json`];
}

function nativeFindings([folder]: [string, LockedPackage]): string[] {
  const name = nameOf(folder);
  const isAllowed = allowedNative.some((allowed) => name.startsWith(allowed));
  const programs = globSync('{*,*/*,*/*/*}.node', { cwd: join(root, folder) });
  return isAllowed || programs.length === 0 ? [] : [`${name}: brings native code`];
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
