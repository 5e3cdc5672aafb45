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
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
      license: z.unknown().optional(),
    }),
  ),
});
type LockedPackage = z.infer<typeof lockSchema>['packages'][string];

const manifest = manifestSchema.parse(readJson('package.json'));
const { packages } = lockSchema.parse(readJson('package-lock.json'));
const installed = Object.entries(packages).filter(
  ([folder]) => folder !== '' && existsSync(join(root, folder, 'package.json')),
);
const findings = [...inexact(), ...installed.flatMap(licenceFindings), ...installed.flatMap(scriptFindings)];
findings.push(...nativeFindings());
for (const finding of findings) console.error(finding);
const runtime = installed.filter(([, { dev, devOptional }]) => !dev && !devOptional).length;
console.log(
  `${installed.length} packages looked at, ${runtime} of them at run time; ${findings.length} findings`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function inexact(): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(([name, version]) => `${name}: ${version} is not one exact version`);
}

function licenceFindings([folder, locked]: [string, LockedPackage]): string[] {
  const name = nameOf(folder);
  const licence = licenceOf(folder) ?? readByAPerson[name] ?? 'no licence named';
  const allowed =
    locked.dev || locked.devOptional ? [...allowedLicences, ...allowedForDevelopment] : allowedLicences;
  const isAllowed = licence
    .replaceAll(/[()]/g, '')
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((each) => allowed.includes(each)));
  return isAllowed ? [] : [`${name}: licence "${licence}" is not on the list of scripts/audit.ts`];
}

function licenceOf(folder: string): string | undefined {
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
  if (!hasInstallScript || Object.hasOwn(manifest.allowScripts, name)) return [];
  return [`${name}: has an install script; decide on it in "allowScripts" of package.json`];
}

function nativeFindings(): string[] {
  return installed
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .filter(([folder]) => !allowedNative.some((allowed) => nameOf(folder).startsWith(allowed)))
    .filter(([folder]) => globSync('{*,*/*,*/*/*}.node', { cwd: join(root, folder) }).length > 0)
    .map(([folder]) => `${nameOf(folder)}: brings native code`);
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
