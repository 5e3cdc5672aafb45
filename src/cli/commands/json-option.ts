/** `--json`, which every command has; apart from the other options, as completion needs it alone. */
import { Option } from 'commander';

export function jsonOption(): Option {
  return new Option('--json', 'print JSON on standard output, everything else on standard error').default(
    false,
  );
}
