/**
 * The written forms of configuration values (`20/10s`, `2GiB`, `true`) and what they mean to the program.
 * Used by the schema alone. Each parser either returns the value or adds one issue that names an example.
 */
import { z } from 'zod';

/** At most `max` calls in any `windowMs` milliseconds. */
export interface RateLimit {
  readonly max: number;
  readonly windowMs: number;
}

const millisecondsPerUnit: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const bytesPerUnit: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

export function parseRateLimit(text: string): RateLimit | null {
  const match = /^(\d{1,7})\/(\d{1,7})?(ms|s|m|h)$/.exec(text.trim());
  if (!match) return null;
  const max = Number(match[1]);
  const windowMs = Number(match[2] ?? '1') * (millisecondsPerUnit[match[3] ?? ''] ?? 0);
  return max > 0 && windowMs > 0 ? { max, windowMs } : null;
}

export function parseSizeBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = bytesPerUnit[match?.[2] ?? '?'];
  if (!match || unit === undefined) return null;
  const sizeBytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(sizeBytes) && sizeBytes > 0 ? sizeBytes : null;
}

export const rateLimit = z.string().transform((text, context): RateLimit => {
  const limit = parseRateLimit(text);
  if (limit) return limit;
  context.addIssue({ code: 'custom', message: `must be a rate like 20/10s, not "${text}"` });
  return z.NEVER;
});

/** A rate, or `auto` where the program chooses one. */
export const rateLimitOrAuto = z.union([z.literal('auto'), rateLimit], {
  error: ({ input }) => `must be auto or a rate like 100/1s, not "${input}"`,
});

export const sizeBytes = z.string().transform((text, context): number => {
  const size = parseSizeBytes(text);
  if (size !== null) return size;
  context.addIssue({ code: 'custom', message: `must be a size like 2GiB or 500MB, not "${text}"` });
  return z.NEVER;
});

/** From 0 up to 1, written in percent. */
export const share = z.string().transform((text, context): number => {
  const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1];
  if (percent !== undefined && Number(percent) <= 100) return Number(percent) / 100;
  context.addIssue({ code: 'custom', message: `must be a share like 10%, not "${text}"` });
  return z.NEVER;
});

export const flag = z.string().transform((text, context): boolean => {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  context.addIssue({ code: 'custom', message: `must be true or false, not "${text}"` });
  return z.NEVER;
});

export function wholeNumber(least: number, most: number) {
  return z.string().transform((text, context): number => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    context.addIssue({
      code: 'custom',
      message: `must be a whole number from ${least} to ${most}, not "${text}"`,
    });
    return z.NEVER;
  });
}
