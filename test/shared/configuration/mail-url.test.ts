/** The setting for alerts by mail: what it says, and what is wrong with it. */
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../../src/shared/configuration/configuration.ts';
import { readMailUrl } from '../../../src/shared/configuration/mail-url.ts';

const people = '?from=bot@example.com&to=anna@example.com';

describe('ALERT_MAIL_URL', () => {
  it('names server, account, sender and receivers', () => {
    const text = `smtps://bot%40example.com:p%2Fw@mail.example.com/${people}+alerts,ben@example.com`;
    expect(readMailUrl(text.replace('anna@example.com+alerts', 'anna+alerts@example.com'))).toEqual({
      host: 'mail.example.com',
      port: 465,
      tls: 'start',
      account: { user: 'bot@example.com', password: 'p/w' },
      from: 'bot@example.com',
      to: ['anna+alerts@example.com', 'ben@example.com'],
    });
  });

  it.each([
    ['smtps://a:b@mail.example.com:1465/', 'start', 1465],
    ['smtp://a:b@mail.example.com/', 'upgrade', 587],
    ['smtp://a:b@mail.example.com:25/', 'upgrade', 25],
    ['smtp://mail.example.com', 'if-offered', 587],
    ['smtp://a:b@localhost:25', 'if-offered', 25],
    ['smtp://a:b@[::1]:25', 'if-offered', 25],
    ['smtp://a:b@localhost.example.com', 'upgrade', 587],
  ])('%s: TLS %s on port %i', (server, tls, port) => {
    expect(readMailUrl(server + people)).toMatchObject({ tls, port });
  });

  it.each([
    [`https://mail.example.com/${people}`, 'must be like smtps://'],
    ['mail.example.com', 'must be like smtps://'],
    ['smtp://mail.example.com/?to=anna@example.com', 'needs from='],
    ['smtp://mail.example.com/?from=bot@example.com', 'needs to='],
    ['smtp://mail.example.com/?from=bot@example.com&to=anna@example.com,ben', 'needs to='],
    ['smtp://mail.example.com/?from=bot@example.com&to=a@b%0d%0aBcc:c@d', 'needs to='],
    [`smtp://mail.example.com/${people}&tls=off`, 'not tls'],
    [`smtp://bot@mail.example.com/${people}`, 'a user name and a password'],
    [`smtp://bot:100%25%zz@mail.example.com/${people}`, 'write it as %25'],
  ])('%s %s', (text, problem) => {
    expect(readMailUrl(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('is refused at the start without showing its password', () => {
    const refused = () => parseConfiguration({ ALERT_MAIL_URL: 'smtp://bot:hunter22@mail.example.com/' });
    expect(refused).toThrow(/^Wrong configuration:\n {2}ALERT_MAIL_URL needs from=/);
    expect(refused).not.toThrow(/hunter22/);
  });
});
