/**
 * Whether a request failed because of its sender: it was aborted, or does not have the required form. Such a request
 * gets 400 and is not logged. Pure; called by every error handler.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** @returns what to say to the sender, or null where the fault is ours */
export function faultOfSender(error: unknown, { raw }: FastifyRequest): string | null {
  if (raw.destroyed && !raw.complete) return 'The request ended before its body was complete.';
  if (error instanceof z.ZodError) return `Invalid request: ${z.prettifyError(error)}`;
  return null;
}
