// Plays .call scripts: events, each followed by the effects that the call orders. scripts/README.md describes the
// format.

import { step } from "../../src/call/call.ts";
import { type CallSettings, endlessPatience, type KeyAction } from "../../src/call/call-settings.ts";
import type { Effect, Next } from "../../src/call/effects.ts";
import type { CallEvent } from "../../src/call/events.ts";
import type { CallPrices } from "../../src/call/machines/costs.ts";
import type { CallRecord, TurnRecord } from "../../src/call/record.ts";
import { type Call, newCall } from "../../src/call/state.ts";
import type { FunctionCall } from "../../src/protocol/realtime/realtime.ts";
import type { ModelUsage } from "../../src/protocol/realtime/usage.ts";
import { KeptAudio, playKept } from "./kept-effects.ts";
import { readTransfers } from "./script-transfers.ts";

/** A token costs one dollar. */
export const scriptPrices: CallPrices = {
  response: { textIn: 1e6, textCached: 1e6, textOut: 1e6, audioIn: 1e6, audioCached: 1e6, audioOut: 1e6 },
  transcription: { perMinute: 60 },
};

/** Settings of every script, unless it changes them. */
export const scriptSettings: CallSettings = {
  greeting: "Greet the caller.",
  startMs: 60_000,
  modelReadyMs: 6_000,
  replyMs: 8_000,
  canTransfer: false,
  canHangUp: true,
  canSendDigits: false,
  keys: {},
  digits: [],
  transfers: [],
  onFailure: undefined,
  patience: endlessPatience,
  budgetUsd: undefined,
  prices: [],
  toolMs: 20_000,
  models: 1,
  firstModel: 0,
  refused: [],
  nextModelMs: 1_500,
  prewarmMs: 15_000,
  fillerMs: 1_500,
  stallMs: 5_000,
  rollOverMs: 3_300_000,
  afterMs: 10_000,
};

export const scriptIdentity = { callSid: "CA1", accountSid: "AC1", from: "+15550100", to: "+15550199" };

/** Plays a script and returns it with the effects that were really ordered. */
export function playScript(source: string): string {
  const player = new ScriptPlayer();
  const lines = source.split("\n").filter((line) => !line.trimStart().startsWith(">"));
  return lines.flatMap((line) => [line, ...player.play(line)]).join("\n");
}

/** One event of a played call: the call before and after it, and what it ordered. */
export interface Played {
  readonly before: Call;
  readonly event: CallEvent;
  readonly after: Call;
  readonly effects: readonly Effect[];
  /** Of the caller's audio, after it. */
  readonly keptBytes: number;
}

/** Plays a script and returns its steps. */
export function playedSteps(source: string): readonly Played[] {
  const player = new ScriptPlayer();
  for (const line of source.split("\n")) if (!line.trimStart().startsWith(">")) player.play(line);
  return player.played;
}

/** Plays a script given as lines, and returns the effects of its last event. */
export function lastEffects(...lines: readonly string[]): readonly string[] {
  const played = playScript(lines.join("\n")).split("\n");
  const last = played.findLastIndex((line) => !line.trimStart().startsWith(">"));
  return played.slice(last + 1).map((line) => line.trim().slice(2));
}

/** A call whose model is ready, at 20 ms; the greeting was requested. */
export const greetingRequested: readonly string[] = ["0 caller.started", "10 model.opened", "20 model.ready"];

/** A call whose greeting was heard to the end, at 200 ms. */
export const greeted: readonly string[] = [
  ...greetingRequested,
  "30 model.responseStarted responseId=r1",
  "40 model.audio responseId=r1 itemId=a1 payload=M120",
  "50 model.responseDone responseId=r1",
  "200 caller.markReturned name=v1",
];

/** A call whose reply is playing, at 1,170 ms: 400 ms were sent, and 120 ms of them heard. */
export const replying: readonly string[] = [
  ...greeted,
  "300 model.speechStarted itemId=u1",
  "900 model.speechStopped itemId=u1",
  "1000 model.responseStarted responseId=r2",
  "1010 model.audio responseId=r2 itemId=a2 payload=M400",
  "1170 caller.markReturned name=v2",
];

/** By model, then by setting: "noise_reduction,voice;speed". */
function readRefused(value: string): readonly (readonly string[])[] {
  return value.split(";").map((model) => model.split(",").filter((option) => option !== ""));
}

/** "9:hangUp,*:repeat,0:transfer:desk". */
function readKeys(value: string): CallSettings["keys"] {
  return Object.fromEntries(
    value.split(",").map((one) => {
      const [key = "", type, name] = one.split(":");
      return [key, { type, ...(name === undefined ? {} : { name }) } as KeyAction];
    }),
  );
}

/** By kind: "pin:4:4:#:5000:masked": name, max, min, terminator, timeout. */
function readDigits(value: string): CallSettings["digits"] {
  return value.split(",").map((one) => {
    const [name = "", max, min, terminator, timeoutMs, masked] = one.split(":");
    return {
      name,
      max: Number(max),
      min: Number(min),
      terminator: terminator === "none" ? undefined : terminator,
      timeoutMs: Number(timeoutMs),
      isMasked: masked === "masked",
    };
  });
}

/** `idleMs=5000 times=2`, `warnMs=60000 maxMs=90000` and `priced=yes` are settings too. */
function withLimits(given: CallSettings & Readonly<Record<string, unknown>>): CallSettings {
  const { idleMs, times = 2, warnMs, maxMs, priced, ...settings } = given;
  const idle = idleMs === undefined ? undefined : { ms: Number(idleMs), say: "Still there?", times: Number(times) };
  const duration = maxMs === undefined ? undefined : { warnMs: warnMs as number | undefined, maxMs: Number(maxMs) };
  const prices = priced === true || settings.budgetUsd !== undefined ? [scriptPrices] : settings.prices;
  return { ...settings, prices, patience: { idle, duration } };
}

class ScriptPlayer {
  readonly played: Played[] = [];
  #call: Call = newCall(scriptIdentity, scriptSettings, 0);
  readonly #kept = new KeptAudio();
  #sequence = 1;
  #timestampMs = 0;
  #stream = "MZ1";

  play(line: string): readonly string[] {
    const words = line.trim().match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
    const [atMs, type, ...rest] = words;
    if (atMs === undefined || type === undefined || atMs.startsWith("#")) return [];
    if (atMs === "settings") return this.#set([type, ...rest]);
    const fields = fieldsOf(rest);
    const event = this.#event(Number(atMs), type, fields);
    const { call, effects: ordered } = step(this.#call, event);
    const effects = playKept(this.#kept, ordered);
    this.played.push({ before: this.#call, event, after: call, effects, keptBytes: this.#kept.bytes });
    this.#call = call;
    return effects.map((effect) => `          > ${showEffect(effect)}`);
  }

  /** Settings hold for the whole call: the line comes before the first event. */
  #set(words: readonly string[]): readonly string[] {
    const read = (value: string) => (value === "none" ? undefined : value === "yes" ? true : Number(value));
    const given = Object.entries(fieldsOf(words)).map(([key, value]) => {
      if (key === "keys") return [key, readKeys(value)];
      if (key === "transfers") return [key, readTransfers(value)];
      if (key === "onFailure") return [key, value];
      if (key === "digits") return [key, readDigits(value)];
      return [key, key === "refused" ? readRefused(value) : read(value)];
    });
    this.#call = newCall(scriptIdentity, withLimits({ ...scriptSettings, ...Object.fromEntries(given) }), 0);
    return [];
  }

  #event(atMs: number, type: string, fields: Record<string, string>): CallEvent {
    if (type === "caller.started") this.#stream = fields["epoch"] ?? this.#stream;
    if (type === "caller.started") this.#sequence = 1;
    const leg = this.#leg(type, fields["epoch"]);
    const text = { itemId: "item1", responseId: "resp1", ...fields };
    const event = { ...text, type, atMs, ...leg, ...this.#typed(type, fields) };
    return event as unknown as CallEvent;
  }

  #leg(type: string, epoch: string | undefined): { readonly epoch?: string | number } {
    if (type.startsWith("model.")) return { epoch: Number(epoch ?? this.#call.model.epoch) };
    const ofStream =
      type.startsWith("caller.") && !["caller.streamRequested", "caller.nextRequested", "caller.statusReported"].includes(type);
    return ofStream ? { epoch: epoch ?? this.#stream } : {};
  }

  #typed(type: string, fields: Record<string, string>): Record<string, unknown> {
    const numbered = () => ({ sequence: Number(fields["sequence"] ?? ++this.#sequence) });
    switch (type) {
      case "caller.streamRequested":
        return { prewarm: fields["prewarm"] === "yes" };
      case "caller.nextRequested":
        return { dialCallStatus: fields["dialCallStatus"], dialBridged: bridgedOf(fields["dialBridged"]) };
      case "transfer.screenRequested":
        return { leg: fields["leg"] ?? "CA2", to: fields["to"] ?? "+15550170001", digits: fields["digits"] };
      case "caller.started":
        return { format: { encoding: fields["encoding"] ?? "audio/x-mulaw", sampleRateHz: 8_000, channels: 1 } };
      case "caller.audio": {
        const payload = audio(fields["payload"] ?? "C20");
        const timestampMs = Number(fields["timestampMs"] ?? this.#timestampMs);
        this.#timestampMs = timestampMs + lengthMs(payload);
        return { ...numbered(), timestampMs, payload };
      }
      case "caller.markReturned":
      case "caller.keyPressed":
        return numbered();
      case "caller.disconnected":
      case "model.lost": {
        const httpStatus = fields["httpStatus"] === undefined ? undefined : Number(fields["httpStatus"]);
        const { failure, errorCode } = fields;
        const retryAfterMs = fields["retryAfterMs"] === undefined ? undefined : Number(fields["retryAfterMs"]);
        return { code: Number(fields["code"] ?? 1006), reason: fields["reason"] ?? "", httpStatus, failure, errorCode, retryAfterMs };
      }
      case "model.audio":
        return { contentIndex: 0, payload: audio(fields["payload"] ?? "M400") };
      case "model.audioDone":
        return { contentIndex: 0 };
      case "model.responseDone":
        return {
          status: fields["status"] ?? "completed",
          hasCalls: fields["calls"] !== undefined,
          calls: callsOf(fields["calls"], fields["args"]),
          reason: fields["reason"],
          error: errorOf(fields),
          usage: usageOf(fields["tokens"]),
        };
      case "model.speechTranscribed":
        return fields["seconds"] === undefined ? {} : { usage: { type: "seconds", seconds: Number(fields["seconds"]) } };
      case "model.functionCalled":
        return { call: callsOf(fields["calls"] ?? ":")[0] };
      case "model.errorReported":
        return { error: errorOf({ code: "server_error", ...fields }) };
      default:
        return {};
    }
  }
}

function fieldsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1).replaceAll('"', "")]));
}

/** "c1:look_up,c2:hang_up" are two calls; "yes" says that there are some. `args` is JSON with single quotes. */
function callsOf(text: string | undefined, args = "{}"): readonly FunctionCall[] {
  if (text === undefined || text === "yes") return [];
  return text.split(",").map((one) => {
    const [callId = "", name = ""] = one.split(":");
    return { callId, name, arguments: args.replaceAll("'", '"') };
  });
}

function usageOf(tokens: string | undefined): ModelUsage | undefined {
  return tokens === undefined ? undefined : { inputTokens: 0, outputTokens: Number(tokens), totalTokens: Number(tokens) };
}

function errorOf(fields: Record<string, string>): unknown {
  const { code, message = "what went wrong", param, eventId } = fields;
  return code === undefined ? undefined : { type: "error", code, message, param, eventId };
}

function bridgedOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "yes";
}

/** "C20" is 20 ms of the byte "C". */
function audio(short: string): string {
  const bytes = Number(short.slice(1)) * 8;
  return Buffer.alloc(bytes, short.charCodeAt(0)).toString("base64");
}

function lengthMs(payload: string): number {
  return Buffer.from(payload, "base64").length / 8;
}

function showAudio(payload: string): string {
  const bytes = Buffer.from(payload, "base64");
  const first = bytes[0] ?? 0;
  if (bytes.some((byte) => byte !== first)) return `mixed ${bytes.length / 8} ms`;
  return first === 0xff ? `silence ${bytes.length / 8} ms` : `${String.fromCharCode(first)} ${bytes.length / 8} ms`;
}

function showEffect(effect: Effect): string {
  switch (effect.type) {
    case "caller.play":
    case "model.appendAudio":
      return `${effect.type} ${showAudio(effect.payload)}`;
    case "caller.mark":
      return `${effect.type} ${effect.name}`;
    case "after.answer":
      return `${effect.type} ${showNext(effect.next)}`;
    case "screen.answer":
      return `${effect.type} ${effect.screen.type}${effect.screen.type === "ask" ? ` "${effect.screen.words} ${effect.screen.ask}"` : ""}`;
    case "model.configure":
      return `${effect.type} ${effect.epoch}${effect.omit.length === 0 ? "" : ` without ${effect.omit.join(", ")}`}`;
    case "model.dial":
      return `${effect.type} ${effect.epoch}${effect.chosen === 0 ? "" : ` of model ${effect.chosen}`}`;
    case "model.close":
      return `${effect.type} ${effect.epoch}`;
    case "model.addMessage":
      return `${effect.type} ${effect.epoch} ${effect.role} "${effect.text}"`;
    case "model.addToolResult":
      return `${effect.type} ${effect.epoch} ${effect.callId} "${effect.output}"`;
    case "tool.run": {
      const typed = Object.entries(effect.typed).map(([kind, digits]) => ` ${kind}=${digits}`);
      return `${effect.type} ${effect.callId} ${effect.name}${typed.join("")}`;
    }
    case "model.respond": {
      const tools = effect.withoutTools === true ? " without tools" : "";
      return `${effect.type} ${effect.eventId}${effect.instructions === undefined ? "" : ` "${effect.instructions}"`}${tools}`;
    }
    case "model.truncate":
      return `${effect.type} ${effect.itemId} at ${effect.audioEndMs} ms`;
    case "record.save":
      return `${effect.type} ${showRecord(effect.record)}`;
    case "cost.add":
      return `${effect.type} $${effect.usd}`;
    case "alert":
      return `${effect.type} ${effect.cause}`;
    case "log":
      return `${effect.type} ${effect.level} ${effect.event}`;
    case "call.ended":
      return `${effect.type} ${effect.end.by} ${effect.end.cause}`;
    default:
      return effect.type;
  }
}

function showNext(next: Next): string {
  const words = next.type === "say" && next.words !== undefined ? ` "${next.words}"` : "";
  const sentence = "sentence" in next && next.sentence !== undefined ? ` ${next.sentence}` : "";
  if (next.type !== "dial") return `${next.type}${sentence}${words}`;
  const { targets, isScreened, isDetached } = next.dial;
  return `dial ${targets.join(" ")}${isScreened ? " screened" : ""}${isDetached ? " detached" : ""}${sentence}`;
}

function showRecord({ end, turns, fallback, longestWaitMs, twilioCode, transfers }: CallRecord): string {
  const code = twilioCode === undefined ? "" : ` (${twilioCode})`;
  const people = transfers.map(({ name, to, outcome }) => `, ${name} ${to} ${outcome}`).join("");
  return `${end.by} ${end.cause}${code}, ${fallback}${people}, waited ${longestWaitMs} ms, ${turns.map(showTurn).join("; ") || "no turn"}`;
}

function showTurn({ trigger, latencyMs, interrupted, callerText, modelText }: TurnRecord): string {
  const said = [callerText, modelText].map((text) => (text === undefined ? "" : ` "${text}"`)).join("");
  return `${trigger} ${latencyMs ?? "unanswered"}${latencyMs === undefined ? "" : " ms"}${interrupted ? " interrupted" : ""}${said}`;
}
