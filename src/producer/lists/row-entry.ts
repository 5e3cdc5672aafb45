/**
 * Converts one row to an entry: of a table, of a spreadsheet, or the fields of a JSON object. A column with the name of
 * a link is the only one that counts. Without one the whole row is searched, and the link must be unambiguous; values
 * of the model's inputs are not searched, because a prompt may contain a link. Inputs are in their own fields, or
 * together in a field `inputs`, as in an export. Pure.
 */
import { LINK_NAMES, linkNameRank, nameKey } from './link-name.ts';
import type { LinkFinder } from './links-in-text.ts';
import { type Fields, type ListEntry, linkAt, printable, problemAt } from './list-entry.ts';

export interface RowRules {
  readonly find: LinkFinder;
  /** The column that holds the link, where the user has named it. */
  readonly column: string | undefined;
  /** Names of the model's inputs besides the link. */
  readonly inputs: readonly string[];
}

export interface Row {
  readonly line: number;
  readonly text: string;
  readonly cells: readonly string[];
  /** Where to search for links, if there is more than the visible cell. */
  readonly targets?: readonly string[] | undefined;
}

/** `names` are those of the cells, undefined where nothing names them. */
export function rowEntry(
  { line, text, cells, targets = cells }: Row,
  names: readonly string[] | undefined,
  rules: RowRules,
): ListEntry {
  const index = names === undefined ? -1 : linkIndex(names, cells, rules.column);
  if (index === -1 && rules.column !== undefined && names !== undefined)
    return problemAt(line, text, `has no field called ${printable(rules.column)}`);
  const fields = names === undefined ? undefined : withInputs(fieldsOf(names, cells), rules.inputs);
  const damaged = Object.keys(fields ?? {}).find(
    (name) => fields?.[name]?.includes('\ufffd') && holdsInputs(name, rules.inputs),
  );
  if (damaged !== undefined)
    return problemAt(line, text, `${printable(damaged)} could not be decoded; save the list as UTF-8`);
  const searched =
    index === -1
      ? targets.filter((_, at) => !holdsInputs(names?.[at] ?? '', rules.inputs)).join('\n')
      : (targets[index] ?? '');
  const found = rules.find(searched);
  if (found.kind === 'link') return linkAt(line, found.link, fields);
  return problemAt(line, cells[index]?.trim() || text, reasonFor(found, names?.[index]));
}

function reasonFor({ kind, reason }: { kind: string; reason: string }, name: string | undefined): string {
  if (name !== undefined) return kind === 'none' ? `no link in the column ${printable(name)}` : reason;
  return kind === 'several' ? `${reason}, or name the column with --column` : reason;
}

/** The best name for a link that has a value in this row, else the best name of all; -1 without any. */
function linkIndex(names: readonly string[], cells: readonly string[], column: string | undefined): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const [index, name] of names.entries()) {
    const rank = linkNameRank(name, column);
    if (rank === undefined) continue;
    const ranked = isBlank(cells[index] ?? '') ? rank + LINK_NAMES.length : rank;
    if (ranked < bestRank) [best, bestRank] = [index, ranked];
  }
  return best;
}

/** What an export calls the inputs of a link. */
const TOGETHER = 'inputs';

/** Whether a field of this name holds the value of an input, or several of them. */
export function holdsInputs(name: string, inputs: readonly string[]): boolean {
  return isInput(name, inputs) || (name.trim().toLowerCase() === TOGETHER && inputs.length > 0);
}

export function isInput(name: string, inputs: readonly string[]): boolean {
  const key = nameKey(name);
  return inputs.some((input) => nameKey(input) === key);
}

function fieldsOf(names: readonly string[], cells: readonly string[]): Fields {
  return Object.fromEntries(names.map((name, index) => [name.trim(), cells[index] ?? '']));
}

/** With the collected values as separate fields; an existing field of that name wins. */
function withInputs(fields: Fields, inputs: readonly string[]): Fields {
  const name = Object.keys(fields).find((each) => each.toLowerCase() === TOGETHER);
  if (name === undefined || isInput(name, inputs) || inputs.length === 0) return fields;
  const together = objectIn(fields[name] ?? '');
  if (together === null) return fields;
  const { [name]: _, ...others } = fields;
  const texts = Object.entries(together).map(([input, value]) => [
    input,
    typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''),
  ]);
  return { ...Object.fromEntries(texts), ...others };
}

function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

export function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === '';
}
