/** The cases of vendor-replies.json, typed: the contract that the parsers and the client are held to. */
import { z } from 'zod';
import fixture from '../../fixtures/vendor-replies.json' with { type: 'json' };

const caseSchema = z.strictObject({
  name: z.string(),
  call: z.enum(['create', 'record']),
  httpStatus: z.int().nullable(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown(),
  transport: z.enum(['reset-after-send', 'refused']).optional(),
  // The file says `outcome` for what the replies call `kind`.
  expect: z
    .looseObject({ outcome: z.string() })
    .transform(({ outcome, ...rest }): { kind: string } & Record<string, unknown> => ({
      kind: outcome,
      ...rest,
    })),
});

export type ReplyCase = z.output<typeof caseSchema>;

export const replyCases: readonly ReplyCase[] = z.array(caseSchema).parse(fixture.cases);

/** A body that is text is sent as it stands, everything else as JSON. */
export function bodyTextOf({ body }: ReplyCase): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
