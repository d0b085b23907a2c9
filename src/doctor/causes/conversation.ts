// Causes in the conversation: replies, interruptions, the hangup, calls at the same time, the next call; and `healthy`.
// Follows https://www.twilio.com/docs/voice/media-streams/websocket-messages

import type { Cause } from "./cause.ts";
import { LOCALS } from "./stream.ts";

const cause = (fields: Omit<Cause, "twilioError"> & Partial<Cause>): Cause => ({ twilioError: undefined, ...fields });

export const CONVERSATION_CAUSES = {
  "reply-late": cause({
    stage: "reply",
    callerHears: "seconds of silence before each reply",
    why: "the reply takes longer than callers wait",
    fix: "connect to the model while the phone rings, keep the connection, and stream its audio as it comes",
  }),
  "reply-queued": cause({
    stage: "reply",
    callerHears: "seconds of silence before each reply",
    why: "the reply is sent in time, and waits behind audio that was sent before it",
    fix: "send nothing between replies: Twilio plays everything in order, silence too; or send clear before a reply",
  }),
  "reply-lag-grows": cause({
    stage: "reply",
    callerHears: "a longer silence before each reply",
    why: "each reply takes longer than the one before: the server falls behind the caller's audio",
    fix: "do no slow work per media message (no file, no resampling in the event loop, no await in sequence), and never queue audio without a limit",
  }),
  "greeting-late": cause({
    stage: "reply",
    callerHears: "seconds of silence before the first word",
    why: "the greeting comes late",
    fix: "connect to the model while the phone rings, or say the greeting with <Say> before <Connect>",
  }),
  "reply-none": cause({
    stage: "reply",
    callerHears: "a greeting, then silence",
    why: "the caller speaks and gets no answer",
    fix: "check that the caller's audio, silence included, is passed to the model in the format that the session declares",
  }),
  "reply-stops": cause({
    stage: "reply",
    callerHears: "an answer, then silence",
    why: "the caller speaks again and gets no answer, although there was one before",
    fix: "look at what the first reply or the interruption leaves behind: a flag that is not reset, a handler that is removed, a model response that was cancelled and not followed by another",
    stacks: {
      "express-ws":
        "Log each event of the model after speech_started: a response.create that fails with conversation_already_has_active_response needs response.cancel first.",
      fastapi:
        "An exception in the task that reads from the model ends it silently: await both tasks with asyncio.gather, and log what they raise.",
    },
  }),
  "interrupt-no-clear": cause({
    stage: "interrupt",
    callerHears: "the agent talking over the caller",
    why: "the server sends no clear when the caller interrupts a reply, so Twilio plays what it has buffered",
    fix: "on input_audio_buffer.speech_started send clear, and truncate the item at what was played",
    stacks: {
      "express-ws":
        'On input_audio_buffer.speech_started: ws.send(JSON.stringify({event: "clear", streamSid})), and conversation.item.truncate at what the marks show was heard.',
      fastapi:
        'On input_audio_buffer.speech_started: await websocket.send_json({"event": "clear", "streamSid": stream_sid}), and conversation.item.truncate at what the marks show was heard.',
    },
  }),
  "interrupt-audio-after-clear": cause({
    stage: "interrupt",
    callerHears: "the agent talking over the caller",
    why: "the reply goes on after the clear",
    fix: "drop what the model still sends of an interrupted response",
  }),
  "stream-open-after-stop": cause({
    stage: "hangup",
    callerHears: "nothing: the caller has hung up",
    why: "the server goes on after stop: it still sends, or does not answer Twilio's close",
    fix: "on stop or close, end the model's session and close the socket",
    stacks: {
      "express-ws": "On stop, and on the socket's close: model.close(); ws.close().",
      fastapi: "On stop: await websocket.close(), and cancel the task that reads from the model; catch WebSocketDisconnect.",
    },
  }),
  "concurrency-shared-state": cause({
    stage: "media",
    callerHears: "another caller's conversation",
    why: "two calls at the same time share state: what is said in one is heard in the other",
    fix: "keep streamSid, model session and buffers with the connection, not in globals",
    stacks: LOCALS,
  }),
  "concurrency-call-fails": cause({
    stage: "start",
    callerHears: "silence, or a line that drops, as soon as another caller is there",
    why: "a second call at the same time fails, or keeps the first from being answered",
    fix: "keep state with the connection, not in globals, and accept more than one call",
    stacks: LOCALS,
  }),
  "stream-not-opened": cause({
    stage: "handshake",
    callerHears: "no agent",
    why: "the call ended before a stream was opened",
    fix: "look at the requests and answers with --trace <file>; if a <Gather> waits for keys, press them with --digits",
  }),
  "process-died": cause({
    stage: "hangup",
    callerHears: "a conversation; the next caller reaches nothing",
    why: "the server's process dies of the call, and every other call with it",
    fix: "look at the server's log for the exception at the end of the call, catch it, and let a supervisor restart the process",
  }),
  "works-once": cause({
    stage: "hangup",
    callerHears: "a conversation; the next caller gets an error",
    why: "the server works for one call, and refuses the next",
    fix: "free what a call takes when it ends, and keep nothing from it in globals",
  }),
  healthy: cause({
    stage: "hangup",
    callerHears: "a conversation",
    why: "no fault was found",
    fix: "nothing",
  }),
} as const satisfies Readonly<Record<string, Cause>>;
