/**
 * What a definition says about one input of a model: its type and what values are allowed. Data only; values are
 * read and judged in input-value.ts.
 */
import { z } from 'zod';

export const inputNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be a field name like video_url');

const inputTypes = ['string', 'integer', 'number', 'boolean', 'enum', 'url', 'urls', 'json'] as const;

const count = z.int().min(0).max(1_000_000);

export const inputSpecSchema = z
  .strictObject({
    type: z
      .enum(inputTypes)
      .describe(
        'What a value is. `enum`: one of `values`. `url`: an http or https address. `urls`: a list of them. `json`: any JSON.',
      ),
    description: z.string().max(300).default('').describe('One line for people.'),
    required: z.boolean().default(false).describe('Every link needs a value: its own, or one for all links.'),
    values: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .optional()
      .describe('With `enum`: the allowed values, as the vendor expects them.'),
    min: z.number().optional().describe('The smallest number; with `urls` the fewest addresses.'),
    max: z.number().optional().describe('The largest number; with `urls` the most addresses.'),
    maxLength: count.optional().describe('Most characters of a text or an address.'),
    default: z
      .json()
      .optional()
      .describe(
        'Sent with every task without another value: the vendor does not apply its documented defaults.',
      ),
  })
  .superRefine((spec, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((spec.type === 'enum') !== (spec.values !== undefined))
      complain('values', 'is only allowed with the type enum');
    if (spec.required && spec.default !== undefined)
      complain('default', 'is not allowed with "required": an input with a default is never missing');
  });

export type InputSpec = z.output<typeof inputSpecSchema>;
export type InputSpecs = Readonly<Record<string, InputSpec>>;

/** A value of an input, as JSON has it. */
export type InputValue = z.infer<ReturnType<typeof z.json>>;
export type Inputs = Readonly<Record<string, InputValue>>;

/** The spec of a field that a definition only gives a constant for, so that it can be set like any other. */
export function impliedSpec(value: InputValue): InputSpec {
  const base = { description: '', required: false, default: value };
  if (typeof value === 'string') return { ...base, type: 'string' };
  if (typeof value === 'number') return { ...base, type: 'number' };
  return { ...base, type: typeof value === 'boolean' ? 'boolean' : 'json' };
}
