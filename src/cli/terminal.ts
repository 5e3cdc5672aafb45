/**
 * The process's ends towards a person: machine output on standard output alone, all else on standard error.
 * The one door for text that a person sees: no secret passes it, and nothing that moves the cursor.
 */
import { canDrawOver, isBuildMachine } from '../shared/configuration/attended.ts';
import { secretTexts } from '../shared/configuration/secret-texts.ts';
import type { Verbosity } from '../shared/logging/logger.ts';
import { printable, withoutSecrets } from '../shared/logging/shown-text.ts';
import { asCalledHere } from './vocabulary.ts';

export interface Terminal {
  json(value: unknown): void;
  print(text: string): void;
  /** Text about what is going on, on standard error; nothing where --quiet was given. */
  say(text: string): void;
  /** Text that a person has to know, on standard error, also with --quiet. */
  warn(text: string): void;
  readonly verbosity: Verbosity;
  /** Where `say` and `warn` go while a progress view owns the screen; null gives it back. */
  divert(to: ((text: string) => void) | null): void;
  /** Whether a person watches standard error, on a terminal that can draw over what it has shown. */
  readonly isWatched: boolean;
}

export function openTerminal(
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>,
  verbosity: Verbosity = 'usual',
): Terminal {
  let diverted: ((text: string) => void) | null = null;
  // All text from outside, and every error message, passes here.
  const shown = (text: string) => asCalledHere(withoutSecrets(printable(text), secretTexts()));
  const write = (text: string) => {
    stderr.write(`${text}\n`);
  };
  const show = (text: string) => (diverted ?? write)(shown(text));
  return {
    json: (value) => stdout.write(`${withoutSecrets(JSON.stringify(value), secretTexts())}\n`),
    print: (text) => stdout.write(`${shown(text)}\n`),
    say: (text) => {
      if (verbosity !== 'quiet') show(text);
    },
    warn: show,
    verbosity,
    divert(to) {
      diverted = to;
    },
    isWatched: stderr.isTTY === true && canDrawOver() && !isBuildMachine(),
  };
}
