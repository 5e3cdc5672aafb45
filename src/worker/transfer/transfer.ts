/**
 * Runs the requests of one call, with interruptions and restarts, until there is a reply. Created by `fetchResult` for
 * an open part, and run once. The pure answer-course.ts judges the answers; this file acts on them. Invariant: when a
 * request is sent, the inspection has seen exactly the bytes of the part.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { appended, type Edit } from '../../shared/media/edits.ts';
import { createInspection, type Inspection, inspectAll } from '../../shared/media/inspection.ts';
import { mediaKinds } from '../../shared/media/media-kind.ts';
import type { OutgoingAnswer } from '../../shared/outgoing/outgoing.ts';
import {
  type Part,
  type RewrittenFacts,
  type SourceIdentity,
  withEnding,
} from '../../shared/storage/storage.ts';
import { type AnswerCourse, type Held, judgeAnswer, rangeHeaders } from './answer-course.ts';
import type { FetchReply, FetchRequest, StoredReply } from './fetch-reply.ts';
import { findStored } from './find-stored.ts';
import { receiveBody, tooLarge } from './receive-body.ts';
import type { TransferDeps } from './transfer-deps.ts';

const DEFAULT_MAX_BYTES = 2 * 1024 ** 3;

/** The outcome of a step of the transfer: a reply ends it, `undefined` continues with another request. */
type Step = Promise<FetchReply | undefined>;

type CourseWithoutBody = Exclude<AnswerCourse, { course: 'receive-all' | 'receive-rest' }>;

export class Transfer {
  readonly #request: FetchRequest;
  readonly #deps: TransferDeps;
  readonly #part: Part;
  readonly #signal: AbortSignal;
  /** Held when the call began: what was gained is counted from here. */
  #startBytes: number;
  #inspection: Inspection = createInspection();
  /** The bytes so far are useless: the next request asks for everything. */
  #fromScratch = false;
  #reconnects = 0;

  constructor(request: FetchRequest, deps: TransferDeps, part: Part, signal: AbortSignal) {
    this.#request = request;
    this.#deps = deps;
    this.#part = part;
    this.#signal = signal;
    this.#startBytes = part.receivedBytes;
  }

  async run(): Promise<FetchReply> {
    this.#inspection = await inspectAll(this.#part.replay());
    for (;;) {
      const held = this.#held();
      const complete = held.bytes > 0 && held.bytes === held.identity?.totalBytes;
      const reply = complete ? await this.#finish() : await this.#ask(held);
      if (reply !== undefined) return reply;
    }
  }

  #held(): Held {
    if (this.#fromScratch) return { identity: undefined, bytes: 0 };
    return { identity: this.#part.identity, bytes: this.#part.receivedBytes };
  }

  async #ask(held: Held): Step {
    const { url } = this.#request;
    const reply = await this.#deps.outgoing.request({ url, headers: rangeHeaders(held) }, this.#signal);
    if (reply.kind === 'refused') return reply;
    if (reply.kind === 'unreachable') {
      return this.#hostUnavailable(`the result host cannot be reached: ${reply.message}`, false);
    }
    const course = judgeAnswer(reply, held, this.#deps.clock.now());
    if (course.course === 'receive-all') return this.#receiveAll(reply, course.identity);
    if (course.course === 'receive-rest') return this.#receive(reply, course.identity);
    reply.body.destroy();
    return this.#follow(course);
  }

  #follow(course: CourseWithoutBody): Step | FetchReply {
    switch (course.course) {
      case 'complete':
        return this.#finish();
      case 'start-over':
        this.#fromScratch = true;
        return this.#reconnect(course.message);
      case 'expired':
        return { kind: 'expired', httpStatus: course.httpStatus };
      case 'retry':
        return this.#retry(course.message, course.retryAfterMs);
      case 'host-unavailable':
        return this.#hostUnavailable(course.message, true, course.retryAfterMs);
      default:
        return course satisfies never;
    }
  }

  async #receiveAll(answer: OutgoingAnswer, identity: SourceIdentity): Step {
    this.#fromScratch = false;
    this.#startBytes = 0;
    this.#inspection = createInspection();
    await this.#part.begin(identity);
    return this.#receive(answer, identity);
  }

  async #receive(answer: OutgoingAnswer, { totalBytes }: SourceIdentity): Step {
    const { maxBytes = DEFAULT_MAX_BYTES, minFreeBytes = 0 } = this.#request.expect ?? {};
    const problem = tooLarge(totalBytes ?? 0, maxBytes);
    if (problem !== undefined) {
      answer.body.destroy();
      return { kind: 'invalid', message: problem };
    }
    this.#inspection.expectTotal(totalBytes);
    const inspected = () => {
      this.#place();
      this.#request.onProgress?.(this.#inspection.bytes, totalBytes);
    };
    const target = { part: this.#part, inspection: this.#inspection, inspected };
    const expectation = { totalBytes, maxBytes, minFreeBytes };
    const body = await receiveBody(answer.body, target, expectation, this.#deps, this.#signal);
    switch (body.end) {
      case 'all':
        return this.#finish();
      case 'cut':
        return this.#reconnect(body.message);
      case 'invalid':
        return { kind: 'invalid', message: body.message };
      case 'storage-full':
        return { kind: 'storage-full', freeBytes: body.freeBytes, neededBytes: body.neededBytes };
      default:
        return body satisfies never;
    }
  }

  /** Verifies, labels and commits what is held. */
  async #finish(): Step {
    const walked = this.#inspection.end();
    if (walked.kind === 'broken') return { kind: 'invalid', message: walked.message };
    const key = this.#place();
    const { disclosure, sidecarOf } = this.#request;
    const sourceSha256 = this.#inspection.sha256();
    const { bytes, sha256 } = await this.#label(walked.facts.labelEdits(disclosure));
    const stored: StoredReply = {
      kind: 'stored',
      key,
      file: this.#deps.storage.locate(key),
      bytes,
      sha256,
      sourceSha256,
      resumedFromBytes: this.#startBytes,
      isFound: false,
    };
    const commit = await this.#part.commit(sidecarOf(stored));
    return commit.kind === 'superseded' ? this.#findWhatSuperseded() : stored;
  }

  /** The first bytes show the kind, which decides the ending of the key and how the label is written. */
  #place(): string {
    const { kind } = this.#inspection;
    if (kind === undefined) return this.#request.key;
    const { ending, contentType, label } = mediaKinds[kind];
    const key = withEnding(this.#request.key, ending);
    this.#part.place({ key, contentType, willRewrite: label === 'inside' });
    return key;
  }

  /** A label that only follows the received bytes is written behind them, any other costs a copy. */
  async #label(edits: readonly Edit[]): Promise<RewrittenFacts> {
    const { bytes } = this.#inspection;
    // Where no copy can be made, a label behind stray bytes is found by few readers, but not lost.
    const label =
      appended(edits, bytes) ??
      (this.#part.canRewrite ? undefined : Buffer.concat(edits.map(({ insert }) => insert)));
    if (label === undefined) return this.#part.rewrite(edits);
    const facts = { bytes: bytes + label.length, sha256: this.#inspection.sha256(label) };
    await this.#part.write(label);
    return facts;
  }

  async #findWhatSuperseded(): Step {
    const stored = await findStored(this.#request, this.#deps.storage);
    return stored ?? { kind: 'retry', message: 'another process stored this result', gainedBytes: 0 };
  }

  /** Retries at once after an interruption, a few times, so that a short one costs no turn in the queue. */
  async #reconnect(message: string): Step {
    const { reconnects, reconnectDelayMs } = this.#deps.limits;
    if (this.#reconnects === reconnects) return this.#retry(message);
    const delayMs = reconnectDelayMs * 2 ** this.#reconnects;
    this.#reconnects += 1;
    const heldBytes = this.#held().bytes;
    this.#deps.logger.debug(
      { key: this.#request.key, heldBytes, delayMs, cause: message },
      'transfer continues',
    );
    await sleep(delayMs, undefined, { signal: this.#signal });
    return undefined;
  }

  #hostUnavailable(message: string, answered: boolean, retryAfterMs?: number): FetchReply {
    const { host } = new URL(this.#request.url);
    return {
      kind: 'host-unavailable',
      message: `${host}: ${message}`,
      answered,
      ...(retryAfterMs && { retryAfterMs }),
    };
  }

  #retry(message: string, retryAfterMs?: number): FetchReply {
    const { identity, bytes } = this.#held();
    const place = `${bytes} of ${identity?.totalBytes ?? 'unknown'} bytes are here`;
    const kept = identity?.validator !== undefined && this.#part.survivesSuspend;
    const gainedBytes = kept ? Math.max(0, bytes - this.#startBytes) : 0;
    return {
      kind: 'retry',
      message: `${message}; ${place}`,
      gainedBytes,
      ...(retryAfterMs && { retryAfterMs }),
    };
  }
}
