// The WebSocket handshake of a stream: the 101 comes at once, with the right subprotocol. Raw headers are judged.
// Follows RFC 6455 sections 4.1 and 4.2.2

import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import { type CallEvidence, describeStream, type TelephoneEvidence } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/**
 * Longest time to the 101. Twilio documents no limit for its stream client; its HTTP client waits 5 s for a
 * connection.
 */
export const HANDSHAKE_LIMIT_MS = 5_000;

/** A handshake that offers `offered` must be answered with exactly `chosen`. */
function subprotocolCheck(
  id: string,
  offered: readonly string[],
  chosen: string | undefined,
  requirement: string,
): SelftestCheck<TelephoneEvidence> {
  const wanted = chosen === undefined ? "no Sec-WebSocket-Protocol" : `Sec-WebSocket-Protocol: ${chosen}`;
  return {
    id,
    stage: "handshake",
    level: "error",
    requirement,
    source: "RFC 6455 section 4.2.2",
    judge({ call }) {
      const [stream] = call.streams;
      const fields = stream?.answer?.head.fields ?? [];
      const values = fields.filter(([name]) => name.toLowerCase() === "sec-websocket-protocol").map(([, value]) => value);
      const got = values.length === 0 ? "no Sec-WebSocket-Protocol" : `Sec-WebSocket-Protocol: ${values.join(" and ")}`;
      const offeredNow = call.options.subprotocols ?? [];
      const ms = (stream?.answer?.atMs ?? 0) - (stream?.dialledAtMs ?? 0);
      const judgement = allHold(
        `101 within ${HANDSHAKE_LIMIT_MS} ms, ${wanted}`,
        `101 after ${ms} ms, ${got}`,
        [offered.join() === offeredNow.join(), `the test itself is wrong: it offered ${offeredNow.join(", ")}`],
        [stream?.answer?.head.status === 101, describeStream(stream)],
        [values.length === (chosen === undefined ? 0 : 1) && values[0] === chosen, `101, ${got}`],
        [stream?.openedAtMs !== undefined && stream.handshakeRisk === undefined, stream?.handshakeRisk ?? describeStream(stream)],
        [ms <= HANDSHAKE_LIMIT_MS, `101 after ${ms} ms`],
      );
      return { ...judgement, ms };
    },
  };
}

/** As Twilio dials. */
export const handshakeNoSubprotocol = subprotocolCheck(
  "handshake.no-subprotocol",
  [],
  undefined,
  "When no subprotocol is offered, none is sent: a client must reject one it did not ask for.",
);

/** As many guides expect Twilio to dial. */
export const handshakeAudioTwilio = subprotocolCheck(
  "handshake.audio-twilio-com",
  ["audio.twilio.com"],
  "audio.twilio.com",
  "When only audio.twilio.com is offered, it is sent back.",
);

export const handshakeSeveral = subprotocolCheck(
  "handshake.several",
  ["chat", "audio.twilio.com", "superchat"],
  "audio.twilio.com",
  "When audio.twilio.com is one of several offered, it alone is sent back: one value, not a list.",
);

/** Browsers and the ws package fail when they offer subprotocols and none comes back. */
export const handshakeUnknownOnly = subprotocolCheck(
  "handshake.unknown-only",
  ["chat", "superchat"],
  "chat",
  "When only other subprotocols are offered, the first is sent back: some clients need one.",
);

export const handshakeModelHangs: SelftestCheck<CallEvidence> = {
  id: "handshake.model-hangs",
  stage: "handshake",
  level: "error",
  requirement: "The handshake is answered at once, even when the model does not answer.",
  source: twilioErrorUrl(31920),
  judge(evidence) {
    const { call, sessions } = evidence;
    const [stream] = call.streams;
    const ms = (stream?.answer?.atMs ?? 0) - (stream?.dialledAtMs ?? 0);
    const judgement = allHold(
      `101 within ${HANDSHAKE_LIMIT_MS} ms, and the stream stays open`,
      `101 after ${ms} ms, ${describeStream(stream)}`,
      [sessions.length === 0, "the test itself is wrong: the model answered"],
      [stream?.answer?.head.status === 101 && ms <= HANDSHAKE_LIMIT_MS, `${describeStream(stream)} after ${ms} ms`],
      [stream?.end?.by === "caller", describeStream(stream)],
    );
    return { ...judgement, ms };
  },
};
