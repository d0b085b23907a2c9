// The faults of the caller leg: what networks do to a stream, and what Twilio never would. Data.

import { cannot, type FaultRow, hangsUp, leaving, mended, type Outcome, row, told } from "./cells.ts";
import type { Strike } from "./play.ts";
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
} from "./strikes.ts";

const noStream = cannot("no stream was asked for yet");
const oneStart = cannot("the stream has had its one `start`");
const started: Outcome = cannot("only before `start`");

/** On a stream that is open: from its handshake on. */
function streamRow(id: string, fault: string, strike: Strike, all: Outcome, at: Partial<Readonly<Record<string, Outcome>>> = {}): FaultRow {
  return row({ id, leg: "caller", fault, strike, all, at: { webhook: noStream, goodbye: leaving(), ...at } });
}

/** Only before or in place of `start`. */
function startRow(id: string, fault: string, strike: Strike, all: Outcome): FaultRow {
  const later = { greeting: started, callerSpeaking: started, modelSpeaking: started, keyPressed: started, goodbye: oneStart };
  return row({ id, leg: "caller", fault, strike, all, at: { webhook: all, ...later } });
}

const noStartOnce: Strike = ({ knobs }) => {
  let lost = 0;
  knobs.callerSends = (frame, send) => {
    if (eventName(frame) === "start" && lost++ === 0) return;
    if (lost !== 1 || eventName(frame) === "connected") send(frame);
  };
};

const again: Strike = ({ knobs, running }) => {
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

const gap: Strike = ({ clock, running }) => void clock.after(0, () => running.command({ type: "mute", ms: 1_500 }));
const twice: Strike = callerSends((frame, send) => {
  send(frame);
  send(frame);
});

/** Every row of the caller leg. */
export const callerRows: readonly FaultRow[] = [
  startRow("caller.no-start-once", "no `start`, once", noStartOnce, mended("stream.refused", "6 s")),
  startRow("caller.no-start", "no `start`, ever", loses("start"), told("network.streamLost", "stream.refused", "6 s")),
  startRow(
    "caller.media-first",
    "media before `start`",
    callerAlsoSends((start) => [start.replace('"event":"start"', '"event":"media"')]),
    mended("call.started"),
  ),
  startRow("caller.alaw", "`mediaFormat` is A-law", format("audio/x-alaw", 1), mended("call.started")),
  startRow(
    "caller.unknown-format",
    "a `mediaFormat` that nobody knows",
    format("audio/x-hologram", 1),
    told("network.unsupportedFormat", "call.givenUp"),
  ),
  startRow(
    "caller.stereo",
    "a `mediaFormat` of two channels",
    format("audio/x-mulaw", 2),
    told("network.unsupportedFormat", "call.givenUp"),
  ),
  streamRow("caller.start-twice", "`start` twice", again, mended("call.started")),
  streamRow("caller.repeated", "every frame twice", twice, mended("call.started")),
  streamRow("caller.out-of-order", "every tenth frame after the one that follows it", outOfOrder, mended("call.started")),
  streamRow("caller.gap", "frames missing for 1.5 s", gap, mended("call.started", "6 s"), { handshake: noStream, beforeStart: noStream }),
  streamRow("caller.odd-size", "frames of odd lengths", oddSizes(), mended("call.started", "< 2 s")),
  streamRow(
    "caller.empty",
    "frames without audio between the others",
    callerAlsoSends((last) => [mapPayload(last, () => new Uint8Array(0))]),
    mended("call.started"),
  ),
  streamRow(
    "caller.binary",
    "a binary frame",
    callerAlsoSends(() => [Uint8Array.of(1, 2, 3)]),
    mended("call.started"),
  ),
  streamRow(
    "caller.malformed",
    "JSON that is none",
    callerAlsoSends(() => ['{"event":"media",']),
    mended("call.started"),
  ),
  streamRow("caller.flood", "20,000 frames at once", flood, mended("stream.lost", "< 2 s"), {
    beforeStart: mended("stream.refused", "< 2 s"),
    handshake: mended("stream.refused", "< 2 s"),
  }),
  streamRow("caller.no-marks", "no mark comes back", loses("mark"), mended("call.started")),
  streamRow("caller.half-open", "the line is dead, and nobody says so", halfOpen, mended("stream.lost", "6 s"), {
    handshake: noStream,
    beforeStart: noStream,
    goodbye: leaving("call.givenUp", "6 s"),
  }),
  row({
    id: "caller.reads-nothing",
    leg: "caller",
    fault: "its socket takes nothing more, while the model says forty minutes at once",
    strike: readsNothing,
    spoilsReply: true,
    model: { speedUp: 10_000 },
    all: mended("stream.lost", "6 s"),
    at: { webhook: noStream, handshake: noStream, beforeStart: noStream, goodbye: cannot("the model says nothing any more") },
  }),
  streamRow("caller.second-stream", "another socket brings the same `start`", secondStream, mended("stream.refused"), {
    handshake: noStream,
    beforeStart: noStream,
  }),
  streamRow("caller.dropped", "its connection breaks", dropSocket, mended("call.resumed", "< 2 s"), { handshake: noStream }),
  row({
    id: "caller.no-stop",
    leg: "caller",
    fault: "it hangs up without `stop`",
    strike: loses("stop"),
    goodbye: "hangUp",
    all: cannot("only at the end"),
    at: { goodbye: hangsUp("caller.hangup", "call.ended") },
  }),
];
