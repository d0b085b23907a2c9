// Sends one HTTP/1.1 request on a connection of its own, byte for byte as given, and reports the raw answer. It follows
// no redirect, retries nothing and assigns no Twilio codes: simulators/twilio/telephone/fetch-document.ts does.
// Follows RFC 9112.

import type { Clock } from "../../call/ports.ts";
import type { HttpResponse } from "../../protocol/http/message.ts";
import { HttpResponseReader } from "../../protocol/http/message.ts";
import type { TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import type { HttpAnswer } from "../twilio/webhook-answer.ts";
import type { ConnectionFailure, TlsTrust } from "./raw-connection.ts";
import { openConnection } from "./raw-connection.ts";

type HttpRequest = Extract<TelephoneOutput, { type: "http.request" }>;

/**
 * Sends the request and reports its answer or its failure, once. Returns a function that aborts it without a report.
 */
export function sendHttpRequest(
  request: HttpRequest,
  trust: TlsTrust,
  clock: Clock,
  report: (result: HttpAnswer | ConnectionFailure) => void,
): () => void {
  const reader = new HttpResponseReader(request.maxBodyBytes);
  let stopReadTimer = (): void => {};
  let isOver = false;
  let gotBytes = false;
  const finish = (result: HttpAnswer | ConnectionFailure | undefined): void => {
    if (!isOver && result !== undefined) {
      isOver = true;
      report(result);
    }
    stopReadTimer();
    stopTotalTimer();
    connection.destroy();
  };
  const timeout = (failure: "readTimeout" | "totalTimeout", detail: string): ConnectionFailure =>
    reader.shortfall === undefined ? { failure, detail } : { failure: "unfinished", detail: reader.shortfall };
  const restartReadTimer = (): void => {
    stopReadTimer();
    const { readTimeoutMs } = request;
    stopReadTimer = clock.after(readTimeoutMs, () => finish(timeout("readTimeout", `no bytes for ${readTimeoutMs} ms`)));
  };
  const stopTotalTimer = clock.after(request.totalTimeoutMs, () =>
    finish(timeout("totalTimeout", `no answer within ${request.totalTimeoutMs} ms`)),
  );
  const connection = openConnection(request.url, request.connectTimeoutMs, trust, clock, {
    opened: () => {
      restartReadTimer();
      connection.write(requestText(request));
    },
    received: (bytes) => {
      gotBytes = true;
      restartReadTimer();
      const result = reader.push(bytes);
      if (result !== undefined) finish(resultOf(result));
    },
    closed: (failure) => {
      const silent = { failure: "closed", detail: "closed without an answer" } as const;
      const isCut = failure?.failure === "closed" && reader.shortfall !== undefined;
      if (isCut) finish({ failure: "truncated", detail: reader.shortfall ?? "" });
      else finish(failure ?? (gotBytes ? resultAtClose(reader) : silent));
    },
  });
  return () => {
    isOver = true;
    finish(undefined);
  };
}

function requestText({ method, url, headers, body }: HttpRequest): string {
  const { pathname, search } = new URL(url);
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[\r\n\0]/.test(line))) throw new Error("BUG: line break in a request's header");
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** The connection was closed: that ends a body without a length, and cuts off any other. */
function resultAtClose(reader: HttpResponseReader): HttpAnswer | ConnectionFailure {
  const { shortfall } = reader;
  const result = reader.end();
  return "bad" in result && shortfall !== undefined ? { failure: "truncated", detail: shortfall } : resultOf(result);
}

function resultOf(result: HttpResponse | { readonly bad: string }): HttpAnswer | ConnectionFailure {
  if (!("bad" in result)) return { status: result.head.status, headers: result.head.fields, body: result.body };
  // The problems that the reader reports because of our limits, not because of HTTP.
  const isTooLong = /^(?:body|head|chunk): expected (?:lines of )?at most/.test(result.bad);
  return { failure: isTooLong ? "tooLarge" : "protocol", detail: result.bad };
}
