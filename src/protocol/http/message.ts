// Reads an HTTP/1.1 response from bytes as they arrive, for simulators and probes that dial a server as Twilio does.
// Header fields keep their order and case, and a violation of the protocol names the section of the RFC. Not a client:
// no connections, redirects, cookies or compression. Follows RFC 9112.

import type { Bad } from "../bad.ts";
import { ByteQueue } from "../byte-queue.ts";
import { latin1Text } from "../bytes.ts";
import { ChunkedBody } from "./chunked.ts";

/** In the order and case received. */
export type HttpFields = readonly (readonly [name: string, value: string])[];

export interface HttpHead {
  /** "1.1" */
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly fields: HttpFields;
}

/** `rest`: the bytes after the response; after a 101, the first of the new protocol. */
export interface HttpResponse {
  readonly head: HttpHead;
  readonly body: Uint8Array;
  readonly rest: Uint8Array;
}

/** With all interim responses before it. Common servers and clients stop at 8 to 64 KiB. */
export const MAX_HEAD_BYTES = 65_536;

/** A header's value by its case-insensitive name; repeated fields are joined by ", " (RFC 9110 section 5.3). */
export function fieldValue(fields: HttpFields, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = fields.filter(([candidate]) => candidate.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

const statusLine = /^HTTP\/(\d\.\d) ([1-9]\d\d)(?: (.*))?$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)$/;

/** `text`: without the empty line that ends the head. */
export function parseHead(text: string): HttpHead | Bad {
  const [first = "", ...lines] = text.split("\r\n");
  const status = statusLine.exec(first);
  if (status === null)
    return { bad: `status line: expected one like "HTTP/1.1 200 OK", got ${first.length} other characters (RFC 9112 section 4)` };
  const fields: [string, string][] = [];
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (field === null || /[\r\n\0]/.test(line))
      return { bad: `header line ${fields.length + 1}: expected "Name: value" (RFC 9112 section 5)` };
    fields.push([field[1] ?? "", withoutBlanks(field[2] ?? "")]);
  }
  return { version: status[1] ?? "", status: Number(status[2]), reason: status[3] ?? "", fields };
}

/** Trims spaces and tabs, and nothing else, from both ends (RFC 9110 section 5.6.3). */
function withoutBlanks(value: string): string {
  const isBlank = (at: number): boolean => value[at] === " " || value[at] === "\t";
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(start)) start += 1;
  while (start < end && isBlank(end - 1)) end -= 1;
  return value.slice(start, end);
}

/** How a response's body is delimited (RFC 9112 section 6.3). */
type Framing = { readonly type: "length"; readonly bytes: number } | { readonly type: "chunked" } | { readonly type: "close" };

function framingOf(head: HttpHead): Framing | Bad {
  const coding = fieldValue(head.fields, "transfer-encoding")?.toLowerCase();
  const length = fieldValue(head.fields, "content-length");
  if (head.status < 200 || head.status === 204 || head.status === 304) return { type: "length", bytes: 0 };
  if (coding !== undefined && length !== undefined) {
    return { bad: "header: expected Transfer-Encoding or Content-Length, got both (RFC 9112 section 6.3)" };
  }
  if (coding !== undefined) {
    return coding === "chunked" ? { type: "chunked" } : { bad: "Transfer-Encoding: expected chunked, got another (RFC 9112 section 6.1)" };
  }
  if (length === undefined) return { type: "close" };
  // A repeated equal length is allowed (section 6.3), another list is not.
  const [bytes = "", ...others] = length.split(/ *, */);
  const fits = /^\d{1,15}$/.test(bytes) && others.every((other) => other === bytes);
  return fits ? { type: "length", bytes: Number(bytes) } : { bad: "Content-Length: expected a decimal number (RFC 9112 section 6.2)" };
}

/** Reads one response. Interim responses (1xx, except 101) are skipped. */
export class HttpResponseReader {
  readonly #maxBodyBytes: number;
  readonly #pending = new ByteQueue();
  /** Up to here, #pending has no empty line. */
  #searchedBytes = 0;
  /** Of the interim responses. */
  #interimBytes = 0;
  #head: HttpHead | undefined;
  #framing: Framing | undefined;
  #chunked = new ChunkedBody(0);
  #bad: Bad | undefined;

  /** A longer body is Bad. */
  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** The head, once it is complete. */
  get head(): HttpHead | undefined {
    return this.#head;
  }

  /** What is missing of a response whose head has come: "HTTP 200, 213 of 253 bytes (Content-Length)". */
  get shortfall(): string | undefined {
    if (this.#head === undefined) return undefined;
    const has = {
      length: `${this.#pending.length} of ${this.#framing?.type === "length" ? this.#framing.bytes : 0} bytes (Content-Length)`,
      chunked: "no last chunk (Transfer-Encoding: chunked)",
      close: `${this.#pending.length} bytes, no Content-Length, and the connection stays open`,
    };
    return `HTTP ${this.#head.status}, ${has[this.#framing?.type ?? "close"]}`;
  }

  /**
   * Takes the next bytes. Returns the response once it is complete, Bad from the first fault on, otherwise undefined.
   */
  push(bytes: Uint8Array): HttpResponse | Bad | undefined {
    if (this.#bad !== undefined) return this.#bad;
    this.#pending.push(bytes);
    const result = this.#read();
    if (result !== undefined && "bad" in result) this.#bad = result;
    return result;
  }

  /** The server closed the connection: that completes a body without a length; any other response is cut off. */
  end(): HttpResponse | Bad {
    if (this.#bad !== undefined) return this.#bad;
    if (this.#head === undefined)
      return { bad: `response: expected a head, got ${this.#pending.length} bytes and the end (RFC 9112 section 8)` };
    if (this.#framing?.type !== "close") return { bad: "body: expected all of it, got its beginning (RFC 9112 section 8)" };
    return { head: this.#head, body: this.#pending.take(this.#pending.length), rest: new Uint8Array(0) };
  }

  #read(): HttpResponse | Bad | undefined {
    while (this.#head === undefined) {
      const step = this.#readHead();
      if (step !== "next") return step;
    }
    return this.#readBody(this.#head);
  }

  /** Takes the next head from the pending bytes, once it is complete. */
  #readHead(): "next" | Bad | undefined {
    const pending = this.#pending.peek();
    const end = indexOfEmptyLine(pending, this.#searchedBytes);
    if (this.#interimBytes + (end === -1 ? pending.length : end) > MAX_HEAD_BYTES)
      return { bad: `head: expected at most ${MAX_HEAD_BYTES} bytes, got more` };
    // The empty line may have begun with the last three bytes.
    this.#searchedBytes = end === -1 ? Math.max(0, pending.length - 3) : 0;
    if (end === -1) return undefined;
    const head = parseHead(latin1Text(pending.subarray(0, end)));
    if ("bad" in head) return head;
    this.#pending.skip(end + 4);
    if (head.status < 200 && head.status !== 101) {
      this.#interimBytes += end + 4;
      return "next";
    }
    const framing = framingOf(head);
    if ("bad" in framing) return framing;
    this.#head = head;
    this.#framing = framing;
    this.#chunked = new ChunkedBody(this.#maxBodyBytes);
    return "next";
  }

  #readBody(head: HttpHead): HttpResponse | Bad | undefined {
    const framing = this.#framing;
    if (framing?.type === "chunked") {
      const body = this.#chunked.push(this.#pending.take(this.#pending.length));
      return body === undefined || "bad" in body ? body : { head, ...body };
    }
    const bytes = framing?.type === "length" ? framing.bytes : this.#pending.length;
    if (bytes > this.#maxBodyBytes) return { bad: `body: expected at most ${this.#maxBodyBytes} bytes, got more` };
    if (framing?.type === "close" || this.#pending.length < bytes) return undefined;
    return { head, body: this.#pending.take(bytes), rest: this.#pending.take(this.#pending.length) };
  }
}

function indexOfEmptyLine(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(13, from); at !== -1; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}
