/** An alert in the forms it is sent in, and its signature. Pure. */
import { createHmac } from 'node:crypto';
import { totalOf } from '../../shared/ledger/batch.ts';
import { adviceFor, haltSpeaker } from '../../shared/vendor/halt-advice.ts';
import { formatCount, formatDuration } from '../../shared/wording/format.ts';
import type { Alert } from './decide-alerts.ts';

export const alertFormats = ['json', 'slack', 'discord', 'ntfy'] as const;
export type AlertFormat = (typeof alertFormats)[number];

/** @param at Unix milliseconds */
export function alertBody(
  alert: Alert,
  format: AlertFormat,
  at: number,
  baseUrl: string | null = null,
): string {
  const link = linkOf(alert, baseUrl);
  const text = alertText(alert, baseUrl);
  switch (format) {
    case 'slack':
      return JSON.stringify({ text: escapeSlack(text) });
    case 'discord':
      // Mentions are disabled, whatever the vendor's message contains. Discord refuses more than 2000 characters.
      return JSON.stringify({ content: text.slice(0, 2000), allowed_mentions: { parse: [] } });
    case 'ntfy':
      return text;
    case 'json':
      return JSON.stringify({
        event: alert.kind,
        at: new Date(at).toISOString(),
        text,
        ...(link === null ? {} : { link }),
        ...fieldsOf(alert),
      });
    default:
      return format satisfies never;
  }
}

export function alertText(alert: Alert, baseUrl: string | null): string {
  const link = linkOf(alert, baseUrl);
  return link === null ? wordsOf(alert) : `${wordsOf(alert)} ${link}`;
}

/** The first sentence, for the subject of a mail. */
export function alertSubject(alert: Alert): string {
  const [sentence = ''] = /^.*?(?=\.( |$))/s.exec(wordsOf(alert)) ?? [wordsOf(alert)];
  return `[kie-batch] ${sentence.replaceAll(/\s+/g, ' ').slice(0, 150)}`;
}

export function isUrgent({ kind }: Alert): boolean {
  return kind === 'halt-began' || kind === 'problem-began';
}

function linkOf(alert: Alert, baseUrl: string | null): string | null {
  return baseUrl === null ? null : `${baseUrl}${pathOf(alert)}`;
}

/** Headers for the body. A topic of ntfy gets plain text, and its title and priority in headers. */
export function alertHeaders(alert: Alert, format: AlertFormat): Readonly<Record<string, string>> {
  if (format !== 'ntfy') return { 'content-type': 'application/json' };
  return {
    'content-type': 'text/plain; charset=utf-8',
    title: 'kie-batch',
    priority: isUrgent(alert) ? 'high' : 'default',
  };
}

/** `t=…,v1=…`: HMAC-SHA256 in hex of the instant in seconds, a dot and the body. */
export function alertSignature(key: string, body: string, at: number): string {
  const seconds = Math.floor(at / 1000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}

function wordsOf(alert: Alert): string {
  switch (alert.kind) {
    case 'halt-began':
      return `kie-batch is halted: ${alert.halt.reason}. ${haltSpeaker(alert.halt.reason)}: "${alert.halt.message}". What to do: ${adviceFor(alert.halt)}.`;
    case 'halt-ended':
      return `kie-batch has resumed: ${alert.reason} ended after ${formatDuration(alert.lastedMs)}.`;
    case 'batch-ended': {
      const { name, counts } = alert.batch;
      const failed = counts.failed > 0 ? `, ${formatCount(counts.failed)} failed` : '';
      const held = counts.held > 0 ? `, ${formatCount(counts.held)} held for your decision` : '';
      return `Batch ${name} has ended: ${formatCount(counts.saved)} of ${formatCount(totalOf(counts))} saved${failed}${held}.`;
    }
    case 'problem-began':
      return alert.problem.message;
    case 'problem-ended':
      return `Over: ${alert.message}`;
    case 'failures-above-share':
      return `Batch ${alert.batch.name}: ${Math.round(alert.share * 100)} % of its finished links have failed (${formatCount(alert.batch.counts.failed)}).`;
    case 'test':
      return 'This is a test alert of kie-batch.';
    default:
      return alert satisfies never;
  }
}

function fieldsOf(alert: Alert): object {
  switch (alert.kind) {
    case 'halt-began': {
      const { reason, model, message, since } = alert.halt;
      return { reason, model, message, since: new Date(since).toISOString() };
    }
    case 'halt-ended':
      return { reason: alert.reason, model: alert.model, seconds: Math.round(alert.lastedMs / 1000) };
    case 'problem-began':
      return { problem: alert.problem.kind };
    case 'problem-ended':
    case 'test':
      return {};
    case 'batch-ended':
    case 'failures-above-share': {
      const { name, counts, failures, creditsSpent } = alert.batch;
      return { batch: name, states: counts, failures, creditsSpent };
    }
    default:
      return alert satisfies never;
  }
}

function pathOf(alert: Alert): string {
  switch (alert.kind) {
    case 'problem-began':
      return alert.problem.path;
    case 'batch-ended':
    case 'failures-above-share':
      return `/batches/${encodeURIComponent(alert.batch.name)}`;
    default:
      return '/';
  }
}

/** So that the vendor's words cannot ping a channel or make a link. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
