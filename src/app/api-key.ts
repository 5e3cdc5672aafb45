/** The key that everything needs which calls the vendor. */
import type { Configuration } from '../shared/configuration/configuration.ts';
import { keyPageUrl } from '../shared/vendor/facts.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError that says where to get a key and where to put it */
export function requireApiKey({ KIE_API_KEY }: Configuration): string {
  if (KIE_API_KEY !== undefined) return KIE_API_KEY;
  throw new UsageError(
    `KIE_API_KEY is not set. Create a key at ${keyPageUrl} and set it in the environment or in the file .env here: KIE_API_KEY=…`,
  );
}
