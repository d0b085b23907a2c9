// An agent whose stream never falls silent, as servers send it that mix a room's noise behind the voice, or that keep a
// track open: audio in real time, whether the agent speaks or not.

import { MULAW_SILENCE } from "../../../src/audio/g711.ts";
import { type AgentBehavior, agent, type FromTwilio, type Media } from "./agent.ts";
import type { GalleryWorld, ServerPlan } from "./exhibit.ts";
import { overBackground } from "./sounds.ts";

/** `roomDbfs`: the level of the noise. */
export const inRoom =
  (behavior: AgentBehavior, roomDbfs: number) =>
  ({ clock }: GalleryWorld): Pick<ServerPlan, "stream"> => ({
    stream(socket) {
      let streamSid = "";
      let queue: Uint8Array[] = [];
      let sentMs = 0;
      let callOff = (): void => {};
      const text = (message: string): void => {
        const { event, media } = JSON.parse(message) as Media;
        if (event !== "media") queue = [];
        const audio = event === "media" ? Buffer.from(media.payload, "base64") : new Uint8Array(0);
        for (let at = 0; at < audio.length; at += 160) queue.push(audio.subarray(at, at + 160));
        if (event !== "media") socket.text(message);
      };
      const listener = agent(clock, { ...behavior, marks: false })({ ...socket, text });
      const startMs = clock.nowMs();
      const send = (): void => {
        // A little ahead, and by the clock: a late timer leaves no gap.
        for (; sentMs < clock.nowMs() - startMs + 100; sentMs += 20) {
          const frame = overBackground(queue.shift() ?? new Uint8Array(160).fill(MULAW_SILENCE), sentMs, roomDbfs);
          const media = { payload: Buffer.from(frame).toString("base64") };
          socket.text(JSON.stringify({ event: "media", streamSid, media }));
        }
        callOff = clock.after(20, send);
      };
      return {
        text(message) {
          const { event, streamSid: sid = "" } = JSON.parse(message) as FromTwilio;
          if (event === "start") {
            streamSid = sid;
            send();
          }
          listener.text(message);
        },
        closed() {
          callOff();
          listener.closed();
        },
      };
    },
  });
