// What a model has to say: the face of a brain, and the one with given replies. A brain is a function: what it is asked in, what it says out.
// Not the wire: how a reply becomes events is responses.ts. The brain of the built-in agent is echo.ts.

import type { AudioFormat } from "../audio-format.ts";

/** Something the user's side said since the last response. Audio is the very bytes, in the session's format at that time. */
export type BrainInput =
  | { readonly type: "audio"; readonly bytes: Uint8Array; readonly format: AudioFormat }
  | { readonly type: "text"; readonly role: "user" | "system"; readonly text: string }
  | { readonly type: "functionOutput"; readonly callId: string; readonly output: string };

/** What a brain is asked with each response. */
export interface ReplyRequest {
  /** 0 for the session's first response. */
  readonly number: number;
  /** What was said and not answered yet; for a response beside the conversation its own `input`. */
  readonly said: readonly BrainInput[];
  /** Of `response.create`, else of the session. */
  readonly instructions: string;
  /** `conversation: "none"`: beside the conversation. */
  readonly outOfBand: boolean;
}

/** One output item. Audio is mu-law, 8000 bytes a second, and is turned into the session's format. `arguments` is JSON text. */
export type ReplyItem =
  | { readonly type: "audio"; readonly mulaw: Uint8Array; readonly transcript: string }
  | { readonly type: "functionCall"; readonly name: string; readonly callId: string; readonly arguments: string };

/** How a response ends when nobody interrupts it. `stalled`: it does not, until it is cancelled. */
export type ReplyEnd =
  | { readonly type: "completed" }
  | { readonly type: "incomplete"; readonly reason: "max_output_tokens" | "content_filter" }
  | { readonly type: "failed"; readonly errorType: string; readonly code: string; readonly message: string }
  | { readonly type: "stalled" };

/** What a brain says to one {@link Ask}. */
export interface BrainReply {
  readonly items: readonly ReplyItem[];
  readonly end: ReplyEnd;
}

/** A brain. Without state: what it says depends on what it is asked. */
export interface Brain {
  reply(ask: ReplyRequest): BrainReply;
  /** The transcript of a turn of the caller's, for sessions that ask for transcription. `number` counts turns from 0. */
  transcribe(audio: BrainInput & { readonly type: "audio" }, number: number): string;
}

/** A reply of one spoken item that completes. */
export function spokenReply(mulaw: Uint8Array, transcript: string): BrainReply {
  return { items: [{ type: "audio", mulaw, transcript }], end: { type: "completed" } };
}

/** A reply that asks for a function call. */
export function functionCallReply(name: string, callId: string, args: string): BrainReply {
  return { items: [{ type: "functionCall", name, callId, arguments: args }], end: { type: "completed" } };
}

/** A brain that gives these replies in order, and the last of them again and again; the same with transcripts. Without any, it says nothing. */
export function scriptedBrain(replies: readonly BrainReply[], transcripts: readonly string[] = []): Brain {
  return {
    reply: ({ number }) => replies[number] ?? replies.at(-1) ?? { items: [], end: { type: "completed" } },
    transcribe: (_, number) => transcripts[number] ?? transcripts.at(-1) ?? "",
  };
}
