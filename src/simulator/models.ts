/**
 * Validates a create call by its body alone: which refusal it gets, or which task it describes. The order of the checks
 * is the vendor's as far as probes have shown it: the model's name, whether it is switched on, then its input. An empty
 * input is the free probe.
 */
import { inputObjection, videoIn } from './input-rules.ts';

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
  const objection = inputObjection(model, input);
  if (objection) return refused(objection.code, objection.msg);
  return { kind: 'wanted', model, link: videoIn(model, input), input, callBackUrl };
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

function isWebAddress(value: unknown): value is string {
  return typeof value === 'string' && ['http:', 'https:'].includes(URL.parse(value)?.protocol ?? '');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
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
