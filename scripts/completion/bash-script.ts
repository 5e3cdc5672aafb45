/** The completion script for bash, 3.2 and later. Pure. */
import { type CommandNode, type Completion, everyCommand, type OptionNode } from './command-tree.ts';

export function bashScript(program: CommandNode): string {
  const nodes = everyCommand(program);
  const name = `_${program.name.replaceAll(/\W/g, '_')}`;
  return `# bash completion for ${program.name}: source <(${program.name} completion bash)
${name}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' files='' i
  local IFS=$'\\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${nodes
        .slice(1)
        .map(({ path }) => path)
        .join('|')}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${nodes.flatMap(valueCases).join('\n')}
    *)
      case "$at" in
${nodes.map(commandCase).join('\n')}
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
  const words = [
    ...commands.map(({ name }) => name),
    ...options.flatMap(({ flags }) => flags),
    ...wordsOf(argument),
  ];
  return `        ${quoted(path)}) ${assignments(words, argument)} ;;`;
}

function assignments(words: readonly string[], completion: Completion): string {
  const files = completion.with === 'files' ? " files='yes'" : '';
  const names =
    completion.with === 'batches'
      ? ` words+=$'\\n'"$(\${COMP_WORDS[0]} completion batches 2>/dev/null)"`
      : '';
  return `words=$'${words.map((word) => word.replaceAll(/['\\]/g, '\\$&')).join('\\n')}'${files}${names}`;
}

function wordsOf(completion: Completion): readonly string[] {
  return completion.with === 'words' ? completion.words : [];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
