/**
 * Whether a request failed by its sender's doing: it left in the middle, or sent what does not have the form that it
 * must have. Such a request is answered with 400 and is no news for the log. Pure; asked by every error handler.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** @returns what to say to the sender, or null where the fault is ours */
export function faultOfSender(error: unknown, { raw }: FastifyRequest): string | null {
  if (raw.destroyed && !raw.complete) return 'The request ended before its body was complete.';
  if (error instanceof z.ZodError) return `Invalid request: ${z.prettifyError(error)}`;
  return null;
}
