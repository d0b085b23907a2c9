// One HTTP/1.1 request on a connection of its own, byte for byte as ordered, and its answer with nothing hidden. Redirects, retries and
// codes are the far end's matter (simulators/twilio/telephone/fetch-document.ts).
// Follows RFC 9112.

import type { Clock } from "../../call/ports.ts";
import type { HttpResponse } from "../../protocol/http/message.ts";
import { HttpResponseReader } from "../../protocol/http/message.ts";
import type { TelephoneOutput } from "../twilio/telephone/inputs-outputs.ts";
import type { HttpAnswer } from "../twilio/webhook-answer.ts";
import type { ConnectionFailure, TlsTrust } from "./raw-connection.ts";
import { openConnection } from "./raw-connection.ts";

/** Makes the request and tells the answer, or why there is none, once. Returns how to give it up, after which nothing is told. */
export function sendHttpRequest(
  order: Extract<TelephoneOutput, { type: "http.request" }>,
  trust: TlsTrust,
  clock: Clock,
  tell: (result: HttpAnswer | ConnectionFailure) => void,
): () => void {
  const reader = new HttpResponseReader(order.maxBodyBytes);
  let stopReading = (): void => {};
  let isOver = false;
  let gotBytes = false;
  const finish = (result: HttpAnswer | ConnectionFailure | undefined): void => {
    if (!isOver && result !== undefined) {
      isOver = true;
      tell(result);
    }
    stopReading();
    stopWaiting();
    connection.destroy();
  };
  const readOn = (): void => {
    stopReading();
    const { readTimeoutMs } = order;
    stopReading = clock.after(readTimeoutMs, () => finish({ failure: "readTimeout", detail: `nothing came for ${readTimeoutMs} ms` }));
  };
  const stopWaiting = clock.after(order.totalTimeoutMs, () =>
    finish({ failure: "totalTimeout", detail: `no answer within ${order.totalTimeoutMs} ms` }),
  );
  const connection = openConnection(order.url, order.connectTimeoutMs, trust, clock, {
    opened: () => {
      readOn();
      connection.write(requestText(order));
    },
    received: (bytes) => {
      gotBytes = true;
      readOn();
      const result = reader.push(bytes);
      if (result !== undefined) finish(resultOf(result));
    },
    closed: (failure) => {
      const silent = { failure: "closed", detail: "closed without an answer" } as const;
      finish(failure ?? (gotBytes ? resultOf(reader.end()) : silent));
    },
  });
  return () => {
    isOver = true;
    finish(undefined);
  };
}

function requestText({ method, url, headers, body }: Extract<TelephoneOutput, { type: "http.request" }>): string {
  const { pathname, search } = new URL(url);
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[\r\n\0]/.test(line))) throw new Error("BUG: line break in a request's header");
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

function resultOf(result: HttpResponse | { readonly bad: string }): HttpAnswer | ConnectionFailure {
  if (!("bad" in result)) return { status: result.head.status, headers: result.head.fields, body: result.body };
  // The reader's one complaint that is about our bound and not about HTTP.
  const isLong = result.bad.startsWith("body: expected at most");
  return { failure: isLong ? "tooLarge" : "protocol", detail: result.bad };
}
