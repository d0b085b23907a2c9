// Servers whose WebSocket does not open as Twilio opens it: subprotocols, cold starts in front of the endpoint, and
// answers that are no 101.
// Follows RFC 6455 section 4 and https://www.twilio.com/docs/api/errors/31920

import type { Clock } from "../../../src/call/ports.ts";
import { agent } from "./agent.ts";
import { bunServer } from "./bun-server.ts";
import { type Answer, type Asked, type Exhibit, type Hall, type Opened, type Plan, shown } from "./exhibit.ts";
import { nodeServer } from "./node-server.ts";
import { GALLERY_TOKEN } from "./webhook-faults.ts";

type Handshake = NonNullable<Plan["handshake"]>;
type Base = typeof nodeServer;

const exhibit = (
  name: string,
  causes: Exhibit["causes"],
  handshake: (asked: Asked, hall: Hall) => ReturnType<Handshake>,
  base: Base = nodeServer,
): Exhibit => ({ name, causes, open: base((hall) => ({ handshake: (asked) => handshake(asked, hall), stream: agent(hall.clock) })) });

const plain = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({ status, body, headers });
const opened = (headers: Readonly<Record<string, string>> = {}): Opened => ({ open: true, headers });
const offered = ({ headers }: Asked): readonly string[] => (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
const page = plain(200, "<html><body>single page application</body></html>", { "Content-Type": "text/html" });

/** Opens what offers this subprotocol, and answers it; anything else as told. */
const demands =
  (protocol: string, refusal: Answer | "drop") =>
  (asked: Asked): Answer | Opened | "drop" =>
    offered(asked).includes(protocol) ? opened({ "Sec-WebSocket-Protocol": protocol }) : refusal;

const later = <T>(hall: Hall, ms: number, value: T): Promise<T> =>
  new Promise((resolve) => void hall.clock.after(ms, () => resolve(value)));

/** Refuses until so long after the first request. */
function awakeAfter({ nowMs }: Clock, ms: number, refusal: Answer): () => Answer | Opened {
  let sinceMs: number | undefined;
  return () => {
    sinceMs ??= nowMs();
    return nowMs() - sinceMs < ms ? refusal : opened();
  };
}

const subprotocols: readonly Exhibit[] = [
  exhibit(
    "subprotocol: audio.twilio.com demanded, else 400",
    ["handshake-subprotocol-required"],
    demands("audio.twilio.com", plain(400, "Bad Request")),
  ),
  exhibit(
    "subprotocol: audio.twilio.com demanded, else 403",
    ["handshake-subprotocol-required"],
    demands("audio.twilio.com", plain(403, "")),
  ),
  exhibit("subprotocol: audio.twilio.com demanded, else hung up", ["handshake-subprotocol-required"], demands("audio.twilio.com", "drop")),
  exhibit(
    "subprotocol: audio.twilio.com demanded, on Bun",
    ["handshake-subprotocol-required"],
    demands("audio.twilio.com", plain(426, "Upgrade Required")),
    bunServer,
  ),
  exhibit(
    "subprotocol: one of the author's own demanded, and the refusal says so",
    ["handshake-subprotocol-required", "handshake-status"],
    demands("media.v1", plain(400, "missing or unsupported Sec-WebSocket-Protocol")),
  ),
  exhibit("subprotocol: audio.twilio.com sent unasked", ["handshake-subprotocol-unsolicited"], () =>
    opened({ "Sec-WebSocket-Protocol": "audio.twilio.com" }),
  ),
  exhibit(
    "subprotocol: audio.twilio.com sent unasked, by Bun",
    ["handshake-subprotocol-unsolicited"],
    () => opened({ "Sec-WebSocket-Protocol": "audio.twilio.com" }),
    bunServer,
  ),
  exhibit("subprotocol: another sent unasked", ["handshake-subprotocol-unsolicited", "handshake-subprotocol-wrong"], () =>
    opened({ "Sec-WebSocket-Protocol": "graphql-ws" }),
  ),
  exhibit("subprotocol: the wrong one chosen of those offered", ["handshake-subprotocol-wrong"], (asked) =>
    opened(asked.headers["sec-websocket-protocol"] === undefined ? {} : { "Sec-WebSocket-Protocol": "twilio" }),
  ),
];

/** Slow start-up in front of the endpoint. */
const coldStarts: readonly Exhibit[] = [
  exhibit("cold start: the route is loaded at the first request, which gets 404", ["handshake-cold-start"], ({ ordinal }) =>
    ordinal === 0 ? plain(404, "Cannot GET /stream") : opened(),
  ),
  exhibit("cold start: a page says that it is starting", ["handshake-cold-start"], ({ ordinal }) => (ordinal === 0 ? page : opened())),
  {
    name: "cold start: 404 for 5 s from the first request on",
    causes: ["handshake-cold-start"],
    open: nodeServer(({ clock }) => ({ handshake: awakeAfter(clock, 5_000, plain(404, "Cannot GET /stream")), stream: agent(clock) })),
  },
  {
    name: "cold start: 503 for 9 s from the first request on",
    causes: ["handshake-cold-start"],
    open: nodeServer(({ clock }) => ({ handshake: awakeAfter(clock, 9_000, plain(503, "starting")), stream: agent(clock) })),
  },
  exhibit("cold start: the gateway answers 502 first", ["handshake-cold-start"], ({ ordinal }) =>
    ordinal === 0 ? plain(502, "Bad Gateway") : opened(),
  ),
  exhibit("cold start: 503 and Retry-After twice", ["handshake-cold-start"], ({ ordinal }) =>
    ordinal < 2 ? plain(503, "Service Unavailable", { "Retry-After": "1" }) : opened(),
  ),
  exhibit("cold start: the first connection is dropped", ["handshake-cold-start"], ({ ordinal }) => (ordinal === 0 ? "drop" : opened())),
  shown(
    31901,
    exhibit("cold start: the first handshake takes 12 s", ["handshake-cold-start"], ({ ordinal }, hall) =>
      ordinal === 0 ? later(hall, 12_000, opened()) : opened(),
    ),
  ),
  shown(
    "nothing",
    exhibit("cold start: the first handshake takes 6 s", ["handshake-cold-start", "handshake-slow"], ({ ordinal }, hall) =>
      ordinal === 0 ? later(hall, 6_000, opened()) : opened(),
    ),
  ),
  exhibit("slow: each handshake takes 6 s", ["handshake-slow", "handshake-timeout"], (_, hall) => later(hall, 6_000, opened())),
];

const refusals: readonly Exhibit[] = [
  exhibit("handshake: 404", ["handshake-not-found"], () => plain(404, "Cannot GET /stream")),
  exhibit("handshake: 404, by Hono", ["handshake-not-found"], () => plain(404, "404 Not Found"), bunServer),
  exhibit("handshake: 400, as the ws package answers for a path that it has not", ["handshake-not-found"], () => ({
    status: 400,
    headers: { "Content-Type": "text/html" },
    body: "Bad Request",
  })),
  exhibit("handshake: 500", ["handshake-status"], () => plain(500, "Internal Server Error")),
  exhibit("handshake: 502 every time", ["handshake-gateway"], () => plain(502, "Bad Gateway")),
  exhibit("handshake: 403 without Origin", ["handshake-origin-required"], ({ headers }) =>
    headers["origin"] === undefined ? plain(403, "Forbidden") : opened(),
  ),
  {
    ...exhibit("handshake: 401 without Authorization", ["handshake-forbidden"], ({ headers }) =>
      headers["authorization"] === undefined ? plain(401, "Unauthorized", { "WWW-Authenticate": "Bearer" }) : opened(),
    ),
    asking: { authToken: GALLERY_TOKEN },
  },
  exhibit("handshake: redirects to https", ["handshake-redirect"], () => plain(301, "", { Location: "https://127.0.0.1/stream" })),
  exhibit("handshake: a page in place of 101", ["handshake-no-upgrade"], () => page),
  exhibit("handshake: a page in place of 101, by Bun", ["handshake-no-upgrade"], () => page, bunServer),
  exhibit("handshake: 426 because a proxy keeps Upgrade back", ["handshake-no-upgrade"], () => plain(426, "Upgrade Required")),
  exhibit("handshake: 400 of socket.io", ["handshake-status", "handshake-no-upgrade"], () =>
    plain(400, '{"code":0,"message":"Transport unknown"}', { "Content-Type": "application/json" }),
  ),
  exhibit("handshake: never answered", ["handshake-timeout"], () => "silence"),
  exhibit("handshake: the process dies of it, and is gone", ["handshake-closed"], () => "die"),
  exhibit("handshake: hung up on", ["handshake-closed"], () => "drop"),
  exhibit("handshake: the wrong Accept", ["handshake-accept-mismatch"], () =>
    opened({ "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
  ),
  exhibit("handshake: no Accept", ["handshake-accept-mismatch"], () => opened({ "Sec-WebSocket-Accept": "" })),
  exhibit("handshake: 101 without Upgrade", ["handshake-no-upgrade", "handshake-accept-mismatch", "handshake-status"], () =>
    opened({ Upgrade: "" }),
  ),
  shown(
    "nothing",
    exhibit("handshake: an extension that nobody offered", ["handshake-extension-unsolicited"], () =>
      opened({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
    ),
  ),
];

export const handshakeFaults: readonly Exhibit[] = [...subprotocols, ...coldStarts, ...refusals];
