/**
 * The shell: node:http on one side, the endpoints on the other. Reads the request, adds the delays of the
 * simulated network, finds the endpoint, writes the reply. The only file that touches sockets besides the
 * downloads. The API counts a request as arrived when it is read and its delay is over.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { accountRefusal, answerCredit, answerDownloadUrl } from './account.ts';
import { jsonAnswer, type Reply, vendorAnswer } from './answer.ts';
import type { Callbacks } from './callbacks.ts';
import { answerSettings, countsOf } from './control.ts';
import { createTask } from './create-task.ts';
import { answerPriceList, isPriceListPath } from './price-list.ts';
import { createRecordInfo } from './record-info.ts';
import { answerResult } from './result-route.ts';
import { answerFormUpload, answerJsonUpload, uploadRefusal } from './uploads.ts';
import { sampleFor, type Vendor } from './vendor.ts';

const formUploadPath = '/api/file-stream-upload';

interface Exchange {
  readonly url: URL;
  readonly body: string;
  readonly origin: string;
}

type Endpoint = (exchange: Exchange) => Reply | Promise<Reply>;

export function createHttpServer(vendor: Vendor, callbacks: Callbacks): Server {
  const api = apiEndpoints(vendor, callbacks);
  const control = controlEndpoints(vendor);
  let requests = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    if (url.pathname === formUploadPath) return write(response, await answerForm(request));
    const body = await text(request);
    const exchange = { url, body, origin: originOf(vendor, request) };
    const route = `${request.method} ${url.pathname}`;
    if (url.pathname.startsWith('/simulator/')) {
      const endpoint = control.get(route);
      return write(response, endpoint ? await endpoint(exchange) : jsonAnswer({ error: 'not found' }, 404));
    }
    requests += 1;
    const serial = requests;
    await vendor.timers.wait(sampleFor(vendor, vendor.settings.requestDelay, 'request', serial));
    const reply = await answerVendor(vendor, api.get(route), exchange, request, response);
    if (reply === 'sent') return;
    await vendor.timers.wait(sampleFor(vendor, vendor.settings.answerDelay, 'answer', serial));
    write(response, reply);
  }

  async function answerForm(request: IncomingMessage): Promise<Reply> {
    const refusal = accountRefusal(vendor, request.headers.authorization) ?? uploadRefusal(vendor);
    return refusal ?? answerFormUpload(vendor, request, originOf(vendor, request));
  }

  // Longer than any client keeps an idle connection, so that none is closed just as it is used again.
  return createServer({ keepAliveTimeout: 120_000, noDelay: true }, (request, response) => {
    answer(request, response).catch((problem: unknown) => fail(response, problem));
  });
}

function apiEndpoints(vendor: Vendor, callbacks: Callbacks): ReadonlyMap<string, Endpoint> {
  const recordInfo = createRecordInfo(vendor);
  const create: Endpoint = ({ body, origin }) => createTask(vendor, callbacks, body, origin);
  return new Map<string, Endpoint>([
    ['POST /api/v1/jobs/createTask', create],
    // Some newer models of the vendor live here.
    ['POST /api/v3/jobs/createTask', create],
    ['GET /api/v1/jobs/recordInfo', ({ url }) => recordInfo(url.searchParams.get('taskId'))],
    ['GET /api/v1/chat/credit', () => answerCredit(vendor)],
    ['POST /api/file-url-upload', ({ body, origin }) => answerJsonUpload(vendor, body, 'fileUrl', origin)],
    [
      'POST /api/file-base64-upload',
      ({ body, origin }) => answerJsonUpload(vendor, body, 'base64Data', origin),
    ],
    ['POST /api/v1/common/download-url', ({ body, origin }) => answerDownloadUrl(vendor, body, origin)],
  ]);
}

function controlEndpoints(vendor: Vendor): ReadonlyMap<string, Endpoint> {
  return new Map<string, Endpoint>([
    ['GET /simulator/counts', () => jsonAnswer(countsOf(vendor))],
    ['GET /simulator/settings', () => jsonAnswer(vendor.settings)],
    ['POST /simulator/settings', ({ body }) => answerSettings(vendor, body)],
  ]);
}

async function answerVendor(
  vendor: Vendor,
  endpoint: Endpoint | undefined,
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | 'sent'> {
  if (exchange.url.pathname.startsWith('/results/')) {
    return answerResult(vendor, exchange.url, request, response);
  }
  // Public: it needs no key, and must not get one.
  if (isPriceListPath(exchange.url.pathname)) {
    if (request.headers.authorization !== undefined) vendor.tally.keyLeaks += 1;
    return answerPriceList(vendor, exchange.url.pathname, exchange.body);
  }
  if (request.method === 'POST' && exchange.url.pathname.endsWith('/createTask'))
    vendor.tally.createCalls += 1;
  const refusal = accountRefusal(vendor, request.headers.authorization);
  if (refusal) return refusal;
  return endpoint ? endpoint(exchange) : vendorAnswer(404, 'Not found');
}

/** Where this client reaches us, so that result URLs work for it too. */
function originOf(vendor: Vendor, { headers, socket }: IncomingMessage): string {
  const { publicUrl } = vendor.settings;
  return publicUrl?.replace(/(?<!\/)\/+$/, '') ?? `http://${headers.host ?? `127.0.0.1:${socket.localPort}`}`;
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const length = { 'content-length': Buffer.byteLength(reply.body) };
  response.writeHead(reply.httpStatus, { ...reply.headers, ...length }).end(reply.body);
}

/** A disconnected client is not an error; anything else is a bug of the simulator and is reported. */
function fail(response: ServerResponse, problem: unknown): void {
  if (response.destroyed || response.headersSent) response.destroy();
  else write(response, jsonAnswer({ error: String(problem) }, 500));
}
