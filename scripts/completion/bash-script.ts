/** The completion script for bash, 3.2 and later. Pure. */
import type { CommandNode, Completion } from './command-tree.ts';
import { casesOf } from './shell-cases.ts';

export function bashScript(program: CommandNode): string {
  const cases = casesOf(program, assignments, entriesOf);
  const name = `_${program.name.replaceAll(/\W/g, '_')}`;
  return `# bash completion for ${program.name}: source <(${program.name} completion bash)
${name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' files='' i
  local IFS=$'\\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${cases.walk}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${cases.values}
    *)
      case "$at" in
${cases.commands}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -F ${name} ${program.name}`;
}

function entriesOf({ commands, options }: CommandNode): string[] {
  return [...commands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)];
}

function assignments(words: readonly string[], completion: Completion): string {
  const files = completion.with === 'files' ? " files='yes'" : '';
  const names =
    completion.with === 'batches'
      ? ` words+=$'\\n'"$(\${COMP_WORDS[0]} completion batches 2>/dev/null)"`
      : '';
  return `words=$'${words.map((word) => word.replaceAll(/['\\]/g, '\\$&')).join('\\n')}'${files}${names}`;
}
