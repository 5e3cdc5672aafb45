/**
 * What the environment says about the terminal of a process: whether a person may use it, and whether it can overwrite
 * its output. Separate from the settings, because it is not one of ours. Pure except for the default.
 */
type Environment = Readonly<Record<string, string | undefined>>;

/** Build machines set CI; some give their jobs a terminal without a person. */
export function isBuildMachine(environment: Environment = process.env): boolean {
  return !/^(|0|false)$/i.test(environment['CI']?.trim() ?? '');
}

export function canDrawOver(environment: Environment = process.env): boolean {
  return environment['TERM'] !== 'dumb';
}
