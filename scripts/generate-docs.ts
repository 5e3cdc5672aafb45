/**
 * Writes the documents that follow from the code (`npm run docs`), or says which of them no longer do
 * (`npm run docs:check`, exit code 1).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProgram } from '../src/cli/program.ts';
import { apiCallsDocument } from './api-calls-document.ts';
import { commandsDocument, silentTerminal } from './commands-document.ts';
import { bashScript } from './completion/bash-script.ts';
import { type CommandNode, readCommandTree } from './completion/command-tree.ts';
import { fishScript } from './completion/fish-script.ts';
import { zshScript } from './completion/zsh-script.ts';
import { environmentDocument } from './environment-document.ts';
import { modelSchemaDocument, modelsDocument } from './models-document.ts';

const root = join(import.meta.dirname, '..');
const completion = async (write: (program: CommandNode) => string) =>
  `${write(readCommandTree(await buildProgram(silentTerminal)))}\n`;
const documents: Readonly<Record<string, () => string | Promise<string>>> = {
  'completions/kie-batch.bash': () => completion(bashScript),
  'completions/kie-batch.zsh': () => completion(zshScript),
  'completions/kie-batch.fish': () => completion(fishScript),
  'examples/api-calls.ts': apiCallsDocument,
  'docs/commands.md': commandsDocument,
  'docs/environment.md': environmentDocument,
  'docs/models.md': modelsDocument,
  'schema/model-definition.schema.json': modelSchemaDocument,
};

const isCheck = process.argv.includes('--check');
for (const [path, write] of Object.entries(documents)) {
  const file = join(root, path);
  const wanted = await write();
  if (!isCheck) {
    await writeFile(file, wanted);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
    console.error(`${path} does not follow from the code any more: run npm run docs`);
    process.exitCode = 1;
  }
}
