/**
 * Reports once which columns of a table, or fields of JSON objects, set inputs of the model and which are unused: a
 * mistyped name would otherwise be a silent default. Checks the first rows with names.
 */
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { inputNamed } from '../shared/models/resolve-inputs.ts';
import type { KeptColumns } from './kept-row.ts';
import { linkNameRank, nameKey } from './lists/link-name.ts';
import { type ListEntry, printable } from './lists/list-entry.ts';

const shownNames = 30;

export interface ColumnNotice {
  look(entries: readonly ListEntry[]): void;
}

export function createColumnNotice(
  model: ModelDefinition,
  kept: KeptColumns,
  say: ((text: string) => void) | undefined,
): ColumnNotice {
  let isSaid = say === undefined;
  return {
    look(entries) {
      if (isSaid) return;
      const names = namesIn(entries);
      if (names.size === 0) return;
      isSaid = true;
      say?.(describeColumns(model, kept, [...names]));
    },
  };
}

/** All names but that of the link itself. */
function namesIn(entries: readonly ListEntry[]): Set<string> {
  const names = new Set<string>();
  for (const entry of entries) {
    if (entry.kind !== 'link' || entry.fields === undefined) continue;
    for (const [name, value] of Object.entries(entry.fields)) {
      const isOfLink = linkNameRank(name, undefined) !== undefined || value.includes(entry.link);
      if (name !== '' && !names.has(name) && !isOfLink) names.add(name);
    }
  }
  return names;
}

function describeColumns(model: ModelDefinition, kept: KeptColumns, names: readonly string[]): string {
  const isKept = (name: string) => kept === 'all' || kept.some((each) => nameKey(each) === nameKey(name));
  const used = names.filter((name) => inputNamed(model.inputs, name) !== null);
  const others = names.filter((name) => inputNamed(model.inputs, name) === null);
  const carried = others.filter(isKept);
  const unused = others.filter((name) => !isKept(name));
  return [
    ...(used.length === 0 ? [] : [`Inputs from columns: ${shown(used)}.`]),
    ...(carried.length === 0 ? [] : [`Columns kept: ${shown(carried)}.`]),
    ...(unused.length === 0 ? [] : [`Columns not used: ${shown(unused)}.`]),
  ].join(' ');
}

function shown(names: readonly string[]): string {
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
  return `${names.slice(0, shownNames).map(printable).join(', ')}${more}`;
}
