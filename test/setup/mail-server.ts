/** A mail server for tests, on a free port of this machine: as much of SMTP as a client that delivers one mail needs. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface MailServerOptions {
  /** PEM. With it the server offers STARTTLS, or begins with TLS. */
  readonly identity?: { readonly key: string; readonly cert: string };
  readonly startsWithTls?: boolean;
  /** Answers to `RCPT TO`, one after the other; then 250. */
  readonly recipientAnswers?: readonly string[];
  /** Accepts connections and never answers. */
  readonly isSilent?: boolean;
}

export interface ReceivedMail {
  /** What the client signed in with, as `user:password`; null when it did not. */
  readonly account: string | null;
  readonly isEncrypted: boolean;
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as sent. */
  readonly data: string;
}

export async function startMailServer(options: MailServerOptions = {}) {
  const mails: ReceivedMail[] = [];
  /** Every command of every client, to see what it gave away. */
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const answers = [...(options.recipientAnswers ?? [])];

  function converse(socket: Socket, isEncrypted: boolean): void {
    const say = (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(''));
    let mail = { account: null as string | null, isEncrypted, from: '', to: [] as string[], data: '' };
    let isData = false;
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      rest += chunk.toString('utf8');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (!isData) commands.push(line);
        take(line);
      }
    });

    function take(line: string): void {
      if (isData) {
        if (line !== '.') mail.data += `${line.replace(/^\./, '')}\n`;
        else {
          isData = false;
          mails.push(mail);
          say('250 taken');
        }
        return;
      }
      const [, from] = /^MAIL FROM:<([^>]*)>/i.exec(line) ?? [];
      const [, to] = /^RCPT TO:<([^>]*)>/i.exec(line) ?? [];
      if (/^EHLO/i.test(line)) {
        const canUpgrade = options.identity !== undefined && !isEncrypted;
        say('250-mail.test', ...(canUpgrade ? ['250-STARTTLS'] : []), '250 AUTH PLAIN');
      } else if (/^STARTTLS/i.test(line) && options.identity === undefined) {
        say('502 not here');
      } else if (/^STARTTLS/i.test(line)) {
        say('220 go ahead');
        socket.removeAllListeners('data');
        converse(new TLSSocket(socket, { isServer: true, ...options.identity }), true);
      } else if (/^AUTH PLAIN /i.test(line)) {
        const [, user, password] = Buffer.from(line.slice(11), 'base64').toString().split('\0');
        mail.account = `${user}:${password}`;
        say(password === 'wrong' ? '535 no such account' : '235 welcome');
      } else if (from !== undefined) {
        mail = { ...mail, from, to: [], data: '' };
        say('250 ok');
      } else if (to !== undefined) {
        const answer = answers.shift() ?? '250 ok';
        if (answer.startsWith('250')) mail.to.push(to);
        say(answer);
      } else if (/^DATA/i.test(line)) {
        isData = true;
        say('354 go ahead');
      } else if (/^QUIT/i.test(line)) {
        say('221 bye');
        socket.end();
      } else say('250 ok');
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    if (options.isSilent) return;
    const isEncrypted = options.startsWithTls === true;
    const channel = isEncrypted ? new TLSSocket(socket, { isServer: true, ...options.identity }) : socket;
    converse(channel, isEncrypted);
    channel.write('220 mail.test\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    mails,
    commands,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
