/** The completion script for zsh: to be sourced, or put into a folder of \`fpath\`. Pure. */
import type { CommandNode, Completion } from './command-tree.ts';
import { casesOf, quoted } from './shell-cases.ts';

export function zshScript(program: CommandNode): string {
  const cases = casesOf(program, assignments, entriesOf);
  const name = `_${program.name}`;
  return `#compdef ${program.name}
# zsh completion for ${program.name}: source <(${program.name} completion zsh)
${name}() {
  local at='' files='' i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
      ${cases.walk}) at="$at/\${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${cases.values}
    *)
      case "$at" in
${cases.commands}
      esac ;;
  esac
  (( \${#found} )) && _describe '${program.name}' found
  [[ -n $files && $PREFIX != -* ]] && _files
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program.name}; fi`;
}

function entriesOf({ commands, options }: CommandNode): string[] {
  return [
    ...commands.map(({ name, description }) => entry(name, description)),
    ...options.flatMap(({ flags, description }) => flags.map((flag) => entry(flag, description))),
  ];
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
