// The faults of the caller leg: what networks do to a stream, and what Twilio itself would never do. Data.

import { type FaultRow, hangsUp, hearsMessage, impossible, leaving, type Outcome, recovers, row } from "./cells.ts";
import {
  callerAlsoSends,
  callerSends,
  dropSocket,
  eventName,
  flood,
  format,
  halfOpen,
  loses,
  mapPayload,
  oddSizes,
  outOfOrder,
  readsNothing,
  secondStream,
} from "./injections.ts";
import type { Injection } from "./play.ts";

const notInTransfer = impossible("no stream is open while a person is dialled");
const noStream = impossible("there is no stream yet");
const oneStart = impossible("the stream has already had its `start`");
const started: Outcome = impossible("only before `start`");

/** A fault of an open stream, from its handshake on. */
function streamRow(
  id: string,
  fault: string,
  inject: Injection,
  all: Outcome,
  at: Partial<Readonly<Record<string, Outcome>>> = {},
): FaultRow {
  return row({ id, leg: "caller", fault, inject, all, at: { webhook: noStream, ringing: notInTransfer, goodbye: leaving(), ...at } });
}

/** A fault before `start`, or in its place. */
function startRow(id: string, fault: string, inject: Injection, all: Outcome): FaultRow {
  const later = {
    greeting: started,
    callerSpeaking: started,
    modelSpeaking: started,
    keyPressed: started,
    ringing: notInTransfer,
    goodbye: oneStart,
  };
  return row({ id, leg: "caller", fault, inject, all, at: { webhook: all, ...later } });
}

const noStartOnce: Injection = ({ knobs }) => {
  let lost = 0;
  knobs.callerSends = (frame, send) => {
    if (eventName(frame) === "start" && lost++ === 0) return;
    if (lost !== 1 || eventName(frame) === "connected") send(frame);
  };
};

const startAgain: Injection = ({ knobs, running }) => {
  knobs.callerSends = (frame, send) => {
    if (eventName(frame) === "media") {
      const { accountSid, callSid, streamSid, customParameters } = running.call.stream?.caller.options ?? {};
      const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
      const start = { accountSid, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters };
      send(JSON.stringify({ event: "start", sequenceNumber: "1", start, streamSid }));
      knobs.callerSends = undefined;
    }
    send(frame);
  };
};

const gap: Injection = ({ clock, running }) => void clock.after(0, () => running.command({ type: "mute", ms: 1_500 }));
const twice: Injection = callerSends((frame, send) => {
  send(frame);
  send(frame);
});

export const callerRows: readonly FaultRow[] = [
  startRow("caller.no-start-once", "no `start`, once", noStartOnce, recovers("stream.rejected", "6 s")),
  startRow("caller.no-start", "never a `start`", loses("start"), hearsMessage("network.streamLost", "stream.rejected", "6 s")),
  startRow(
    "caller.media-first",
    "media before `start`",
    callerAlsoSends((start) => [start.replace('"event":"start"', '"event":"media"')]),
    recovers("call.started"),
  ),
  startRow("caller.alaw", "`mediaFormat` is A-law", format("audio/x-alaw", 1), recovers("call.started")),
  startRow(
    "caller.unknown-format",
    "an unknown `mediaFormat`",
    format("audio/x-hologram", 1),
    hearsMessage("network.unsupportedFormat", "call.givenUp"),
  ),
  startRow(
    "caller.stereo",
    "a `mediaFormat` of two channels",
    format("audio/x-mulaw", 2),
    hearsMessage("network.unsupportedFormat", "call.givenUp"),
  ),
  streamRow("caller.start-twice", "`start` twice", startAgain, recovers("call.started")),
  streamRow("caller.repeated", "every frame twice", twice, recovers("call.started")),
  streamRow("caller.out-of-order", "every tenth frame after the one that follows it", outOfOrder, recovers("call.started")),
  streamRow("caller.gap", "frames missing for 1.5 s", gap, recovers("call.started", "6 s"), { handshake: noStream, beforeStart: noStream }),
  streamRow("caller.odd-size", "frames of odd lengths", oddSizes(), recovers("call.started", "< 2 s")),
  streamRow(
    "caller.empty",
    "frames without audio in between",
    callerAlsoSends((last) => [mapPayload(last, () => new Uint8Array(0))]),
    recovers("call.started"),
  ),
  streamRow(
    "caller.binary",
    "a binary frame",
    callerAlsoSends(() => [Uint8Array.of(1, 2, 3)]),
    recovers("call.started"),
  ),
  streamRow(
    "caller.malformed",
    "malformed JSON",
    callerAlsoSends(() => ['{"event":"media",']),
    recovers("call.started"),
  ),
  streamRow("caller.flood", "20,000 frames at once", flood, recovers("stream.lost", "< 2 s"), {
    beforeStart: recovers("stream.rejected", "< 2 s"),
    handshake: recovers("stream.rejected", "< 2 s"),
  }),
  streamRow("caller.no-marks", "no mark comes back", loses("mark"), recovers("call.started")),
  streamRow("caller.half-open", "the connection is dead, without a close", halfOpen, recovers("stream.lost", "6 s"), {
    handshake: noStream,
    beforeStart: noStream,
    goodbye: leaving("call.givenUp", "6 s"),
  }),
  row({
    id: "caller.reads-nothing",
    leg: "caller",
    fault: "its socket stops reading while the model sends forty minutes of audio",
    inject: readsNothing,
    spoilsReply: true,
    model: { speedUp: 10_000 },
    all: recovers("stream.lost", "6 s"),
    at: {
      webhook: noStream,
      handshake: noStream,
      beforeStart: noStream,
      ringing: notInTransfer,
      goodbye: impossible("the model does not speak any more"),
    },
  }),
  streamRow("caller.second-stream", "a second socket sends the same `start`", secondStream, recovers("stream.rejected"), {
    handshake: noStream,
    beforeStart: noStream,
  }),
  streamRow("caller.dropped", "its connection breaks", dropSocket, recovers("call.resumed", "< 2 s"), { handshake: noStream }),
  row({
    id: "caller.no-stop",
    leg: "caller",
    fault: "it hangs up without `stop`",
    inject: loses("stop"),
    goodbye: "hangUp",
    all: impossible("only at the end"),
    at: { goodbye: hangsUp("caller.hangup", "call.ended") },
  }),
];
