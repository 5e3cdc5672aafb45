/**
 * Answers of the API as values, so that handlers decide and http-server.ts alone touches sockets. Nearly
 * all of them are HTTP 200 with the verdict in the body's `code`, as the vendor does it.
 */

export interface Answer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `reset`: the connection ends without an answer. */
export type Reply = Answer | 'reset';

export function vendorAnswer(code: number, msg: string, data: unknown = null, httpStatus = 200): Answer {
  return jsonAnswer({ code, msg, data }, httpStatus);
}

export function jsonAnswer(value: unknown, httpStatus = 200): Answer {
  return { httpStatus, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

export function textAnswer(httpStatus: number, body: string, contentType = 'text/plain'): Answer {
  return { httpStatus, headers: { 'content-type': contentType }, body };
}

/** What the proxy in front of the vendor says when it says something itself. */
export function htmlAnswer(httpStatus: number): Answer {
  const page =
    httpStatus === 200
      ? '<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>'
      : `<html><body><h1>${httpStatus} Bad Gateway</h1></body></html>`;
  return textAnswer(httpStatus, page, 'text/html');
}
