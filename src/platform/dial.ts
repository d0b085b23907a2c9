// Dialled WebSockets on the ws package: the runtimes' own clients hide the response to a refused handshake. Under Bun,
// compiled too, "ws" is built in, and used when a dial has failed (bun-dial.ts); Deno uses the one from npm.
// Compression is off, and redirects are not followed.

import type { ClientRequest, IncomingMessage } from "node:http";
import { WebSocket as Socket } from "ws";
import { type DialEnd, type DialListener, type DialledSocket, MAX_MESSAGE_BYTES, type RefusalResponse } from "./seam.ts";

/** Of a refusal's body. OpenAI's has a few hundred bytes; a proxy's page may be of any size. */
export const MAX_REFUSAL_BYTES = 8_192;
/** RFC 6455 7.4.1: broken without a close frame. */
const BROKEN = 1006;

const noSocket: DialledSocket = { sendText: () => {}, close: () => {}, terminate: () => {}, bufferedBytes: () => 0 };

/** Repeated header fields are joined as in RFC 9110 5.3. */
function plainHeaders({ headers }: IncomingMessage): RefusalResponse["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/**
 * Reads a response other than 101, up to MAX_REFUSAL_BYTES. Calls `done` once: at the end, or when the returned
 * function is called. Without a timeout.
 */
function readRefusal(response: IncomingMessage, done: (refusal: RefusalResponse) => void): () => void {
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

/** Reports every failure, including an invalid URL, by `listener.closed`, after it returns. */
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
    socket.on("error", () => {}); // without a listener a later error of ws would end the process
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
    // Deno's node:http may report a broken connection before the response that arrived on it.
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
