/**
 * Accounts and their roles. Names and secrets are from the configuration; only digests are kept, and every comparison
 * takes the same time whatever is given. Pure except for the digest.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type Role = 'operator' | 'viewer';

export interface Account {
  readonly name: string;
  readonly role: Role;
  readonly secret: string;
}

export interface Identity {
  readonly name: string;
  readonly role: Role;
}

export interface Accounts {
  /** False without sign-in: a server without credentials that only this machine reaches. */
  readonly isClosed: boolean;
  /** By name and password, for people. */
  identify(name: string, password: string): Identity | null;
  /** The account as it is now, for a session that began earlier; null if it no longer exists. */
  byName(name: string): { readonly identity: Identity; readonly version: string } | null;
  /** By bearer token, for programs. */
  identifyToken(token: string): Identity | null;
}

export function createAccounts(people: readonly Account[], programs: readonly Account[]): Accounts {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const withDigest = (accounts: readonly Account[]) =>
    accounts.map(({ name, role, secret }) => ({
      identity: { name, role },
      nameDigest: digest(name),
      digest: digest(secret),
    }));
  const [known, tokens] = [withDigest(people), withDigest(programs)];
  return {
    isClosed: people.length > 0 || programs.length > 0,
    identify(name, password) {
      const [givenName, given] = [digest(name), digest(password)];
      let found: Identity | null = null;
      for (const each of known) {
        // Both are always compared, so that the time does not show which was wrong.
        const [isName, isPassword] = [
          timingSafeEqual(each.nameDigest, givenName),
          timingSafeEqual(each.digest, given),
        ];
        if (isName && isPassword) found = each.identity;
      }
      return found;
    },
    byName(name) {
      const found = known.find(({ identity }) => identity.name === name);
      if (found === undefined) return null;
      return {
        identity: found.identity,
        version: digest(`session ${found.digest.toString('hex')}`).toString('hex'),
      };
    },
    identifyToken(token) {
      const given = digest(token);
      let found: Identity | null = null;
      for (const each of tokens) if (timingSafeEqual(each.digest, given)) found = each.identity;
      return found;
    },
  };
}

/** @param text `name:role:secret`, several separated by commas; @throws Error with the required form */
export function parseTokens(text: string): Account[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([A-Za-z0-9_.-]{1,50}):(operator|viewer):(\S{16,200})$/.exec(part);
      if (match === null)
        throw new Error(
          'each token must look like name:operator:secret or name:viewer:secret, the secret 16 characters or more',
        );
      return {
        name: match[1] ?? '',
        role: match[2] === 'operator' ? 'operator' : 'viewer',
        secret: match[3] ?? '',
      };
    });
}
