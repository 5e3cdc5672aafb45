/**
 * The process's ends towards a person: machine output on standard output alone, all else on standard error.
 */
import { canDrawOver, isBuildMachine } from '../shared/configuration/attended.ts';

export interface Terminal {
  /** One JSON value, on standard output. */
  json(value: unknown): void;
  /** Text that was asked for, on standard output. */
  print(text: string): void;
  /** Text about what is going on, on standard error. */
  say(text: string): void;
  /** Where `say` goes while a progress view owns the screen; null gives it back. */
  divert(to: ((text: string) => void) | null): void;
  /** Whether a person watches standard error, on a terminal that can draw over what it has shown. */
  readonly isWatched: boolean;
}

export function openTerminal({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): Terminal {
  let diverted: ((text: string) => void) | null = null;
  const write = (text: string) => {
    stderr.write(`${text}\n`);
  };
  return {
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    print: (text) => stdout.write(`${text}\n`),
    say: (text) => (diverted ?? write)(text),
    divert(to) {
      diverted = to;
    },
    isWatched: stderr.isTTY === true && canDrawOver() && !isBuildMachine(),
  };
}
