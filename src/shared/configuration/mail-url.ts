/**
 * The setting `ALERT_MAIL_URL`: a mail server, who signs in there, who sends and who receives. Checked by the schema,
 * and read again where mail is sent. Pure.
 */
export interface MailRoute {
  readonly host: string;
  readonly port: number;
  /** `start`: TLS from the first byte; `upgrade`: by STARTTLS or not at all; `if-offered`: by STARTTLS where there is. */
  readonly tls: 'start' | 'upgrade' | 'if-offered';
  /** Null: the server accepts mail without authentication. */
  readonly account: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
}

const example = 'smtps://user:password@mail.example.com/?from=kie-batch@example.com&to=anna@example.com';
const address = /^[^\s@,<>"]+@[^\s@,<>"]+$/;

/** @returns what is wrong with it otherwise, without showing any of it: it may hold a password */
export function readMailUrl(text: string): MailRoute | { readonly problem: string } {
  const url = URL.parse(text);
  if (url === null || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '')
    return { problem: `must be like ${example}` };
  // In a mail address a plus is a plus, not a space.
  const query = new URLSearchParams(url.search.replaceAll('+', '%2B'));
  const unknown = [...query.keys()].filter((name) => name !== 'from' && name !== 'to');
  if (unknown.length > 0)
    return { problem: `accepts only from and to after its "?", not ${unknown.join(', ')}` };
  const from = query.get('from') ?? '';
  const to = query.getAll('to').flatMap((list) => list.split(',').map((each) => each.trim()));
  if (!address.test(from)) return { problem: `needs from=ADDRESS, a mail address, like ${example}` };
  if (to.length === 0 || !to.every((each) => address.test(each)))
    return { problem: `needs to=ADDRESS, several separated by commas, like ${example}` };
  const account = accountOf(url);
  if (account !== null && 'problem' in account) return account;
  const tls = url.protocol === 'smtps:' ? 'start' : tlsWith(account !== null, url.hostname);
  const port = url.port === '' ? (tls === 'start' ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls, account, from, to };
}

/** A password leaves this machine encrypted or not at all. */
function tlsWith(hasAccount: boolean, hostname: string): MailRoute['tls'] {
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return hasAccount && !isHere ? 'upgrade' : 'if-offered';
}

function accountOf({ username, password }: URL): MailRoute['account'] | { readonly problem: string } {
  if (username === '' && password === '') return null;
  if (username === '' || password === '') return { problem: 'needs a user name and a password, or neither' };
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return { problem: 'has a "%" in its user name or password that is not an escape: write it as %25' };
  }
}
