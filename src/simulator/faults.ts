/**
 * All faults, by the place where they occur, and which of them occurs on one occasion. A fault comes from the caller's
 * function, from a rule for links, or from a rate; at most one per occasion, and the same one for the same seed, link
 * and count, whatever else runs.
 */
import { drawOf } from './draw.ts';

const faults = {
  create: {
    'create-answer-lost': 'the task is made, then the connection is reset without an answer',
    'create-lost': 'the connection is reset before the task is made',
    'create-500': 'code 500 in the body, nothing is made',
    'create-http-500': 'HTTP 500 with code 500, nothing is made',
    'create-408': 'code 408, nothing is made',
    'create-rejected': 'code 422: the link is not accessible',
    'create-bad-gateway': 'an HTML page with HTTP 502, nothing is made',
    'create-html': 'an HTML page with HTTP 200, nothing is made',
    'create-without-id': 'code 200 without a task id, nothing is made',
    'create-unknown-code': 'a code nobody has seen, nothing is made',
    'create-older-words':
      'the task is made, the answer has the field names of older pages (message, task_id)',
    'create-id-as-record': 'the task is made, its id stands at data.recordId alone',
    'create-id-as-data': 'the task is made, its id is the data itself',
    'create-id-at-top': 'the task is made, its id stands beside the code',
    'create-id-hidden': 'the task is made, code 200 with the id where nobody looks',
    'create-504': 'the task is made, the answer is an HTML page with HTTP 504',
    'create-524': 'the task is made, the answer is the text `error code: 524` with HTTP 524',
    'create-field-required': 'code 500 `This field is required`, nothing is made',
    'create-out-of-range': 'code 500 `not within the range of allowed options`, nothing is made',
    'create-slow': 'the task is made, the answer comes after slowAnswerMs',
  },
  task: {
    'task-fails-500': 'the task fails with failCode 500, worth another task',
    'task-fails-422': 'the task fails with failCode 422, for good',
    'task-refused': 'the task fails with failCode 500 and a refusal of its content, for good',
    'task-fails-without-code': 'the task fails without a failCode, with the text of an internal error',
    'task-times-out': 'the task fails with failCode 524, for good',
    'task-recovers': 'the task fails with failCode 524 and turns into success after recoverAfterMs',
    'task-never-ends': 'the task stays in generating',
    'task-forgotten': 'queries say `recordInfo is null` for ever',
    'task-empty-result': 'success, but resultJson is empty for emptyResultMs',
    'task-broken-result': 'success, but resultJson is cut JSON for emptyResultMs',
    'task-object-result': 'resultJson is an object instead of a string',
    'task-several-results': 'three results instead of resultsPerTask',
    'task-empty-mdat': 'the result is an MP4 whose media data is empty',
    'task-samples-beyond': 'the result is an MP4 whose sample tables point beyond its end',
    'task-padded-result': 'the result is an MP4 with zeros behind its last box, which plays',
    'task-other-results-missing': 'every result but the first answers HTTP 404, also behind minted links',
  },
  record: {
    'record-500': 'code 500 in the body',
    'record-http-500': 'HTTP 500 with code 500',
    'record-bad-gateway': 'an HTML page with HTTP 503',
    'record-html': 'an HTML page with HTTP 200',
    'record-429': 'code 429 in the body',
    'record-http-429': 'HTTP 429',
    'record-unknown-state': 'a state nobody has seen',
    'record-null': 'code 422 `recordInfo is null`',
    'record-not-found': 'code 404 `Task not found`',
    'record-lost': 'the connection is reset',
    'record-slow': 'the answer comes after slowAnswerMs',
  },
  result: {
    'result-cut': 'the connection closes in the middle of the file',
    'result-stall': 'the transfer stops in the middle and never continues',
    'result-slow': 'the transfer trickles at a few hundred bytes a second',
    'result-html': 'an HTML page with HTTP 200, called video/mp4',
    'result-json': 'a JSON error with HTTP 200, called video/mp4',
    'result-wrong-type': 'the right file, called text/html',
    'result-wrong-length': 'Content-Length promises more than comes',
    'result-no-length': 'the right file without Content-Length',
    'result-truncated': 'a file cut short with a Content-Length that agrees',
    'result-endless': 'a body without Content-Length that never ends',
    'result-expired': 'HTTP 403 for this URL from now on',
    'result-missing': 'HTTP 404 once',
    'result-500': 'HTTP 500 once',
    'result-redirect': 'a redirect, to redirectTo or to the same file',
    'result-range-ignored': 'a range is answered with HTTP 200 and the whole file',
    'result-changed': 'cut in the middle, and the file behind the URL is another from then on',
  },
  callback: {
    'callback-lost': 'the callback is never sent',
    'callback-double': 'the callback is sent twice',
    'callback-early': 'the task ends at once and its callback arrives before the answer to the create call',
  },
} as const;

export type FaultPlace = keyof typeof faults;
export type FaultAt<Place extends FaultPlace> = Place extends FaultPlace
  ? keyof (typeof faults)[Place] & string
  : never;
export type FaultName = FaultAt<FaultPlace>;

export interface FaultOccasion {
  readonly place: FaultPlace;
  readonly link: string;
  /** 1 for the first time: admitted creates of the link, tasks of the link, queries of the task, GETs of the result. */
  readonly count: number;
}

/** Makes faults a function of the occasion. A name that belongs to another place is passed over. */
export type FaultOf = (occasion: FaultOccasion) => FaultName | undefined;

/** A rule that other processes can give: `times` is how often, counted for each link and place; unset means always. */
export interface LinkFault {
  readonly contains: string;
  readonly fault: FaultName;
  readonly times?: number | undefined;
}

export interface FaultRules {
  readonly seed: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  readonly linkFaults: readonly LinkFault[];
}

export const faultNames = Object.values(faults)
  .flatMap((atPlace) => Object.keys(atPlace))
  .filter(isFaultName);

export function isFaultName(text: string): text is FaultName {
  return Object.values(faults).some((atPlace) => text in atPlace);
}

function isAt<Place extends FaultPlace>(place: Place, name: string | undefined): name is FaultAt<Place> {
  return name !== undefined && name in faults[place];
}

/** The fault of this occasion, if any: the function first, then the rules for links, then the rates. */
export function chooseFault<Place extends FaultPlace>(
  place: Place,
  occasion: Omit<FaultOccasion, 'place'>,
  rules: FaultRules,
  faultOf: FaultOf,
): FaultAt<Place> | undefined {
  const asked = faultOf({ place, ...occasion });
  if (isAt(place, asked)) return asked;
  const rule = rules.linkFaults.find(
    ({ contains, fault, times = Number.POSITIVE_INFINITY }) =>
      isAt(place, fault) && occasion.link.includes(contains) && occasion.count <= times,
  );
  if (isAt(place, rule?.fault)) return rule.fault;
  return faultByRate(place, occasion, rules);
}

/** One draw laid over the rates end to end, so that each rate holds exactly however many there are. */
function faultByRate<Place extends FaultPlace>(
  place: Place,
  { link, count }: Omit<FaultOccasion, 'place'>,
  { seed, faults: rates }: FaultRules,
): FaultAt<Place> | undefined {
  let rest = drawOf(seed, 'fault', place, link, count);
  for (const [name, rate] of Object.entries(rates)) {
    if (!isAt(place, name)) continue;
    rest -= rate;
    if (rest < 0) return name;
  }
  return undefined;
}
