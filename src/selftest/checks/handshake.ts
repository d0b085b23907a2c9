// What a server owes to the WebSocket handshake of a stream: the 101 at once, and the right sub-protocol to whoever
// dials. Raw headers are judged.
// Follows RFC 6455 sections 4.1 and 4.2.2

import { type CallEvidence, type TelephoneEvidence, tellStream } from "./evidence.ts";
import { allHold, type SelftestCheck } from "./judgement.ts";

/**
 * How long a server may take to its 101. Twilio documents no limit of its stream's client; its HTTP client waits 5 s
 * for a connection.
 */
export const HANDSHAKE_LIMIT_MS = 5_000;

/** A handshake that offers `offered`, and must be answered with `chosen` and no other word. */
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
        [offered.join() === offeredNow.join(), `the test is wrong: it offered ${offeredNow.join(", ")}`],
        [stream?.answer?.head.status === 101, tellStream(stream)],
        [values.length === (chosen === undefined ? 0 : 1) && values[0] === chosen, `101, ${got}`],
        [stream?.openedAtMs !== undefined && stream.handshakeRisk === undefined, stream?.handshakeRisk ?? tellStream(stream)],
        [ms <= HANDSHAKE_LIMIT_MS, `101 after ${ms} ms`],
      );
      return { ...judgement, ms };
    },
  };
}

/** Twilio as it is: it offers no sub-protocol. */
export const handshakeNoSubprotocol = subprotocolCheck(
  "handshake.no-subprotocol",
  [],
  undefined,
  "When no subprotocol is offered, none is sent: a client must reject one it did not ask for.",
);

/** Twilio as many programs and guides hold it to be. */
export const handshakeAudioTwilio = subprotocolCheck(
  "handshake.audio-twilio-com",
  ["audio.twilio.com"],
  "audio.twilio.com",
  "When only audio.twilio.com is offered, it is sent back.",
);

/** A client that offers it among others, and not first. */
export const handshakeSeveral = subprotocolCheck(
  "handshake.several",
  ["chat", "audio.twilio.com", "superchat"],
  "audio.twilio.com",
  "When audio.twilio.com is one of several offered, it alone is sent back: one value, not a list.",
);

/** A client of another kind: browsers and the package ws fail when they offered and none comes back. */
export const handshakeUnknownOnly = subprotocolCheck(
  "handshake.unknown-only",
  ["chat", "superchat"],
  "chat",
  "When only other subprotocols are offered, the first is sent back: some clients need one.",
);

/** The 101 does not wait for the model. */
export const handshakeModelHangs: SelftestCheck<CallEvidence> = {
  id: "handshake.model-hangs",
  stage: "handshake",
  level: "error",
  requirement: "The handshake is answered at once, even when the model does not answer.",
  source: "https://www.twilio.com/docs/api/errors/31920",
  judge(evidence) {
    const { call, sessions } = evidence;
    const [stream] = call.streams;
    const ms = (stream?.answer?.atMs ?? 0) - (stream?.dialledAtMs ?? 0);
    const judgement = allHold(
      `101 within ${HANDSHAKE_LIMIT_MS} ms, and the stream stays`,
      `101 after ${ms} ms, ${tellStream(stream)}`,
      [sessions.length === 0, "the test is wrong: the model answered"],
      [stream?.answer?.head.status === 101 && ms <= HANDSHAKE_LIMIT_MS, `${tellStream(stream)} after ${ms} ms`],
      [stream?.end?.by === "caller", tellStream(stream)],
    );
    return { ...judgement, ms };
  },
};
