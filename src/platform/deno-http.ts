// Requests and responses of node:http as those of the Fetch API, for deno.ts.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { Readable, type Writable } from "node:stream";

/** Undefined when there is no such URL, or the method is not allowed. A request for an upgrade has no body. */
export function requestOf(message: IncomingMessage, hasBody: boolean): Request | undefined {
  const { url: target = "/", method = "GET", rawHeaders } = message;
  const url = target.startsWith("/") ? `http://${message.headers.host ?? "localhost"}${target}` : target;
  try {
    const headers = new Headers();
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    const bodiless = !hasBody || method === "GET" || method === "HEAD";
    const body = bodiless ? null : (Readable.toWeb(message) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>);
    return new Request(url, { method, headers, body, ...(body === null ? {} : { duplex: "half" }) } as RequestInit);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Sends the response and closes the connection: an idle one would hold a file that a call needs. */
export async function sendResponse(response: Response, to: ServerResponse): Promise<void> {
  to.writeHead(response.status, { ...Object.fromEntries(response.headers), connection: "close" });
  await copyBody(response, to);
  to.end();
}

/** As {@link sendResponse}, on the connection of a refused upgrade, which is no longer node:http's. */
export async function sendOnSocket(response: Response, to: Writable): Promise<void> {
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`);
  to.write(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${lines.join("")}connection: close\r\n\r\n`, "latin1");
  await copyBody(response, to);
  to.end(() => to.destroy());
}

/** Piece by piece. A peer that is gone, or that does not read, ends the copy when its connection closes. */
async function copyBody({ body }: Response, to: Writable): Promise<void> {
  const gone = new Promise<void>((resolve) => void to.on("close", resolve).on("error", () => resolve()));
  const reader = body?.getReader();
  while (reader !== undefined && !to.destroyed) {
    const { value, done } = await reader.read();
    if (done) break;
    if (!to.write(value)) await Promise.race([gone, new Promise<void>((resolve) => void to.once("drain", resolve))]);
  }
  if (to.destroyed) await reader?.cancel();
}
