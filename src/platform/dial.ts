// The dialled WebSocket of both runtimes, on the ws package: their own clients hide what a server says when it refuses a handshake. Under Bun, compiled too,
// "ws" is built in (12 microseconds for a message each way become 13); Deno takes the one of npm. Compression stays off, redirects are not followed.

import type { ClientRequest, IncomingMessage } from "node:http";
import { WebSocket as Socket } from "ws";
import type { DialEnd, DialListener, DialledSocket, Refusal } from "./seam.ts";

/** Most that is read of the body of a refusal: OpenAI's has a few hundred bytes, a proxy's page may have any number. */
export const MAX_REFUSAL_BYTES = 8_192;
/** Longest message taken. A Realtime server sends a second of speech at a time, some 11,000 bytes; ws alone would take 100 MiB. */
const MAX_MESSAGE_BYTES = 4_194_304;
/** RFC 6455 7.4.1: broken without a close frame. */
const BROKEN = 1006;

const noSocket: DialledSocket = { sendText: () => {}, close: () => {}, terminate: () => {}, bufferedBytes: () => 0 };

/** Header fields with one value each; of a repeated one, all, as RFC 9110 5.3 joins them. */
function plainHeaders({ headers }: IncomingMessage): Refusal["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** Reads the answer that is no 101, up to MAX_REFUSAL_BYTES; `done` is told once, when it is over or `finish` is called. Nothing limits the time. */
function readRefusal(response: IncomingMessage, done: (refusal: Refusal) => void): () => void {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    const body = new TextDecoder().decode(Buffer.concat(pieces).subarray(0, MAX_REFUSAL_BYTES));
    done({ headers: plainHeaders(response), body });
    response.destroy();
  };
  response.on("data", (piece: Uint8Array) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= MAX_REFUSAL_BYTES) finish();
  });
  for (const event of ["end", "error", "close"]) response.on(event, finish);
  return finish;
}

/** Dials a ws:// or wss:// URL; every failure, that of a bad URL too, comes by `listener.closed`, after the return. */
export function dialSocket(url: string, headers: Readonly<Record<string, string>>, listener: DialListener): DialledSocket {
  let failure: string | undefined;
  let finishRefusal: (() => void) | undefined;
  let socket: Socket;
  try {
    socket = new Socket(url, { headers: { ...headers }, perMessageDeflate: false, followRedirects: false, maxPayload: MAX_MESSAGE_BYTES });
  } catch (error) {
    queueMicrotask(() => listener.closed({ code: BROKEN, reason: "", httpStatus: undefined, failure: String(error) }));
    return noSocket;
  }
  const closed = (end: DialEnd): void => {
    socket.removeAllListeners();
    socket.on("error", () => {}); // whatever ws has to say yet: without a listener it would end the process
    listener.closed(end);
  };
  socket.on("open", () => listener.opened());
  socket.on("message", (data, isBinary) => {
    if (!isBinary) listener.text(data.toString());
  });
  socket.on("error", (error) => {
    failure ??= error.message;
  });
  socket.on("unexpected-response", (request: ClientRequest, response: IncomingMessage) => {
    const httpStatus = response.statusCode;
    finishRefusal = readRefusal(response, (refusal) => {
      request.destroy();
      closed({ code: BROKEN, reason: "", httpStatus, failure: `HTTP ${httpStatus} ${response.statusMessage ?? ""}`.trim(), refusal });
    });
    listener.refused?.();
  });
  socket.on("close", (code, reason) => {
    // Deno's node:http may report a broken connection before the answer that came over it.
    if (finishRefusal === undefined) closed({ code, reason: reason.toString(), httpStatus: undefined, failure });
  });
  return {
    sendText(text) {
      if (socket.readyState === Socket.OPEN) socket.send(text);
    },
    close(code, reason) {
      if (finishRefusal !== undefined) finishRefusal();
      else if (socket.readyState === Socket.CONNECTING) socket.terminate();
      else socket.close(code, reason);
    },
    terminate() {
      if (finishRefusal !== undefined) finishRefusal();
      else socket.terminate();
    },
    bufferedBytes: () => socket.bufferedAmount,
  };
}
