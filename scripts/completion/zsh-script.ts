/** The completion script for zsh: to be sourced, or put into a folder of \`fpath\`. Pure. */
import { type CommandNode, type Completion, everyCommand, type OptionNode } from './command-tree.ts';

export function zshScript(program: CommandNode): string {
  const nodes = everyCommand(program);
  const name = `_${program.name}`;
  return `#compdef ${program.name}
# zsh completion for ${program.name}: source <(${program.name} completion zsh)
${name}() {
  local at='' files='' i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
      ${nodes
        .slice(1)
        .map(({ path }) => path)
        .join('|')}) at="$at/\${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${nodes.flatMap(valueCases).join('\n')}
    *)
      case "$at" in
${nodes.map(commandCase).join('\n')}
      esac ;;
  esac
  (( \${#found} )) && _describe '${program.name}' found
  [[ -n $files && $PREFIX != -* ]] && _files
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program.name}; fi`;
}

function valueCases({ path, options }: CommandNode): string[] {
  return options.flatMap((option) =>
    option.value === null
      ? []
      : [`    ${patternOf(path, option)}) ${assignments(wordsOf(option.value), option.value)} ;;`],
  );
}

function patternOf(path: string, { flags }: OptionNode): string {
  return flags.map((flag) => quoted(`${path} ${flag}`)).join('|');
}

function commandCase({ path, commands, options, argument }: CommandNode): string {
  const entries = [
    ...commands.map(({ name, description }) => entry(name, description)),
    ...options.flatMap(({ flags, description }) => flags.map((flag) => entry(flag, description))),
    ...wordsOf(argument),
  ];
  return `        ${quoted(path)}) ${assignments(entries, argument)} ;;`;
}

function entry(word: string, description: string): string {
  return `${word.replaceAll(':', '\\:')}:${description}`;
}

function assignments(entries: readonly string[], completion: Completion): string {
  const files = completion.with === 'files' ? " files='yes'" : '';
  const names =
    completion.with === 'batches' ? ` found+=(\${(f)"$(\${words[1]} completion batches 2>/dev/null)"})` : '';
  return `found=(${entries.map(quoted).join(' ')})${files}${names}`;
}

function wordsOf(completion: Completion): readonly string[] {
  return completion.with === 'words' ? completion.words : [];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
