/**
 * What the environment says of the terminal a process has: whether a person may sit at it, and whether it can draw over
 * what it has shown. Apart from the settings, as it is no setting of ours. Pure but for the default.
 */
type Environment = Readonly<Record<string, string | undefined>>;

/** Build machines set CI; some give their jobs a terminal although nobody sits at it. */
export function isBuildMachine(environment: Environment = process.env): boolean {
  return !/^(|0|false)$/i.test(environment['CI']?.trim() ?? '');
}

export function canDrawOver(environment: Environment = process.env): boolean {
  return environment['TERM'] !== 'dumb';
}
