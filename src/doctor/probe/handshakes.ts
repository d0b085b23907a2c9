// The stream's handshake tried by itself, on connections of its own: again after a moment, with sub-protocols, with what Twilio does not send. Each is
// closed as soon as it is answered. What the answers mean: doctor/checks/handshake.ts.
// Follows RFC 6455, section 4

import { latin1Text } from "../../protocol/bytes.ts";
import type { HttpFields } from "../../protocol/http/message.ts";
import { signRequest } from "../../protocol/signature.ts";
import { RawWebSocket } from "../../simulators/sockets/websocket.ts";
import { webSocketKey } from "../../simulators/twilio/ids.ts";
import type { HandshakeTry } from "../evidence/evidence.ts";
import type { DoctorOptions, DoctorWorld } from "../options.ts";

/** As the call's own. */
const CONNECT_MS = 5_000;
const TOTAL_MS = 10_000;
/** Characters of a refusal's body that are kept. */
const BODY_CHARS = 2_000;
/** How long an opened socket's close is waited for before the connection is dropped. */
const CLOSE_MS = 500;

/** One handshake to try. */
export interface Trial {
  readonly variant: HandshakeTry["variant"];
  readonly url: string;
  readonly offered?: readonly string[];
  /** Undefined: signed for `url`. */
  readonly signs?: string | null;
  readonly origin?: string;
}

export function tryHandshake(trial: Trial, options: DoctorOptions, world: DoctorWorld): Promise<HandshakeTry> {
  const { clock, trust, random } = world;
  const { variant, url, offered = [] } = trial;
  const atMs = clock.nowMs();
  const key = webSocketKey(String(atMs), `${variant}${url}`);
  const fields = fieldsOf(trial, options);
  const dial = { type: "socket.dial", id: 0, url, key, fields, connectTimeoutMs: CONNECT_MS, totalTimeoutMs: TOTAL_MS } as const;
  world.trace({ atMs, variant, ...dial });
  return new Promise((resolve) => {
    const finish = (rest: Pick<HandshakeTry, "answer" | "failure">): void => {
      world.trace({ type: "handshake", variant, atMs: clock.nowMs(), ...rest });
      resolve({ variant, url, offered, atMs, ms: clock.nowMs() - atMs, key, ...rest });
    };
    const socket = new RawWebSocket(dial, { clock, trust, random }, (told) => {
      if (told.type === "socket.opened") {
        finish({ answer: { head: told.head, body: "" } });
        socket.close(1000, ""); // RFC 6455 7.4.1: a normal end
        clock.after(CLOSE_MS, () => socket.drop());
      } else if (told.type === "socket.refused") {
        finish({ answer: { head: told.head, body: latin1Text(told.body).slice(0, BODY_CHARS) } });
      } else if (told.type === "socket.failed") {
        finish({ failure: { kind: told.failure, detail: told.detail } });
      }
    });
  });
}

function fieldsOf({ url, offered = [], signs, origin }: Trial, { authToken, userAgent }: DoctorOptions): HttpFields {
  const isSigned = authToken !== undefined && signs !== null;
  return [
    ["User-Agent", userAgent ?? "Twilio.TmeWs/1.0"],
    ...(isSigned ? ([["X-Twilio-Signature", signRequest(authToken, signs ?? url, {})]] as const) : []),
    ...(offered.length === 0 ? [] : ([["Sec-WebSocket-Protocol", offered.join(", ")]] as const)),
    ...(origin === undefined ? [] : ([["Origin", origin]] as const)),
  ];
}
