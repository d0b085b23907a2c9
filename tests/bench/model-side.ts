// The model's end of the meter: the smallest legal server of the Realtime API. It answers session.update and
// response.create, and sends audio as its column says: "echo" returns each append as a delta of 20 ms; "deltas" speaks
// in replies of 9 s, one delta of 200 ms every 200 ms, with the caller's turn between them; "barge-in" speaks twice as
// fast as real time, and detects speech in the middle of each reply.
// Follows https://developers.openai.com/api/reference/resources/realtime

import type { CallerSide } from "./caller-side.ts";
import { callOf, frameOf, noiseAfterTag, tag } from "./tagged-audio.ts";
import type { Wire, WireListener } from "./wire.ts";

export type Column = "echo" | "deltas" | "barge-in";

/** What gpt-realtime sends at once on PCMU, and what tests measured of it: hundreds of milliseconds. */
const DELTA_MS = 200;
const REPLY_DELTAS = 45;
/** In column "barge-in": after how many deltas the caller interrupts. */
const INTERRUPT_AFTER_DELTAS = 10;
/** For the last delta to be played, and its mark to come back. */
const PLAYED_MS = 500;
const SPEECH_MS = 500;
/** From the end of the caller's speech to the reply. */
const REPLY_AFTER_MS = 300;
const FORMAT = { format: { type: "audio/pcmu", rate: 8000 } };
const SESSION = {
  type: "realtime",
  object: "realtime.session",
  id: "sess_bench",
  model: "bench",
  audio: { input: FORMAT, output: FORMAT },
};

const noise = noiseAfterTag(DELTA_MS);

type Stage = "silent" | "speaking" | "played" | "interrupted";

/** One connection: one call's model. */
export class ModelSide implements WireListener {
  readonly #wire: Wire;
  readonly #column: Column;
  readonly #callers: readonly CallerSide[];
  #caller: CallerSide | undefined;
  #isAsked = false;
  #stage: Stage = "silent";
  #nextAtMs = Number.POSITIVE_INFINITY;
  #replies = 0;
  #deltas = 0;
  #frame = 0;
  #deltaHead = "";

  constructor(wire: Wire, column: Column, callers: readonly CallerSide[]) {
    this.#wire = wire;
    this.#column = column;
    this.#callers = callers;
  }

  opened(): void {
    this.#send({ type: "session.created", session: SESSION });
  }

  closed(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY;
    this.#caller?.modelClosed();
  }

  text(bytes: Buffer, from: number, to: number): void {
    // Every server under test writes the audio as the last field.
    const at = bytes.indexOf('"audio":"', from, "latin1") + 9;
    if (at >= from + 9 && at < to) this.#onAppend(bytes, at, bytes.indexOf(34, at));
    else this.#onEvent(JSON.parse(bytes.toString("utf8", from, to)));
  }

  #onAppend(bytes: Buffer, from: number, to: number): void {
    const nowMs = performance.now();
    const call = callOf(bytes, from, to);
    if (call < 0) return; // silence for missing frames: the server's own
    const caller = this.#callers[call];
    const frame = frameOf(bytes, from);
    this.#caller ??= caller;
    if (this.#caller !== caller || caller === undefined) {
      this.#caller?.crossed();
      return;
    }
    caller.up.arrived(frame, nowMs);
    if (this.#stage === "silent") this.#begin(nowMs);
    if (this.#column !== "echo" || this.#stage !== "speaking") return;
    caller.down.sent(frame, nowMs);
    this.#wire.sendAround(this.#deltaHead, bytes, from, to, '"}');
  }

  #onEvent({ type }: { readonly type: string }): void {
    if (type === "session.update") this.#send({ type: "session.updated", session: SESSION });
    if (type !== "response.create" || this.#isAsked) return;
    this.#isAsked = true;
    this.#begin(performance.now());
  }

  /** The first reply begins when it was requested and the call is known. */
  #begin(nowMs: number): void {
    if (this.#isAsked && this.#caller !== undefined && this.#stage === "silent") this.#reply(nowMs);
  }

  #reply(nowMs: number): void {
    this.#stage = "speaking";
    this.#replies += 1;
    this.#deltas = 0;
    const { item_id, content_index } = this.#content;
    // The fields in OpenAI's order.
    const part = { response_id: this.#responseId, item_id, output_index: 0, content_index };
    this.#send({ type: "response.created", response: { object: "realtime.response", id: this.#responseId, status: "in_progress" } });
    const item = { id: this.#itemId, object: "realtime.item", type: "message", status: "in_progress", role: "assistant", content: [] };
    this.#send({ type: "response.output_item.added", response_id: this.#responseId, output_index: 0, item });
    this.#send({ type: "conversation.item.added", previous_item_id: null, item });
    this.#send({ type: "response.content_part.added", ...part, part: { type: "audio", transcript: "" } });
    const head = { type: "response.output_audio.delta", event_id: "event_delta", ...part, delta: "" };
    this.#deltaHead = JSON.stringify(head).slice(0, -2);
    if (this.#column !== "echo") this.#nextAtMs = nowMs;
  }

  get #responseId(): string {
    return `resp_${this.#replies}`;
  }

  get #itemId(): string {
    return `item_${this.#replies}`;
  }

  get #content() {
    return { item_id: this.#itemId, content_index: 0 };
  }

  /** Sends no more audio of its own. */
  pause(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY;
  }

  /** Called every millisecond. */
  tick(nowMs: number): void {
    while (nowMs >= this.#nextAtMs) this.#step(this.#nextAtMs);
  }

  #step(dueAtMs: number): void {
    const isInterrupted = this.#column === "barge-in" && this.#deltas >= INTERRUPT_AFTER_DELTAS;
    if (this.#stage === "speaking" && isInterrupted) this.#interrupt(dueAtMs);
    else if (this.#stage === "speaking" && this.#deltas < REPLY_DELTAS) this.#sendDelta(dueAtMs);
    else if (this.#stage === "speaking") this.#finish(dueAtMs);
    else if (this.#stage === "played") this.#hearCaller(dueAtMs);
    else this.#answer(dueAtMs);
  }

  #sendDelta(dueAtMs: number): void {
    this.#deltas += 1;
    this.#frame += 1;
    const caller = this.#caller;
    if (caller === undefined) return;
    caller.down.sent(this.#frame, performance.now());
    this.#wire.sendText(`${this.#deltaHead}${tag(caller.number, this.#frame)}${noise}"}`);
    this.#nextAtMs = dueAtMs + (this.#column === "barge-in" ? DELTA_MS / 2 : DELTA_MS);
  }

  #finish(dueAtMs: number): void {
    const { item_id, content_index } = this.#content;
    const part = { response_id: this.#responseId, item_id, output_index: 0, content_index };
    this.#send({ type: "response.output_audio.done", ...part });
    this.#send({ type: "response.output_audio_transcript.done", ...part, transcript: "This is what the model said in its reply." });
    this.#send({ type: "response.content_part.done", ...part, part: { type: "audio", transcript: "" } });
    this.#done("completed");
    this.#stage = "played";
    this.#nextAtMs = dueAtMs + PLAYED_MS;
  }

  #interrupt(dueAtMs: number): void {
    this.#caller?.interrupted(performance.now());
    this.#hearCaller(dueAtMs);
    this.#done("cancelled");
  }

  #done(status: "completed" | "cancelled"): void {
    const item = { id: this.#itemId, object: "realtime.item", type: "message", status: "completed", role: "assistant", content: [] };
    this.#send({ type: "response.output_item.done", response_id: this.#responseId, output_index: 0, item });
    const usage = { input_tokens: 100, output_tokens: 200, total_tokens: 300 };
    const details = status === "cancelled" ? { type: "cancelled", reason: "turn_detected" } : null;
    const response = { object: "realtime.response", id: this.#responseId, status, status_details: details, output: [item], usage };
    this.#send({ type: "response.done", response });
  }

  #hearCaller(dueAtMs: number): void {
    this.#send({ type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: `user_${this.#replies}` });
    this.#stage = "interrupted";
    this.#nextAtMs = dueAtMs + SPEECH_MS;
  }

  #answer(dueAtMs: number): void {
    const item_id = `user_${this.#replies}`;
    const item = { id: item_id, object: "realtime.item", type: "message", status: "completed", role: "user", content: [] };
    this.#send({ type: "input_audio_buffer.speech_stopped", audio_end_ms: SPEECH_MS, item_id });
    this.#send({ type: "input_audio_buffer.committed", item_id, previous_item_id: this.#itemId });
    this.#send({ type: "conversation.item.added", previous_item_id: this.#itemId, item });
    const transcript = "This is what the caller said.";
    this.#send({ type: "conversation.item.input_audio_transcription.completed", item_id, content_index: 0, transcript });
    this.#reply(dueAtMs + REPLY_AFTER_MS);
  }

  #send(event: { readonly type: string; readonly [field: string]: unknown }): void {
    this.#wire.sendText(JSON.stringify({ event_id: "event_bench", ...event }));
  }
}
