/**
 * Converts an entry of a list to its item: its link and its inputs, checked against the model's definition before
 * anything is paid; or null, and the line is reported. Called for every line that is enqueued or only checked.
 */
import type { LedgerLink } from '../shared/ledger/take-links.ts';
import { isLocalAddress } from '../shared/local-video/local-address.ts';
import { contentId, type IdentifiedLink, identifyLink } from '../shared/models/identify-link.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import {
  type GivenInputs,
  InputError,
  inputNamed,
  missingInputs,
  resolveInputs,
} from '../shared/models/resolve-inputs.ts';
import type { InvalidLine } from './enqueue-lists.ts';
import { type Fields, type ListEntry, printable } from './lists/list-entry.ts';
import type { LocalVideo } from './local-videos.ts';

export interface ItemFinder {
  /**
   * For the entries of one list. What is no item is reported too.
   * @param local what the file is that the entry names, where it names one
   */
  open(file: string): (entry: ListEntry, local?: LocalVideo) => LedgerLink | Refused;
  /** @throws InputError when there were links, and none of them had an input that each of them needs */
  end(): void;
}

interface Refused {
  readonly text: string;
  readonly reason: string;
  /** Required inputs that it lacks. */
  readonly missing: readonly string[];
}

interface Rules {
  readonly model: ModelDefinition;
  readonly shared: Inputs;
  readonly inputsOf: (fields: Fields | undefined) => GivenInputs;
  readonly isCutOff: (id: string) => boolean;
}

/** Lines without an input are kept back until one has it: a column that is not there is one mistake, not thousands. */
const mostKeptBack = 1000;

export function createItemFinder(
  model: ModelDefinition,
  shared: Inputs,
  onInvalid: (line: InvalidLine) => void,
): ItemFinder {
  const inputsOf = createFieldReader(model);
  let lacking: readonly string[] = missingInputs(model, shared);
  let links = 0;
  let keptBack: InvalidLine[] = [];

  const release = () => {
    for (const line of keptBack) onInvalid(line);
    keptBack = [];
  };
  const report = (line: InvalidLine, missing: readonly string[]) => {
    if (missing.length > 0 && lacking.length > 0 && keptBack.length < mostKeptBack) {
      keptBack.push(line);
      return;
    }
    release();
    onInvalid(line);
  };
  const note = (entry: ListEntry, isLink: boolean) => {
    if (isLink) links += 1;
    if (lacking.length === 0 || entry.kind !== 'link') return;
    const given = inputsOf(entry.fields);
    lacking = lacking.filter((name) => !(name in given));
  };

  return {
    open(file) {
      const rules = { model, shared, inputsOf, isCutOff: cutOffIds(model) };
      return (entry, local) => {
        const found = judge(entry, rules, local);
        const isRefused = 'reason' in found;
        note(entry, !isRefused || found.missing.length > 0);
        if (isRefused)
          report({ file, line: entry.line, text: found.text, reason: found.reason }, found.missing);
        return found;
      };
    },
    end() {
      if (links > 0 && lacking.length > 0) throw nowhereGiven(model, lacking);
      release();
    },
  };
}

function judge(entry: ListEntry, rules: Rules, local: LocalVideo | undefined): LedgerLink | Refused {
  const { model, shared, inputsOf, isCutOff } = rules;
  if (entry.kind === 'problem') return { text: entry.text, reason: entry.reason, missing: [] };
  const refused = (reason: string, missing: readonly string[] = []) => ({
    text: printable(entry.link),
    reason,
    missing,
  });
  const identify = (inputs?: Inputs) =>
    isLocalAddress(entry.link)
      ? identifyFile(model, entry.link, local, inputs)
      : identifyLink(model, entry.link, inputs);
  const link = identify();
  if (!link.ok) return refused(link.reason);
  if (isCutOff(link.id)) return refused(cutOff);
  const resolved = resolveInputs(model, inputsOf(entry.fields), shared);
  if (!resolved.ok) return refused(resolved.reason, resolved.missing);
  const { inputs } = resolved;
  if (Object.keys(inputs).length === 0) return { id: link.id, url: link.url };
  const named = identify(inputs);
  return named.ok ? { id: named.id, url: named.url, inputs } : refused(named.reason);
}

function identifyFile(
  model: ModelDefinition,
  url: string,
  local: LocalVideo | undefined,
  inputs: Inputs | undefined,
): IdentifiedLink {
  if (model.link.hosts !== 'any')
    return { ok: false, reason: `${model.id} accepts links to its own pages, not files` };
  if (local === undefined)
    return { ok: false, reason: 'local files are only accepted by the commands run and enqueue' };
  if (local.kind === 'refused') return { ok: false, reason: local.reason };
  return { ok: true, id: contentId(model, local.sha256, inputs), url };
}

const cutOff =
  'the id is shorter than all others of this list; check that the link is complete, or put it in a separate list';
const knownIds = 3;

/** Whether an id is shorter than all before it in its list, which have one length: a line that was cut off. */
function cutOffIds({ link }: ModelDefinition): (id: string) => boolean {
  let known = 0;
  let length: number | undefined;
  return (id) => {
    if (link.share === undefined) return false;
    if (known >= knownIds && length !== undefined && id.length < length) return true;
    length = known === 0 || id.length === length ? id.length : undefined;
    known += 1;
    return false;
  };
}

/** The values of a row that are inputs, by the names of the inputs; a name of exactly that spelling wins. */
function createFieldReader(model: ModelDefinition): (fields: Fields | undefined) => GivenInputs {
  const known = new Map<string, string | null>();
  const inputOf = (name: string) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const input = inputNamed(model.inputs, name);
    known.set(name, input);
    return input;
  };
  return (fields = {}) => {
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(fields)) {
      const input = inputOf(name);
      if (input !== null && value.trim() !== '' && (!(input in given) || name === input))
        given[input] = value;
    }
    return given;
  };
}

function nowhereGiven(model: ModelDefinition, names: readonly string[]): InputError {
  const [first = ''] = names;
  const what = names.length === 1 ? `the input ${first}` : `the inputs ${names.join(', ')}`;
  return new InputError(
    `No line has ${what}, which ${model.id} requires; nothing was enqueued. Set it for all links with --set ${first}=VALUE, or for each link in a column (or JSON field) named ${first}. See  kie-batch models ${model.id}`,
  );
}
