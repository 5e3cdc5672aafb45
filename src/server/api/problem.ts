/**
 * Errors of the API in the form of RFC 9457. Pure.
 */
import { z } from 'zod';

export const problemSchema = z.object({
  type: z.string().describe('about:blank: the status says it all'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong and what to do.'),
});
export type Problem = z.infer<typeof problemSchema>;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not acceptable',
  429: 'Too many requests',
  503: 'Temporarily unavailable',
};

export function problemOf(status: number, detail: string): Problem {
  return { type: 'about:blank', title: titles[status] ?? 'Internal error', status, detail };
}
