/**
 * GET and HEAD of results: access (agent, expiry, existence), then the planned transfer, sent in pieces as fast as the
 * client reads. Downloads must not have a key: one that does is counted as a leak.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mediaKinds } from '../shared/media/media-kind.ts';
import { type Answer, textAnswer } from './answer.ts';
import type { ResultFile } from './result-file.ts';
import type { ResultAddress } from './result-shelf.ts';
import { planTransfer, type Transfer } from './result-transfer.ts';
import { entryOf } from './tally.ts';
import type { Task } from './task.ts';
import { faultAt, type Vendor } from './vendor.ts';

type Request = Pick<IncomingMessage, 'method' | 'headers'>;

interface Found {
  readonly task: Task;
  readonly file: ResultFile;
  readonly address: ResultAddress;
}

/** How often and how much result-slow sends. */
const trickleMs = 250;
const trickleBytes = 100;

export async function answerResult(
  vendor: Vendor,
  url: URL,
  request: Request,
  response: ServerResponse,
): Promise<Answer | 'sent'> {
  if (carriesKey(vendor, url, request)) vendor.tally.keyLeaks += 1;
  if (
    vendor.settings.ordinaryAgentOnly &&
    !/^Mozilla\/5\.0 \(.+\)/.test(request.headers['user-agent'] ?? '')
  ) {
    vendor.tally.agentRefusals += 1;
    return textAnswer(403, 'error code: 1010');
  }
  const found = find(vendor, url);
  if ('httpStatus' in found) return found;
  if (request.method === 'HEAD') return sendHead(vendor, found, url, request, response);
  return sendFile(vendor, found, url, request, response);
}

function carriesKey(vendor: Vendor, url: URL, { headers }: Request): boolean {
  const { apiKey } = vendor.settings;
  if (headers.authorization !== undefined) return true;
  return apiKey !== undefined && `${url.search} ${JSON.stringify(headers)}`.includes(apiKey);
}

function find(vendor: Vendor, url: URL): Found | Answer {
  const nowMs = vendor.clock.now();
  const address = vendor.shelf.parse(url);
  const task = address && vendor.tasks.get(address.taskId);
  const file = address && vendor.shelf.find(address, nowMs);
  const isLost = task?.fault === 'task-other-results-missing' && address !== undefined && address.index > 0;
  if (!address || !task || !file || isLost) return textAnswer(404, 'Not Found');
  return vendor.shelf.isExpired(address, nowMs)
    ? textAnswer(403, 'Request has expired')
    : { task, file, address };
}

async function sendHead(
  vendor: Vendor,
  found: Found,
  url: URL,
  request: Request,
  response: ServerResponse,
): Promise<'sent'> {
  const { httpStatus, headers } = plan(vendor, found, url, request, undefined);
  response.writeHead(httpStatus, headers).end();
  return 'sent';
}

async function sendFile(
  vendor: Vendor,
  found: Found,
  url: URL,
  request: Request,
  response: ServerResponse,
): Promise<Answer | 'sent'> {
  const { task, file, address } = found;
  const key = `${address.taskId}/${address.index}`;
  const counts = entryOf(vendor.tally.downloads, key, () => ({ requests: 0, ranges: 0, bytesSent: 0 }));
  counts.requests += 1;
  const redirected = url.searchParams.has('redirected');
  const fault = redirected ? undefined : faultAt(vendor, 'result', task.link, counts.requests);
  if (fault === 'result-expired') {
    vendor.shelf.expire(address);
    return textAnswer(403, 'Request has expired');
  }
  const transfer = plan(vendor, found, url, request, fault);
  if (transfer.httpStatus === 206) counts.ranges += 1;
  const count = (sentBytes: number) => {
    counts.bytesSent += sentBytes;
  };
  await transmit(vendor, transfer, file, response, count);
  if (fault === 'result-changed') vendor.shelf.replace(address);
  return 'sent';
}

function plan(
  vendor: Vendor,
  { task, file, address }: Found,
  url: URL,
  { headers }: Request,
  fault: Parameters<typeof planTransfer>[2],
): Transfer {
  const { validators, redirectTo } = vendor.settings;
  const ifRange = headers['if-range'];
  return planTransfer(
    {
      sizeBytes: file.sizeBytes,
      digest: file.digest,
      modifiedAtMs: task.endsAtMs,
      contentType: mediaKinds[task.resultKinds[address.index] ?? 'mp4'].contentType,
    },
    { range: headers.range, ifRange: typeof ifRange === 'string' ? ifRange : undefined },
    fault,
    { validators, redirectTo, sameFile: `${url.pathname}${url.search}&redirected=1` },
  );
}

async function transmit(
  vendor: Vendor,
  { httpStatus, headers, body, ending }: Transfer,
  file: ResultFile,
  response: ServerResponse,
  count: (sentBytes: number) => void,
): Promise<void> {
  response.writeHead(httpStatus, headers);
  const pieces = typeof body === 'string' ? [Buffer.from(body)] : piecesOf(file, body.from, body.to, ending);
  for (const piece of pieces) {
    if (!(await write(response, piece))) return;
    count(piece.length);
    if (ending === 'trickle') await vendor.timers.wait(trickleMs);
  }
  if (ending === 'cut') response.destroy();
  else if (ending !== 'stall') response.end();
}

function* piecesOf(
  file: ResultFile,
  from: number,
  to: number,
  ending: Transfer['ending'],
): Generator<Buffer> {
  for (const piece of file.slice(from, to)) {
    if (ending !== 'trickle') yield piece;
    else for (let at = 0; at < piece.length; at += trickleBytes) yield piece.subarray(at, at + trickleBytes);
  }
  while (ending === 'endless') yield* file.slice(Math.max(0, to - 2 ** 16), to);
}

/** Whether the piece was sent; settles when the client has read it, or has disconnected. */
function write(response: ServerResponse, piece: Buffer): Promise<boolean> {
  if (response.destroyed || piece.length === 0) return Promise.resolve(!response.destroyed);
  return new Promise((resolve) => {
    response.write(piece, (problem) => resolve(!problem));
  });
}
