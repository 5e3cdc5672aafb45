/**
 * docs/models.md and the JSON Schema of model definitions, from the definitions and their schema. The part of
 * docs/models.md below the mark is written by hand and kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadModels } from '../src/shared/models/load-models.ts';
import { definitionShape, type ModelDefinition } from '../src/shared/models/model-definition.ts';
import { necessityText, offText, priceText, typeText, videoText } from '../src/shared/wording/model-text.ts';

const mark = '<!-- Written by hand from here on. -->';

export function modelSchemaDocument(): string {
  const schema = z.toJSONSchema(definitionShape, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ ...schema, title: 'A model definition of kie-batch' }, null, 2)}\n`;
}

export function modelsDocument(): string {
  const byHand = readFileSync(join(import.meta.dirname, '../docs/models.md'), 'utf8').split(mark)[1] ?? '';
  const models = loadModels({ extraFiles: [] }).list();
  return `# Models

A model is a JSON file: which links it accepts, its inputs, its price and how long it takes. \`kie-batch models\` lists the models and, with a key, shows whether the vendor has them switched on. The prices below are those of the definitions, with the day on which they were seen. \`kie-batch models\` prefers the vendor's public price list and shows its age (\`--refresh\` reads it now). The vendor's record of a task has its real cost.

| \`--model\` | accepts | requires | price |
| --- | --- | --- | --- |
${models.map(overviewRow).join('\n')}

Set an input for all links with \`--set NAME=VALUE\`, or for each link in a CSV column or JSON field with the input's name. The link's own value overrides \`--set\`, which overrides the default. A value that the model does not allow makes its line invalid, before anything is paid.

${models.map(section).join('\n\n')}

${mark}${byHand}`;
}

function overviewRow(model: ModelDefinition): string {
  const required = Object.entries(model.inputs).flatMap(([name, spec]) =>
    spec.required ? [`\`${name}\``] : [],
  );
  const off = model.state.kind === 'off' ? ' (off)' : '';
  return `| \`${model.id}\`${off} | ${videoText(model)} | ${required.join(', ') || '–'} | ${priceText(model, 0)} |`;
}

function section(model: ModelDefinition): string {
  const off = offText(model);
  const rows = Object.entries(model.inputs).map(
    ([name, spec]) => `| \`${name}\` | ${typeText(spec)} | ${necessityText(spec)} | ${spec.description} |`,
  );
  const table = ['| input | value | | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const field = `\`${model.input.linkField}\`${model.input.linkIsList ? ' (a list with the one link)' : ''}`;
  return [
    `## ${model.id}`,
    '',
    `${model.title}. Accepts ${videoText(model)}; sent as ${field}.${off === null ? '' : ` **${off}**`}`,
    '',
    rows.length === 0 ? 'It has no other inputs.' : table,
  ].join('\n');
}
