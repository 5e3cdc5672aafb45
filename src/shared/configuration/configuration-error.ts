import { RequestError } from '../explained-error.ts';

/** Invalid settings. The message lists each with what is expected and is meant to be shown as it is. */
export class ConfigurationError extends RequestError {
  readonly code = 'CONFIGURATION';
}
