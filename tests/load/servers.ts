// Voice servers for the tests of `voice load`, each with at most one planted fault: an echo, and an agent that answers
// each turn and can be interrupted. Their time is the test's clock.

import * as platform from "#platform";
import type { Clock } from "../../src/call/ports.ts";
import { isAudible } from "../../src/load/measure/fingerprint.ts";
import type { AcceptedSocket } from "../../src/platform/seam.ts";
import { parseFromTwilio } from "../../src/protocol/media-streams/media-streams.ts";

export type EchoFault = "drops" | "repeats" | "reorders" | "mixes" | "refuses" | "closes" | "malforms" | "stops";
export type AgentFault = "late" | "deaf" | "neverClears" | "silent";

/** One stream on a server. */
interface Leg {
  send(payload: string): void;
  clear(): void;
  close(): void;
  readonly streamSid: string;
}

interface LegListener {
  media(payload: string): void;
}

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers webhooks with a stream to itself. `refuses`: every third webhook gets 503. */
function serve(open: (leg: Leg) => LegListener, refuses: boolean): TestServer {
  let webhooks = 0;
  const listening = platform.listen({
    hostname: "127.0.0.1",
    port: 0,
    maxMessageBytes: 65_536,
    fetch(request, connection) {
      if (new URL(request.url).pathname === "/voice") {
        webhooks += 1;
        if (refuses && webhooks % 3 === 0) return new Response("busy", { status: 503 });
        const body = `<Response><Connect><Stream url="ws://127.0.0.1:${listening.port}/stream"/></Connect></Response>`;
        return new Response(body, { headers: { "content-type": "text/xml" } });
      }
      let socket: AcceptedSocket | undefined;
      let leg: LegListener | undefined;
      const upgraded = connection.upgrade(
        undefined,
        {},
        {
          opened(opened) {
            socket = opened;
          },
          text(text) {
            const message = parseFromTwilio(text);
            if ("bad" in message) return;
            if (message.type === "start") {
              const { streamSid } = message;
              leg = open({
                streamSid,
                send: (payload) => void socket?.sendText(JSON.stringify({ event: "media", streamSid, media: { payload } })),
                clear: () => void socket?.sendText(JSON.stringify({ event: "clear", streamSid })),
                close: () => socket?.close(1000, ""),
              });
            } else if (message.type === "media") leg?.media(message.payload);
          },
          binary: () => {},
          pong: () => {},
          closed: () => {},
        },
      );
      return upgraded ?? new Response("", { status: 404 });
    },
    failed: () => new Response("", { status: 500 }),
    threw: (error) => {
      throw error;
    },
  });
  return { url: `http://127.0.0.1:${listening.port}/voice`, stop: () => listening.stopNow() };
}

/** Sends every frame straight back. */
export function echoServer(fault?: EchoFault): TestServer {
  const legs: Leg[] = [];
  return serve((leg) => {
    legs.push(leg);
    const own = legs.length - 1;
    let frames = 0;
    let held: string | undefined;
    const media = (payload: string): void => {
      frames += 1;
      const isTenth = frames % 10 === 0;
      if (fault === "closes" && frames === 20) leg.close();
      if (fault === "stops" && frames > 50) return;
      if (fault === "drops" && isTenth) return;
      if (fault === "reorders" && isTenth) {
        held = payload;
        return;
      }
      if (fault === "malforms" && isTenth) leg.send("not base64");
      // The audio of a pair of calls is exchanged.
      const to = fault === "mixes" && isTenth ? (legs[own ^ 1] ?? leg) : leg;
      to.send(payload);
      if (fault === "repeats" && isTenth) leg.send(payload);
      if (held !== undefined) leg.send(held);
      held = undefined;
    };
    return { media };
  }, fault === "refuses");
}

const LOUD = new Uint8Array(160).fill(0x90).toBase64();
/** Audio sent at once: a greeting of half a second, answers of three. */
const GREETING_FRAMES = 25;
const ANSWER_FRAMES = 150;
const LONG_ANSWER_FRAMES = 600;
/** Frames of silence that end a turn. */
const TURN_END_FRAMES = 5;
export const LATE_MS = 1_500;

/** Greets, answers after 100 ms of silence, and clears when the caller speaks. */
export function agentServer(clock: Clock, fault?: AgentFault): TestServer {
  return serve((leg) => {
    const say = (frames: number): void => {
      for (let frame = 0; frame < frames; frame++) leg.send(LOUD);
    };
    let silence = 0;
    let spoke = false;
    if (fault !== "silent") say(GREETING_FRAMES);
    const answer = (): void => say(fault === "neverClears" ? LONG_ANSWER_FRAMES : ANSWER_FRAMES);
    const media = (payload: string): void => {
      if (isAudible(Uint8Array.fromBase64(payload))) {
        if (!spoke && fault !== "neverClears") leg.clear();
        spoke = true;
        silence = 0;
        return;
      }
      silence += 1;
      if (!spoke || silence < TURN_END_FRAMES) return;
      spoke = false;
      if (fault === "deaf" || fault === "silent") return;
      if (fault === "late") clock.after(LATE_MS, answer);
      else answer();
    };
    return { media };
  }, false);
}
