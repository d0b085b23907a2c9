// A call's driver with fake ports and a manual clock, and what it called on each port, in order. No sockets.

import type { CallSettings } from "../../../src/call/call-settings.ts";
import type { EndReason } from "../../../src/call/end-reason.ts";
import type { CallerPort, CallWatch, ModelDialler, ModelListener } from "../../../src/call/ports.ts";
import type { CallRecord } from "../../../src/call/record.ts";
import type { FromTwilio } from "../../../src/protocol/media-streams/media-streams.ts";
import { CallDriver } from "../../../src/server/calls/call-driver.ts";
import type { CallerInput } from "../../../src/server/calls/caller-link.ts";
import { scriptIdentity as identity, scriptSettings } from "../../call/call-script.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";

export const settings: CallSettings = { ...scriptSettings, greeting: "Greet." };

/** Called for each call on a port: it may throw, or call back. */
export type Trap = (port: "caller" | "model" | "store" | "log" | "ended" | "dialler" | "alert" | "tool" | "budget", what: string) => void;

interface RunningTool {
  returned(output: string): void;
  readonly ended: AbortSignal;
}

/** A driver, and everything it called, in order. */
export interface Desk {
  readonly driver: CallDriver;
  readonly clock: ManualClock;
  readonly calls: string[];
  readonly records: CallRecord[];
  readonly ends: EndReason[];
  /** The listener of each dial. */
  readonly links: ModelListener[];
  readonly armedMs: number[];
  readonly identifiers: string[];
  /** Each message that was sent to a model. */
  readonly sent: { readonly type: string; readonly audio?: string | undefined }[];
  /** The tools that run, by the id of their call. */
  readonly tools: Map<string, RunningTool>;
  /** Each frame that was sent to the caller. */
  readonly frames: { readonly event: string; readonly media?: { readonly payload: string } }[];
  /** How many frames there were at the beginning and the end of each batch. */
  readonly batches: number[];
}

/** `spendsAll`: what the call costs is more than the agent may spend. */
export function makeDesk(trap: Trap = () => undefined, callSettings = settings, watch?: CallWatch, spendsAll = false): Desk {
  const clock = manualClock(0);
  const calls: string[] = [];
  const records: CallRecord[] = [];
  const ends: EndReason[] = [];
  const links: ModelListener[] = [];
  const armedMs: number[] = [];
  const identifiers: string[] = [];
  const sent: Desk["sent"] = [];
  const tools: Desk["tools"] = new Map();
  const note = (port: Parameters<Trap>[0], what: string): void => {
    calls.push(`${port} ${what}`);
    trap(port, what);
  };
  const session = { instructions: "Be kind.", voice: "marin" };
  const dialler: ModelDialler = {
    name: "a fake",
    dial(callSid, safetyIdentifier, listener) {
      const number = links.push(listener);
      identifiers.push(safetyIdentifier);
      note("dialler", `${number} for ${callSid}`);
      const send = (text: string): void => {
        const message = JSON.parse(text);
        sent.push(message);
        note("model", `${number} ${message.type}`);
      };
      return { send, close: () => note("model", `${number} close`) };
    },
  };
  const driver = new CallDriver(identity, {
    settings: callSettings,
    spend: (usd) => {
      note("budget", String(usd));
      return spendsAll;
    },
    watch,
    clock: {
      nowMs: clock.nowMs,
      after(ms, callback) {
        armedMs.push(clock.nowMs() + ms);
        return clock.after(ms, callback);
      },
    },
    models: [
      { dialler, session },
      { dialler, session },
    ],
    tools: {
      run: ({ callId, name }, _, ended, returned) => {
        tools.set(callId, { returned, ended });
        note("tool", `${name} ${callId}`);
      },
    },
    store: {
      save(record) {
        records.push(record);
        note("store", record.end.cause);
      },
    },
    log: (level, event) => note("log", `${level} ${event}`),
    filler: FILLER,
    alert: (cause, detail, callSid) => note("alert", `${cause} "${detail}" ${callSid}`),
    ended(callSid, end) {
      ends.push(end);
      note("ended", `${callSid} ${end.by} ${end.cause}`);
    },
  });
  return { driver, clock, calls, records, ends, links, armedMs, identifiers, sent, tools, frames: [], batches: [] };
}

/** 20 ms of a sound, base64 PCMU. */
export const FILLER = Buffer.alloc(160, 0x2a).toString("base64");

type Start = Extract<FromTwilio, { type: "start" }>;

/** The `start` of a stream. */
export const start = (streamSid = "MZ1", encoding = "audio/x-mulaw"): Start => ({
  type: "start",
  sequenceNumber: 1,
  streamSid,
  accountSid: "AC1",
  callSid: "CA1",
  tracks: ["inbound"],
  mediaFormat: { encoding, sampleRateHz: 8_000, channels: 1 },
  customParameters: {},
});

/** A frame of silence from the caller. */
export const media = (sequenceNumber: number, streamSid = "MZ1"): FromTwilio => ({
  type: "media",
  sequenceNumber,
  streamSid,
  track: "inbound",
  chunk: 1,
  timestampMs: 0,
  payload: "////",
});

/** A caller's socket. */
export function portOf(desk: Desk, name: string, trap: Trap = () => undefined): CallerPort {
  const note = (what: string): void => {
    desk.calls.push(`caller ${name} ${what}`);
    trap("caller", what);
  };
  return {
    send(text) {
      const frame = JSON.parse(text);
      desk.frames.push(frame);
      note(frame.event);
      return true;
    },
    batch(work) {
      desk.batches.push(desk.frames.length);
      work();
      desk.batches.push(desk.frames.length);
    },
    close: () => note("close"),
  };
}

/** An event from the model, as text. */
export const event = (type: string, fields: Record<string, unknown> = {}): string => JSON.stringify({ type, event_id: "e", ...fields });
/** `response.created`. */
export const created = (id: string): string => event("response.created", { response: { id } });
/** `response.output_audio.delta`; 3 bytes of audio by default. */
export const delta = (id: string, payload = "////"): string =>
  event("response.output_audio.delta", { response_id: id, item_id: `i${id}`, output_index: 0, content_index: 0, delta: payload });

/** A call with a stream, whose model is ready. `calls` is empty. */
export function readyCall(trap?: Trap, portTrap?: Trap): Desk & { readonly input: CallerInput; readonly link: ModelListener } {
  const desk = makeDesk(trap);
  desk.driver.requestStream(false);
  const input = desk.driver.attach(portOf(desk, "one", portTrap), start());
  const link = desk.links[0];
  if (link === undefined) throw new Error("not dialled");
  link.opened();
  link.text(event("session.updated", { session: {} }));
  desk.calls.length = 0;
  return { ...desk, input, link };
}

/** How a connection to the model breaks. */
export const lost = { code: 1006, reason: "", httpStatus: undefined, failure: undefined };
