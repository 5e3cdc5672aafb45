/**
 * All secret texts of the settings: keys, passwords and tokens, including those in addresses, in every spelling of an
 * address or a form.
 */
/** Settings whose values are never printed. */
export const secretSettings = [
  'KIE_API_KEY',
  'KIE_WEBHOOK_KEY',
  'DASHBOARD_PASSWORD',
  'DASHBOARD_VIEWER_PASSWORD',
  'API_TOKENS',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_KEY',
  'ALERT_MAIL_URL',
  'REDIS_URL',
] as const;

/** Read by the S3 client, not by us. */
const foreignSecrets = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
/** Addresses that are secret as a whole: who knows them can use them. */
const secretAddresses = ['ALERT_WEBHOOK_URL'];
/** Shorter texts would also match ordinary words. */
const leastLength = 4;

/** @param settings by name, as written */
export function secretTextsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const texts = Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'string' ? textsOf(name, value) : [],
  );
  const spellings = texts.flatMap((text) => [text, encodeURIComponent(text), decoded(text)]);
  // The longest first, so that no part of one remains.
  return [...new Set(spellings)]
    .filter((text) => text.length >= leastLength)
    .sort((a, b) => b.length - a.length);
}

/** Those of this process's environment. */
export function secretTexts(): string[] {
  return secretTextsOf(process.env);
}

function textsOf(name: string, value: string): string[] {
  const isSecret = (secretSettings as readonly string[]).includes(name) || foreignSecrets.includes(name);
  if (name === 'API_TOKENS') return value.split(',').map((token) => token.split(':').slice(2).join(':'));
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return isSecret ? [value] : [];
  const [, user = '', password = ''] = /^[a-z0-9+.-]+:\/\/([^/?#@:]*)(?::([^@]*))?@/i.exec(value) ?? [];
  const url = URL.parse(value);
  const path = secretAddresses.includes(name) && url !== null ? `${url.pathname}${url.search}` : '';
  // A user name alone, as some services have it, is a token.
  return [password === '' ? user : password, path.length > 1 ? path : ''];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
