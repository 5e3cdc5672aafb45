/** Invalid settings. The message lists each with what is expected and is meant to be shown as it is. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
}
