// A telephone call without sockets, in virtual time: a test gives the answers to its requests in a table, and plays the
// server's side of the stream.

import type { HttpFields } from "../../../src/protocol/http/message.ts";
import { acceptKey } from "../../../src/protocol/websocket/handshake.ts";
import type {
  TelephoneCommand,
  TelephoneInput,
  TelephoneOptions,
  TelephoneOutput,
} from "../../../src/simulators/twilio/telephone/inputs-outputs.ts";
import { createTelephoneCall, stepTelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-call.ts";
import type { LineEvent, TelephoneCall } from "../../../src/simulators/twilio/telephone/telephone-state.ts";
import type { NetworkFailure } from "../../../src/simulators/twilio/webhook-answer.ts";

/** A test's answer to a URL: the inside of a TwiML document, a whole HTTP answer, or a network failure. */
export type Reply =
  | string
  | { readonly status: number; readonly headers?: HttpFields; readonly body?: string }
  | { readonly failure: NetworkFailure };

/** Replies by URL. Several for one URL are used in order, then the last one again. */
export type Replies = Readonly<Record<string, Reply | readonly Reply[]>>;

/** A call in virtual time, which starts at 0. */
export interface VirtualLine {
  readonly call: TelephoneCall;
  readonly outputs: readonly TelephoneOutput[];
  /** Requests as "purpose METHOD url". */
  readonly requests: readonly string[];
  command(command: TelephoneCommand): void;
  input(input: DistributiveOmit<TelephoneInput, "atMs">): void;
  /** The server accepts the stream. `more`: header fields besides the handshake's own. */
  open(more?: HttpFields, status?: number): void;
  /** The server sends a message; the streamSid is added. */
  send(message: object): void;
  advance(ms: number): void;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Options for a call to https://h/voice. */
export const plainOptions: TelephoneOptions = { webhook: { url: "https://h/voice" }, authToken: "0".repeat(32), seed: "test" };

/** Places a call and answers its requests at once. */
export function virtualLine(replies: Replies, options: Partial<TelephoneOptions> = {}): VirtualLine {
  let call = createTelephoneCall({ ...plainOptions, ...options });
  let atMs = 0;
  let wakeAtMs: number | undefined;
  const outputs: TelephoneOutput[] = [];
  const requested = new Map<string, number>();
  const step = (input: TelephoneInput): void => {
    const result = stepTelephoneCall(call, input);
    call = result.call;
    outputs.push(...result.outputs);
    for (const output of result.outputs) {
      if (output.type === "wake") wakeAtMs = output.atMs;
      if (output.type === "http.request") step(answerTo(output.id, output.url));
    }
  };
  const answerTo = (id: number, url: string): TelephoneInput => {
    const times = requested.get(url) ?? 0;
    requested.set(url, times + 1);
    const found = [replies[url] ?? { status: 404 }].flat() as Reply[];
    const reply = found[Math.min(times, found.length - 1)] ?? { status: 404 };
    if (typeof reply !== "string" && "failure" in reply) return { type: "http.failed", atMs, id, failure: reply.failure, detail: "" };
    const whole =
      typeof reply === "string"
        ? { status: 200, headers: [["Content-Type", "text/xml"]] as const, body: `<Response>${reply}</Response>` }
        : { headers: [], body: "", ...reply };
    return { type: "http.answered", atMs, id, status: whole.status, headers: whole.headers, body: new TextEncoder().encode(whole.body) };
  };
  const input: VirtualLine["input"] = (timeless) => step({ ...timeless, atMs } as TelephoneInput);
  const line: VirtualLine = {
    get call() {
      return call;
    },
    outputs,
    get requests() {
      return call.exchanges.map(({ purpose, request }) => `${purpose} ${request.method} ${request.url}`);
    },
    command: (command) => input({ type: "command", command }),
    input,
    open(more = [], status = 101) {
      const { id = 0, key = "" } = call.stream ?? {};
      const fields: HttpFields = [["Upgrade", "websocket"], ["Connection", "Upgrade"], ["Sec-WebSocket-Accept", acceptKey(key)], ...more];
      input({ type: "socket.opened", id, head: { version: "1.1", status, reason: "", fields } });
    },
    send: (message) =>
      input({
        type: "socket.text",
        id: call.stream?.id ?? 0,
        text: JSON.stringify({ streamSid: call.stream?.caller.options.streamSid, ...message }),
      }),
    advance(ms) {
      const endMs = atMs + ms;
      while (wakeAtMs !== undefined && wakeAtMs <= endMs) {
        atMs = Math.max(atMs, wakeAtMs);
        wakeAtMs = undefined;
        input({ type: "woke" });
      }
      atMs = endMs;
    },
  };
  input({ type: "placed" });
  return line;
}

/** What happened on the line, as text: "say Hello", "dial +1", "hangup server". */
export function lineOf(call: TelephoneCall): string[] {
  return call.line.map(describeEvent);
}

function describeEvent(event: LineEvent): string {
  switch (event.kind) {
    case "audio":
    case "spoke":
      return `${event.kind} ${event.atMs}-${event.untilMs}`;
    case "say":
      return `say ${event.text}`;
    case "play":
      return `play ${event.what}`;
    case "connected":
      return `connected ${event.atMs} ${event.target}`;
    case "dial":
      return `dial ${event.target}`;
    case "verb":
      return `verb ${event.name}`;
    case "applicationError":
      return `applicationError ${event.twilioCode}`;
    case "hangup":
      return `hangup ${event.by}`;
  }
}
