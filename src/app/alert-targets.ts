/** Where alerts go, by the settings. Used by the watch for alerts and by `doctor`. */
import type { AlertTarget } from '../server/alerts/alert-target.ts';
import { mailTarget } from '../server/alerts/mail-target.ts';
import { webhookTarget } from '../server/alerts/webhook-target.ts';
import { publicAddressOf } from '../server/public-address.ts';
import type { Configuration } from '../shared/configuration/configuration.ts';
import { readMailUrl } from '../shared/configuration/mail-url.ts';

export function alertTargetsOf(configuration: Configuration): AlertTarget[] {
  const { ALERT_WEBHOOK_URL: url, ALERT_MAIL_URL: mailUrl } = configuration;
  const { ALERT_WEBHOOK_FORMAT: format, ALERT_WEBHOOK_KEY: key = null } = configuration;
  const { origin, basePath } = publicAddressOf(configuration.PUBLIC_URL);
  const baseUrl = origin === null ? null : `${origin}${basePath}`;
  const route = mailUrl === undefined ? null : readMailUrl(mailUrl);
  return [
    ...(url === undefined ? [] : [webhookTarget({ url, format, key, baseUrl })]),
    ...(route === null || 'problem' in route ? [] : [mailTarget(route, baseUrl)]),
  ];
}
