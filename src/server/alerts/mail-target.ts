/**
 * Alerts by mail. Certificates are verified, and a password is only sent over TLS (mail-url.ts). Each mail uses a new
 * connection: alerts are rare, and the server would close an idle one.
 */
import type { MailRoute } from '../../shared/configuration/mail-url.ts';
import { alertSubject, alertText, isUrgent } from './alert-message.ts';
import { AlertRefused, type AlertTarget, alertTimeoutMs } from './alert-target.ts';

/** @param baseUrl where people see the pages, without a slash at its end; null when that is not known */
export function mailTarget(route: MailRoute, baseUrl: string | null): AlertTarget {
  return {
    name: 'mail',
    async send(alert, at) {
      const mail = {
        from: { name: 'kie-batch', address: route.from },
        to: [...route.to],
        date: new Date(at),
        subject: alertSubject(alert),
        text: `${alertText(alert, baseUrl)}\n`,
        priority: isUrgent(alert) ? ('high' as const) : ('normal' as const),
        // So that no absence note is sent back (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
      };
      const transport = await openTransport(route);
      try {
        await transport.sendMail(mail);
      } catch (error) {
        throw isFinal(error) ? new AlertRefused(`the mail server refused it: ${error.message}`) : error;
      } finally {
        transport.close();
      }
    },
  };
}

async function openTransport({ host, port, tls, account }: MailRoute) {
  // Loaded when it is used: most have no mail server here.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host,
    port,
    secure: tls === 'start',
    requireTLS: tls === 'upgrade',
    ...(account === null ? {} : { auth: { user: account.user, pass: account.password } }),
    dnsTimeout: alertTimeoutMs,
    connectionTimeout: alertTimeoutMs,
    greetingTimeout: alertTimeoutMs,
    socketTimeout: alertTimeoutMs,
  });
}

/** A mail server's 5xx is final: a wrong password, an address it does not know. */
function isFinal(error: unknown): error is Error {
  const isAnswered = error instanceof Error && 'responseCode' in error;
  return isAnswered && typeof error.responseCode === 'number' && error.responseCode >= 500;
}
