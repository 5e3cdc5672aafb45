/**
 * What the vendor asks of a create call, decided from the body alone: which refusal it gets, or which task
 * it describes. The order of the checks is the vendor's as far as probes have shown it: the model's name,
 * whether it is switched on, then its input. An empty input is the free probe.
 */

export interface ModelStates {
  readonly models: readonly string[];
  readonly pausedModels: readonly string[];
  readonly disabledModels: readonly string[];
}

export type Judgement =
  | { readonly kind: 'refused'; readonly code: number; readonly msg: string; readonly probe: boolean }
  | {
      readonly kind: 'wanted';
      readonly model: string;
      readonly link: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly callBackUrl: string | undefined;
    };

interface InputRule {
  /** In the order in which they are asked for. */
  readonly required: readonly string[];
  readonly objection?: (input: Readonly<Record<string, unknown>>) => string | undefined;
}

const anyInput: InputRule = { required: ['video_url'] };

const inputRules: Readonly<Record<string, InputRule>> = {
  'sora-watermark-remover': {
    // Documented with a default, but reported not to be applied by the server: it has to be sent.
    required: ['video_url', 'upload_method'],
    objection({ video_url: link, upload_method: method }) {
      if (typeof link !== 'string' || link.length > 500) return 'video_url must be at most 500 characters';
      if (!link.startsWith('https://sora.chatgpt.com/')) return 'video_url must start with sora.chatgpt.com';
      return method === 's3' || method === 'oss'
        ? undefined
        : 'upload_method is not within the range of allowed options';
    },
  },
  'topaz/video-upscale': { required: ['video_url', 'upscale_factor'] },
};

export function judgeCreate(bodyText: string, states: ModelStates): Judgement {
  const body = parseObject(bodyText);
  if (!body) return refused(400, 'The request body is not valid JSON');
  const { model, input, callBackUrl } = body;
  const probe = isObject(input) && Object.keys(input).length === 0;
  if (typeof model !== 'string' || model === '') return refused(500, 'model is required');
  const closed = modelObjection(model, states);
  if (closed) return { ...closed, probe };
  if (!isObject(input)) return refused(500, 'input is required');
  if (probe) return { ...refused(500, 'This field is required'), probe };
  if (callBackUrl !== undefined && !isWebAddress(callBackUrl))
    return refused(422, 'callBackUrl is not a valid URL');
  const objection = inputObjection(input, inputRules[model] ?? anyInput);
  if (objection) return objection;
  return { kind: 'wanted', model, link: String(input['video_url']), input, callBackUrl };
}

type Refusal = Extract<Judgement, { kind: 'refused' }>;

function refused(code: number, msg: string): Refusal {
  return { kind: 'refused', code, msg, probe: false };
}

function modelObjection(model: string, states: ModelStates): Refusal | undefined {
  if (!states.models.includes(model)) {
    return refused(
      422,
      'The model name you specified is not supported. Please verify your input and use one of the supported models provided by KIE.',
    );
  }
  if (states.pausedModels.includes(model)) return refused(500, 'This interface is temporarily paused');
  return states.disabledModels.includes(model) ? refused(505, 'Feature disabled') : undefined;
}

function inputObjection(input: Readonly<Record<string, unknown>>, rule: InputRule): Refusal | undefined {
  const missing = rule.required.find((field) => (input[field] ?? '') === '');
  if (missing) return refused(500, `${missing} is required`);
  const objection = rule.objection?.(input);
  return objection ? refused(objection.includes('range of allowed') ? 500 : 422, objection) : undefined;
}

function isWebAddress(value: unknown): value is string {
  return typeof value === 'string' && ['http:', 'https:'].includes(URL.parse(value)?.protocol ?? '');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a JSON text; undefined for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
