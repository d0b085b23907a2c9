// How each fault is made: what is turned in the model, in the caller's stream, in voice or at its door, in the very
// moment. Not what must come of it (matrix*.ts).

import { Buffer } from "node:buffer";
import { CLOSE_WAIT_MS } from "../../../src/adapters/caller-socket.ts";
import { decodeMulaw, encodeAlaw } from "../../../src/audio/g711.ts";
import type { Reply, ReplyEnd } from "../../../src/simulators/openai/brains/brain.ts";
import { AUTH_TOKEN } from "../../support/line.ts";
import { TONES_HZ, tone } from "./ear.ts";
import type { Strike } from "./play.ts";
import type { Stage, Way } from "./stage.ts";

/** From now on every dial, or the next `times`, goes this way; what is open, or being opened, breaks. */
export function unreachable(way: Way | ((stage: Stage) => Way), times: number = Number.POSITIVE_INFINITY): Strike {
  return (stage) => {
    const first = stage.dials;
    let dials = 0;
    stage.knobs.dial = () => (dials++ < times ? (typeof way === "function" ? way(stage) : way) : undefined);
    breakAll(stage, first);
  };
}

/** Breaks what is open, and what was dialled before and is about to be. */
function breakAll(stage: Stage, dialled: number): void {
  const { models } = stage;
  for (const connection of models.connections()) connection.drop();
  if (models.connections().length >= dialled) return;
  void models.until((all) => all.connections().length >= dialled, 2_000).then(() => models.connections()[dialled - 1]?.drop());
}

/** Does it to the newest connection, as soon as there is one. */
export function toModel(act: (model: NonNullable<ReturnType<Stage["model"]>>, stage: Stage) => void): Strike {
  return (stage) => {
    const now = stage.model();
    if (now !== undefined) act(now, stage);
    else
      void stage.models
        .until((all) => all.connections().length > 0, 5_000)
        .then(() =>
          stage.models
            .connections()
            .slice(0, 1)
            .map((one) => act(one, stage)),
        );
  };
}

/** The model sends this frame, out of the blue. */
export function modelSays(event: unknown): Strike {
  return toModel((model) => model.say(typeof event === "string" ? event : JSON.stringify(event)));
}

/** The next reply, or each, ends so: where it would be heard already, after half of it. */
export function replies(end: ReplyEnd, times: number = 1): Strike {
  return ({ knobs }, moment) => {
    let asks = 0;
    knobs.reply = (well) => {
      if (asks++ >= times) return well;
      return { items: moment === "modelSpeaking" || end.type === "incomplete" ? half(well) : [], end };
    };
  };
}

function half({ items }: Reply): Reply["items"] {
  return items.map((item) => (item.type === "audio" ? { ...item, mulaw: item.mulaw.subarray(0, item.mulaw.length / 2) } : item));
}

/** Changes each frame of the caller's as it goes out. */
export function callerSends(change: (frame: string, send: (frame: string | Uint8Array) => void) => void): Strike {
  return ({ knobs }) => {
    knobs.callerSends = change;
  };
}

/** Sends these beside what the caller sends, now. */
export function callerAlsoSends(frames: (last: string) => readonly (string | Uint8Array)[]): Strike {
  return ({ knobs }) => {
    let isDone = false;
    knobs.callerSends = (frame, send) => {
      if (!isDone && eventName(frame) !== "connected") {
        isDone = true;
        for (const each of frames(frame)) send(each);
      }
      send(frame);
    };
  };
}

/** The `event` of a frame. */
export function eventName(frame: string): string {
  return /^\{"event":"(\w+)"/.exec(frame)?.[1] ?? "";
}

/** Frames of one kind are lost. */
export function loses(event: string): Strike {
  return callerSends((frame, send) => {
    if (eventName(frame) !== event) send(frame);
  });
}

/** `start` says another format. */
export function format(encoding: string, channels: number): Strike {
  return callerSends((frame, send) => {
    const isAlaw = encoding === "audio/x-alaw";
    if (eventName(frame) === "start") send(frame.replace("audio/x-mulaw", encoding).replace('"channels":1', `"channels":${channels}`));
    else send(isAlaw ? mapPayload(frame, (bytes) => encodeAlaw(decodeMulaw(bytes))) : frame);
  });
}

/** Changes the audio of a media frame; every other is left as it is. */
export function mapPayload(frame: string, change: (bytes: Uint8Array) => Uint8Array): string {
  if (eventName(frame) !== "media") return frame;
  return frame.replace(
    /"payload":"([^"]*)"/,
    (_, base64: string) => `"payload":"${Buffer.from(change(Buffer.from(base64, "base64"))).toString("base64")}"`,
  );
}

/** Frames of an odd length: two of 20 ms as one of 37 bytes and one of the rest. */
export function oddSizes(): Strike {
  let kept = new Uint8Array(0);
  return callerSends((frame, send) =>
    send(
      mapPayload(frame, (bytes) => {
        const all = Buffer.concat([kept, bytes]);
        const size = kept.length === 0 ? 37 : all.length;
        kept = new Uint8Array(all.subarray(size));
        return all.subarray(0, size);
      }),
    ),
  );
}

/** Every tenth frame comes after the one that follows it. */
export const outOfOrder: Strike = ({ knobs }) => {
  let held: string | undefined;
  let frames = 0;
  knobs.callerSends = (frame, send) => {
    if (eventName(frame) === "media" && ++frames % 10 === 0) {
      held = frame;
      return;
    }
    send(frame);
    if (held !== undefined) send(held);
    held = undefined;
  };
};

/** Far more frames than any telephone sends, at once; each is one of 20 ms. */
export const flood: Strike = callerAlsoSends((last) => {
  const streamSid = /"streamSid":"(\w+)"/.exec(last)?.[1];
  const media = { track: "inbound", chunk: "1", timestamp: "1", payload: "/".repeat(212) };
  return Array.from({ length: 20_000 }, () => JSON.stringify({ event: "media", sequenceNumber: "2", media, streamSid }));
});

/** How long it takes the network to tell. */
const TOLD_MS = 100;

/**
 * The line is dead both ways, and nobody says so: until voice gives the socket up, which the network then tells the
 * other end as well.
 */
export const halfOpen: Strike = (stage, moment) => {
  stage.knobs.callerSends = () => {};
  stage.running.stopReading();
  if (moment === "goodbye") stage.clock.after(CLOSE_WAIT_MS + TOLD_MS, () => stage.running.command({ type: "dropSocket" }));
  else breakWhenLost(stage);
};

/**
 * The caller's end takes nothing more, while the model says forty minutes at once: more than the kernel's buffers take.
 */
export const readsNothing: Strike = (stage) => {
  stage.knobs.reply = (well) => {
    stage.knobs.reply = undefined;
    const item = { type: "audio", mulaw: tone(TONES_HZ.answer, 590_000), transcript: "a lot" } as const;
    return { ...well, items: [item, item, item, item] };
  };
  stage.running.stopReading();
  breakWhenLost(stage);
};

function breakWhenLost(stage: Stage): void {
  const before = stage.watch;
  stage.watch = (what) => {
    before(what);
    if (what !== "stream.lost" && what !== "call.givenUp") return;
    stage.knobs.callerSends = undefined;
    stage.watch = before;
    // After what voice does of its own accord in this very moment.
    stage.clock.after(TOLD_MS, () => stage.running.command({ type: "dropSocket" }));
  };
}

/** The stream's connection breaks. */
export const dropSocket: Strike = (stage) => void stage.clock.after(0, () => stage.running.command({ type: "dropSocket" }));

/** A second socket brings the `start` of this call. */
export const secondStream: Strike = (stage) => {
  const start = stage.running.call.stream?.caller.options;
  const { callSid, accountSid } = stage.running.call.facts;
  const socket = new WebSocket(`${stage.baseUrl.replace("http", "ws")}/twilio/realtime`);
  const streamSid = `MZ${"5".repeat(32)}`;
  const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
  const body = { accountSid, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters: start?.customParameters ?? {} };
  socket.onopen = () => socket.send(JSON.stringify({ event: "start", sequenceNumber: "1", start: body, streamSid }));
};

/** Somebody who is not Twilio, or not ours, asks at this moment. */
export function stranger(path: string, headers: (url: string) => Record<string, string>, body: (stage: Stage) => string): Strike {
  return (stage) => {
    const url = stage.baseUrl + path;
    const form = { "content-type": "application/x-www-form-urlencoded", ...headers(url) };
    void fetch(url, { method: "POST", headers: form, body: body(stage) }).then(
      () => {},
      () => {}, // a server that hangs up on a stranger is within its rights
    );
  };
}

/** Throws from now on, wherever it is put. */
export function throws(): never {
  throw new Error("planted by the fault matrix");
}

/** The operator stops voice: calls go on for so long. Before there is one, another keeps it up. */
export function drain(ms: number): Strike {
  return (stage, moment) => {
    if (moment === "webhook") void otherCall(stage, moment);
    void stage.voice.drain(moment === "webhook" ? 60_000 : ms);
  };
}

/** Another call goes on: it takes one place, and keeps a server that drains from ending. */
export const otherCall: Strike = ({ voice }) =>
  void voice.calls.offer({ callSid: `CA${"9".repeat(32)}`, accountSid: `AC${"9".repeat(32)}`, from: "+15550100999", to: "+15550100998" });

/** The Auth Token that the stage's Twilio signs with. */
export const stageToken = AUTH_TOKEN;
