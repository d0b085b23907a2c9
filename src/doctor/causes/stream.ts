// The causes that lie in the stream, and the few that are none of a leg.
// Follows https://www.twilio.com/docs/api/errors, of which each code has a page, .../errors/31921

import type { Stage } from "../evidence/evidence.ts";
import type { Cause } from "./cause.ts";
import { LINE_DROPS } from "./cause.ts";

const dead = "nothing at all, until the caller hangs up";
const noise = "loud noise in place of a voice";

const stream = (stage: Stage, twilioError: number | undefined, callerHears: string, why: string, fix: string): Cause => ({
  stage,
  twilioError,
  callerHears,
  why,
  fix,
});

const mulaw = "send raw mu-law at 8,000 Hz, base64, without a header: ask the model for audio/pcmu, and convert nothing";

/** Of the stages start to hangup, and of none. */
export const STREAM_CAUSES = {
  "stream-closes-on-start": stream(
    "start",
    31921,
    LINE_DROPS,
    "the server closes the stream when it starts",
    "look at the server's log: it lacks a key or a parameter, or throws on connected or start",
  ),
  "stream-closes-on-unknown-message": stream(
    "start",
    31921,
    LINE_DROPS,
    "the server ends the stream on a message or field that it does not know",
    "ignore unknown events and fields: Twilio adds them without notice",
  ),
  "stream-protocol-error": stream(
    "start",
    31924,
    LINE_DROPS,
    "the server breaks the WebSocket protocol",
    "let a WebSocket library write the frames, and no proxy touch them",
  ),
  "stream-dropped": stream(
    "start",
    31903,
    LINE_DROPS,
    "the connection breaks without a close",
    "look at the server's log for a crash, and at the proxy's idle timeout",
  ),
  "stream-closes-on-media": stream(
    "media",
    31921,
    LINE_DROPS,
    "the server ends the stream when audio comes",
    "look at the server's log: it throws on media",
  ),
  "stream-closes-on-dtmf": stream(
    "media",
    31921,
    LINE_DROPS,
    "the server ends the stream on a mark or a key that is pressed",
    "let every message of Media Streams pass: connected, start, media, dtmf, mark, stop",
  ),
  "stream-silent": stream(
    "reply",
    undefined,
    dead,
    "the server takes the call's audio and sends none",
    "look in the server's log for a missing API key, an audio format that the model rejected, a response.done with status failed, or a model session that starts before streamSid is known",
  ),
  "media-binary": stream(
    "media",
    31950,
    dead,
    "the server sends binary frames, which Twilio ignores",
    "send JSON text frames: {event: media, streamSid, media: {payload}}",
  ),
  "media-not-json": stream(
    "media",
    31951,
    dead,
    "the server sends text that is no JSON, which Twilio ignores",
    "send JSON text frames: {event: media, streamSid, media: {payload}}",
  ),
  "media-unknown-event": stream(
    "media",
    31951,
    dead,
    "the server sends events that Twilio does not know, and ignores",
    "send only media, mark and clear",
  ),
  "media-wrong-stream-sid": stream(
    "media",
    31951,
    dead,
    "the server's messages lack the stream's own streamSid, and Twilio ignores them",
    "take streamSid from start, keep it with the connection, and put it into every message",
  ),
  "media-wrong-fields": stream(
    "media",
    31951,
    dead,
    "the server's messages have fields too many or too few, and Twilio ignores them",
    "send exactly {event, streamSid, media: {payload}}",
  ),
  "media-not-base64": stream(
    "media",
    31951,
    noise,
    "the payload is not base64",
    "encode the bytes themselves in standard base64, with padding, and not a string or a data: URL of them",
  ),
  "media-wav-header": stream(
    "media",
    undefined,
    "a click or a burst of noise before each piece of audio",
    "the audio bears a file header",
    mulaw,
  ),
  "media-pcm16": stream("media", undefined, noise, "the audio is 16-bit PCM, not mu-law", mulaw),
  "media-wrong-rate": stream(
    "media",
    undefined,
    "a voice too slow and too deep, or too fast and too high",
    "the audio is not sampled at 8,000 Hz",
    mulaw,
  ),
  "media-alaw": stream("media", undefined, "a voice through harsh distortion", "the audio is A-law, not mu-law", mulaw),
  "media-noise": stream("media", undefined, noise, "the audio is no mu-law speech", mulaw),
  "media-clipped": stream("media", undefined, "a voice distorted by overload", "the audio is clipped", "lower the level before encoding"),
  "media-silent": stream(
    "media",
    undefined,
    "next to nothing",
    "the audio that is sent is silence",
    "see that it is the model's audio that is encoded, and that the encoder is given samples and not zeroes",
  ),
  "media-too-far-ahead": stream(
    "media",
    31931,
    "a reply with its end missing",
    "more than 10 minutes of audio is sent ahead of time, and Twilio discards it",
    "send what is to be heard, in time, and clear what is not",
  ),
  "media-stutter": stream(
    "media",
    undefined,
    "a voice with gaps in it",
    "audio comes later than it is played",
    "send audio as it comes from the model, without pacing of your own",
  ),
  "reply-late": stream(
    "reply",
    undefined,
    "seconds of silence after each word",
    "the reply takes longer than callers bear",
    "connect to the model while the call rings, keep the connection, and stream its audio as it comes",
  ),
  "reply-none": stream(
    "reply",
    undefined,
    "a greeting, then silence",
    "the caller speaks and gets no answer",
    "see that media is passed on to the model, in the format it was told, and that silence is passed on too",
  ),
  "interrupt-no-clear": stream(
    "interrupt",
    undefined,
    "the agent, talking on over the caller",
    "the server sends no clear when the caller speaks over a reply, so that what Twilio has buffered is played out",
    "on input_audio_buffer.speech_started send clear, and truncate the item at what was played",
  ),
  "interrupt-audio-after-clear": stream(
    "interrupt",
    undefined,
    "the agent, talking on over the caller",
    "the reply goes on after the clear",
    "drop what the model still sends of a response that was interrupted",
  ),
  "mark-drops-stream": stream(
    "hangup",
    undefined,
    LINE_DROPS,
    "marks that come back are not borne",
    "take marks as they come back, all of them at once after a clear too",
  ),
  "stream-open-after-stop": stream(
    "hangup",
    undefined,
    "nothing: the caller has gone",
    "the server stays connected after stop, and its model session goes on at a cost",
    "on stop or close end the model's session, and close the socket",
  ),
  "concurrency-shared-state": stream(
    "media",
    undefined,
    "another caller's conversation",
    "two calls at once share state: what is said in one is heard in the other",
    "keep streamSid, model session and buffers with the connection, not in globals",
  ),
  "concurrency-call-fails": stream(
    "start",
    31921,
    LINE_DROPS,
    "a second call at once fails, or ends the first",
    "keep state with the connection, not in globals, and take more than one call",
  ),
  "needs-token": stream(
    "webhook",
    undefined,
    "unknown: the server lets only Twilio in",
    "the server checks Twilio's signature, and no auth token was given to sign with",
    "run again with --auth-token or TWILIO_AUTH_TOKEN: the account's primary auth token",
  ),
  "webhook-accepts-unsigned": stream(
    "webhook",
    undefined,
    "nothing amiss",
    "the webhook answers requests that Twilio did not sign",
    "check X-Twilio-Signature: without, anybody can talk to the model at your cost",
  ),
  healthy: stream("hangup", undefined, "a conversation", "nothing was found amiss", "nothing"),
} as const satisfies Readonly<Record<string, Cause>>;
