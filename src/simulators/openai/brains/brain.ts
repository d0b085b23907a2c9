// What the model says: the interface of a brain, and a brain with scripted replies. A brain is a function of what the
// client said; output/responses.ts turns its replies into events. The brain of the built-in agent is echo.ts.

import type { AudioFormat } from "../audio-format.ts";

/** Input from the client's side. Audio is unchanged, in the session's format at that time. */
export type BrainInput =
  | { readonly type: "audio"; readonly bytes: Uint8Array; readonly format: AudioFormat }
  | { readonly type: "text"; readonly role: "user" | "system"; readonly text: string }
  | { readonly type: "functionOutput"; readonly callId: string; readonly output: string };

export interface ReplyRequest {
  /** 0 for the session's first response. */
  readonly number: number;
  /** The input since the last response. For a response with `input` of its own, that input. */
  readonly input: readonly BrainInput[];
  /** From `response.create`, else from the session. */
  readonly instructions: string;
  /** `conversation: "none"`: outside the conversation. */
  readonly outOfBand: boolean;
}

/**
 * One output item. Audio is mu-law, 8000 bytes a second, and is converted to the session's format. `arguments` is JSON
 * text.
 */
export type ReplyItem =
  | { readonly type: "audio"; readonly mulaw: Uint8Array; readonly transcript: string }
  | { readonly type: "functionCall"; readonly name: string; readonly callId: string; readonly arguments: string };

/** How a response ends unless it is interrupted. `stalled`: it ends only when it is cancelled. */
export type ReplyEnd =
  | { readonly type: "completed" }
  | { readonly type: "incomplete"; readonly reason: "max_output_tokens" | "content_filter" }
  | { readonly type: "failed"; readonly errorType: string; readonly code: string | null; readonly message: string }
  | { readonly type: "stalled" };

export interface BrainReply {
  readonly items: readonly ReplyItem[];
  readonly end: ReplyEnd;
}

/** Stateless: a reply depends on the request only. */
export interface Brain {
  reply(ask: ReplyRequest): BrainReply;
  /** The transcript of a caller's turn, for sessions with transcription. `number` counts turns from 0. */
  transcribe(audio: BrainInput & { readonly type: "audio" }, number: number): string;
}

/** A completed reply with one audio item. */
export function spokenReply(mulaw: Uint8Array, transcript: string): BrainReply {
  return { items: [{ type: "audio", mulaw, transcript }], end: { type: "completed" } };
}

/** A completed reply with one function call. */
export function functionCallReply(name: string, callId: string, args: string): BrainReply {
  return { items: [{ type: "functionCall", name, callId, arguments: args }], end: { type: "completed" } };
}

/**
 * A brain that gives these replies and transcripts in order, and repeats the last ones. Without replies it says
 * nothing.
 */
export function scriptedBrain(replies: readonly BrainReply[], transcripts: readonly string[] = []): Brain {
  return {
    reply: ({ number }) => replies[number] ?? replies.at(-1) ?? { items: [], end: { type: "completed" } },
    transcribe: (_, number) => transcripts[number] ?? transcripts.at(-1) ?? "",
  };
}
