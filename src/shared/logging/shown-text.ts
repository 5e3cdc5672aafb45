/**
 * Cleans text from outside before it is shown or logged: without secrets, without user names, passwords and parameters
 * of addresses, and without characters that move the cursor or change the reading direction. Pure.
 */

/** Replaces each secret of at least four characters by `[secret]`, also where JSON has escaped it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let cleaned = text;
  for (const secret of secrets.filter((each) => each.length >= 4)) {
    cleaned = cleaned
      .replaceAll(secret, '[secret]')
      .replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]');
  }
  return cleaned;
}

/** Parameters of addresses that hold no secret. */
const openParameters = ['region', 'endpoint', 'forcePathStyle'];

/** What a reader of addresses skips: before the scheme, and line breaks anywhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
const ignoredInAddress = /^[\u0000-\u0020]+|[\t\n\r]/g;

/** An address as it may be listed: where it leads, without what gives access. */
export function maskAddress(address: string): string {
  return address
    .replaceAll(ignoredInAddress, '')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*|[^/?#:]+:[^?#\s]*)@/i, '$1…@')
    .replace(/([?&])([^=?&#]+)=([^&#]+)/g, (whole, sign: string, name: string) =>
      openParameters.includes(name) ? whole : `${sign}${name}=…`,
    );
}

/** Control characters but line breaks and tabs, and marks that turn the reading direction. */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text as a terminal may show it: nothing in it moves the cursor or sets a colour. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) =>
    character === '\r' ? '' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
