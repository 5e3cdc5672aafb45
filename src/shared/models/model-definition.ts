/**
 * What a model file may say, and the type everyone else sees. The shipped files and a user's
 * `--model-file` pass the same strict schema, so a mistyped field is named instead of ignored. A
 * definition is data; what is done with it lives in identify-link.ts and build-input.ts.
 */
import { z } from 'zod';
import { usualCreatePath, usualRecordPath, usualResultPath } from '../vendor/facts.ts';
import {
  type InputSpec,
  type InputValue,
  impliedSpec,
  inputNameSchema,
  inputSpecSchema,
} from './input-spec.ts';
import { judgeDefault } from './input-value.ts';
import { type ListedPrice, priceSchema } from './price.ts';

/** The only model whose share ids are item ids; all others get a hash. */
export const DEFAULT_MODEL_ID = 'sora-watermark-remover';

/** Query parameters that say who shared a link, never what it shows. A trailing `*` means "starts with". */
const TRACKING_PARAMETERS = [
  'utm_*',
  'fbclid',
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'msclkid',
  'ttclid',
  'twclid',
  'yclid',
  'igshid',
  'igsh',
  'li_fat_id',
  'mc_cid',
  'mc_eid',
  '_ga',
  '_gl',
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const pathSchema = z
  .string()
  .regex(/^\/[A-Za-z0-9._~/-]*$/, `must be a path like ${usualCreatePath}, without host or query`)
  .refine((path) => !path.includes('..') && !path.includes('//'), 'must not contain ".." or "//"');

const hostSchema = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/,
    'must be a host in lower case like videos.example.com, without scheme, port or path',
  );

const patternSchema = z.string().transform((source, context) => {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a valid regular expression' });
    return z.NEVER;
  }
});

const shareSchema = z.strictObject({
  path: z
    .string()
    .regex(/^\/([A-Za-z0-9._~-]+\/)*$/, 'must begin and end with "/"')
    .describe('Links under this path are share links; their query is not part of the identity.'),
  idPattern: patternSchema.describe('Pattern of the rest of the path that is the item id.'),
});

const linkSchema = z.strictObject({
  hosts: z
    .union([z.literal('any'), z.array(hostSchema).min(1)], { error: 'must be "any" or a list of hosts' })
    .describe('Hosts that a link may have, without subdomains. "any" accepts every https link.'),
  maxLength: z.int().min(20).max(10_000).default(500).describe('Most characters of a link.'),
  share: shareSchema.optional().describe('Only for the default model, whose share ids are item ids.'),
  ignoredParameters: z
    .array(z.string().regex(/^[^\s&=*]+\*?$/, 'must be a parameter name; a "*" may stand at its end'))
    .default(TRACKING_PARAMETERS)
    .describe('Query parameters that do not distinguish videos.'),
});

const inputSchema = z.strictObject({
  linkField: inputNameSchema.describe('The input field for the link.'),
  linkIsList: z
    .boolean()
    .default(false)
    .describe('The field is a list of addresses; it gets a list with the one link.'),
  defaults: z
    .record(inputNameSchema, z.json())
    .default({})
    .describe('Constants sent with every task; the short form of `inputs` that have only a default.'),
});

const videoSchema = z
  .strictObject({
    kinds: z
      .array(z.string().regex(/^[a-z0-9]{2,5}$/))
      .default([])
      .describe('Accepted endings; none: any.'),
    maxBytes: z.int().positive().optional().describe('The largest file that the model accepts.'),
    minSeconds: z.number().nonnegative().optional().describe('The shortest video that the model accepts.'),
    maxSeconds: z.number().positive().optional().describe('The longest video that the model accepts.'),
  })
  .prefault({})
  .describe('Which videos the model accepts, if known.');

const stateSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('live') }),
    z.strictObject({
      kind: z.literal('off'),
      since: z.iso.date().describe('The first day on which it was seen to be off, like 2026-09-24.'),
      note: z.string().max(600).describe('Why, and whether it may return.'),
      insteadTry: z.array(z.string()).default([]).describe('Ids of models that work.'),
    }),
  ])
  .prefault({ kind: 'live' })
  .describe('The state of the model when the definition was written; the vendor’s answer takes precedence.');

export const definitionShape = z.strictObject({
  $schema: z.string().optional().describe('The address of this schema, for editors.'),
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._/-]{0,99}$/, 'must be lower-case letters, digits and . _ / -')
    .describe('The value for `--model`; part of an item’s identity.'),
  vendorModel: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters without spaces')
    .optional()
    .describe("The vendor's name of the model, if it is not the id: for two settings of one model."),
  title: z.string().max(200).default('').describe('One line for people.'),
  createPath: pathSchema.default(usualCreatePath).describe('Where tasks are created.'),
  recordPath: pathSchema.default(usualRecordPath).describe('Where tasks are queried.'),
  link: linkSchema.describe('Which links the model accepts.'),
  video: videoSchema,
  input: inputSchema.describe('How the input of a task is built from the link.'),
  inputs: z
    .record(inputNameSchema, inputSpecSchema)
    .default({})
    .describe('The other inputs of the model, by field name.'),
  state: stateSchema,
  resultPath: z
    .array(z.string().min(1))
    .min(1)
    .max(10)
    .default([...usualResultPath])
    .describe('The path to the result URLs in the record; JSON strings on the way are parsed.'),
  creditsPerTask: z
    .number()
    .nonnegative()
    .max(1_000_000)
    .optional()
    .describe('The cost of a task, if all cost the same: the short form of a price.'),
  price: priceSchema
    .nullable()
    .optional()
    .describe('The cost of a task; null or absent: unknown, the first task will show it.'),
  priceAsOf: z.iso.date().optional().describe('The day on which the price was seen, like 2026-09-28.'),
  typicalMs: z.int().min(100).max(DAY_MS).default(60_000).describe('How long a task usually takes.'),
  deadlineMs: z
    .int()
    .min(1_000)
    .max(7 * DAY_MS)
    .default(HOUR_MS)
    .describe('A task that has not ended by then is given up.'),
  probe: z
    .strictObject({ input: z.record(z.string(), z.json()) })
    .nullable()
    .default(null)
    .describe('An input that the vendor refuses for free, to see whether the model is on; null: none.'),
});

/** The schema of a model file. */
export const modelDefinitionSchema = definitionShape.superRefine(checkRelations).transform(withAllInputs);

type Shape = z.output<typeof definitionShape>;

function checkRelations(model: Shape, context: z.RefinementCtx<Shape>): void {
  if (model.link.share !== undefined && model.id !== DEFAULT_MODEL_ID) {
    const message = `is for ${DEFAULT_MODEL_ID} alone, since two models must never share item ids; leave it out`;
    context.addIssue({ code: 'custom', path: ['link', 'share'], message });
  }
  if (model.input.linkField in model.input.defaults) {
    const message = `must not contain the link field ${model.input.linkField}`;
    context.addIssue({ code: 'custom', path: ['input', 'defaults'], message });
  }
  if (model.price && model.creditsPerTask !== undefined) {
    const message = 'is not allowed with price; leave one of them out';
    context.addIssue({ code: 'custom', path: ['creditsPerTask'], message });
  }
  if (model.typicalMs >= model.deadlineMs) {
    context.addIssue({ code: 'custom', path: ['deadlineMs'], message: 'must be longer than typicalMs' });
  }
  for (const [name, spec] of Object.entries(model.inputs)) {
    const message =
      name === model.input.linkField || name in model.input.defaults
        ? 'must not name the link field or a field of input.defaults'
        : judgeDefault(spec);
    if (message !== null) context.addIssue({ code: 'custom', path: ['inputs', name], message });
  }
}

/** Afterwards `inputs` names every field that can be set, and `input.defaults` every value that is always sent. */
function withAllInputs(model: Shape) {
  const inputs: Record<string, InputSpec> = { ...model.inputs };
  const defaults: Record<string, InputValue> = { ...model.input.defaults };
  for (const [name, value] of Object.entries(model.input.defaults)) inputs[name] = impliedSpec(value);
  for (const [name, spec] of Object.entries(model.inputs)) {
    if (spec.default !== undefined) defaults[name] = spec.default;
  }
  return { ...model, inputs, input: { ...model.input, defaults } };
}

/** A model as the rest of the program sees it: every default filled in. */
export type ModelDefinition = z.output<typeof modelDefinitionSchema> & {
  /** What the vendor's price list says; not from the file. */
  readonly listed?: ListedPrice | null;
  /** Links of other schemes than https are uploaded for the vendor; not from the file. */
  readonly takesHttp?: boolean;
};
