/** Settings as they may stand in an environment: the first byte chooses which one, the rest is its value. */

import { defaultBatchName } from '../../src/producer/batch-name.ts';
import { parseConfiguration } from '../../src/shared/configuration/configuration.ts';
import { configurationSchema } from '../../src/shared/configuration/schema.ts';
import { secretTextsOf } from '../../src/shared/configuration/secret-texts.ts';
import { checkBatchName } from '../../src/shared/ledger/batch.ts';
import { compilePathTemplate } from '../../src/shared/storage/path-template.ts';
import { mutated } from '../mutated.ts';
import type { Target } from '../target.ts';

const names = Object.keys(configurationSchema.shape);
const values = [
  '20/10s',
  'auto',
  '2GiB',
  'true',
  '10%',
  '100',
  'https://api.example.com/x/',
  'file:./videos',
  's3://bucket/p?region=r',
  '{batch}/{date}/{column:title}-{id}.mp4',
  'name:viewer:secret-of-16-characters',
  '127.0.0.1,10.0.0.0/8',
  '{kie-batch}',
  'redis://h:1/0',
];

export function settingTargets(): Target[] {
  const examples = names.flatMap((_, index) =>
    values.map((value) => Buffer.concat([Buffer.of(index), Buffer.from(value)])),
  );
  return [
    {
      name: 'settings',
      cases: mutated(examples, ['/', ',', '{', '}', ':', '%', 'GiB', '//', '@']),
      run: readSetting,
    },
  ];
}

function readSetting(bytes: Buffer): void {
  const name = names[(bytes[0] ?? 0) % names.length] ?? '';
  const text = bytes.toString('utf8', 1);
  secretTextsOf({ [name]: text });
  compilePathTemplate(text);
  checkBatchName(defaultBatchName([`${text}x`], new Date(0)));
  parseConfiguration({ [name]: text });
}
