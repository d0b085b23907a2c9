// How a server must answer the WebSocket handshake of Twilio's client, which sends no subprotocol, no extension and no
// Origin. Why one was refused: evidence/handshake-refusal.ts.
// Follows RFC 6455 sections 4 and 9.1, and https://www.twilio.com/docs/api/errors/31920

import { fieldValue } from "../../protocol/http/message.ts";
import { twilioErrorUrl } from "../../protocol/twilio-errors.ts";
import { acceptKey } from "../../protocol/websocket/handshake.ts";
import { CAUSES, type CauseCode } from "../causes/causes.ts";
import { ASGI_403_FIX } from "../causes/handshake.ts";
import type { DoctorCheck, DoctorJudgement, Evidence, HandshakeTry } from "../evidence/evidence.ts";
import { bodyStart, visibleStart } from "../evidence/exchanges.ts";
import { handshakeFront, handshakeRefusal, isAnsweredAsPlainGet, isOpen } from "../evidence/handshake-refusal.ts";
import { firstStream } from "../evidence/stream-facts.ts";
import { FRONT_CAUSES, type FrontAnswer } from "../evidence/who-answered.ts";
import { failed, passed, untested } from "./judgement.ts";

const SUBPROTOCOL = "audio.twilio.com";
const rfc = "RFC 6455 section 4.2.2";
/** Callers notice a longer silence. Twilio documents no limit. */
const SLOW_MS = 2_000;

/** Judges the call's own handshake; untested when there was none. */
function onHandshake(judge: (handshake: HandshakeTry, evidence: Evidence) => DoctorJudgement): (evidence: Evidence) => DoctorJudgement {
  return (evidence) => {
    const [first] = evidence.handshakes;
    return first === undefined ? untested("there was no handshake") : judge(first, evidence);
  };
}

/** Judges the call's own handshake when it was answered with 101. `header` reads a field of the answer. */
function onOpened(
  judge: (handshake: HandshakeTry, header: (name: string) => string | undefined, evidence: Evidence) => DoctorJudgement,
): (evidence: Evidence) => DoctorJudgement {
  return onHandshake((first, evidence) =>
    isOpen(first) ? judge(first, (name) => headerOf(first, name), evidence) : untested("the handshake was refused"),
  );
}

function headerOf({ answer }: HandshakeTry, name: string): string | undefined {
  return fieldValue(answer?.head.fields ?? [], name);
}

const status: DoctorCheck = {
  id: "handshake.status",
  stage: "handshake",
  level: "error",
  requirement: "A handshake with exactly what Twilio's client sends is answered with 101.",
  expected: "HTTP 101",
  source: twilioErrorUrl(31920),
  judge: onHandshake((first, evidence) => {
    const { answer, failure, ms, atMs } = first;
    const details = { evidence: handshakeTrail(evidence), ms };
    if (isOpen(first)) return passed("HTTP 101", details);
    const cause = handshakeRefusal(first, evidence);
    if (cause === undefined) return untested(failure?.detail ?? "");
    if (answer === undefined) return failed(cause, failure?.detail ?? "nothing", details);
    const again = evidence.handshakes.find((one) => one.variant === "again" && isOpen(one));
    const location = headerOf(first, "location");
    // Another handshake may show another cause.
    const front = frontOf(first, cause);
    const actual = [
      `HTTP ${answer.head.status} ${answer.head.reason}`.trim(),
      again === undefined ? "" : `; HTTP 101 when tried again ${again.atMs - atMs} ms later`,
      location === undefined ? "" : `, Location: ${location}`,
      front === undefined ? "" : `: ${front.sentence}`,
      cause === "handshake-no-upgrade" && isAnsweredAsPlainGet(first) ? `: ${visibleStart(answer.body, 80)}, as to a plain GET` : "",
    ];
    const fix = front?.fix ?? (cause === "handshake-forbidden" && isEmpty403(answer) ? ASGI_403_FIX : undefined);
    return failed(cause, actual.join(""), { ...details, ...(fix === undefined ? {} : { fix: { text: fix } }) });
  }),
};

/** As ASGI servers refuse a handshake. */
function isEmpty403({ head, body }: NonNullable<HandshakeTry["answer"]>): boolean {
  return head.status === 403 && body === "";
}

/** Who answered instead of the app, if that is the cause. */
function frontOf(handshake: HandshakeTry, cause: CauseCode): FrontAnswer | undefined {
  const front = handshakeFront(handshake);
  return front !== undefined && FRONT_CAUSES.handshake[front.kind] === cause ? front : undefined;
}

/** One line per handshake, then the first answer's headers and body. */
function handshakeTrail({ handshakes }: Evidence): readonly string[] {
  const { answer } = handshakes[0] ?? {};
  return [
    ...handshakes.map(describeHandshake),
    ...(answer?.head.fields ?? []).slice(0, 20).map(([name, value]) => `${name}: ${value}`),
    ...(answer === undefined || answer.body === "" ? [] : [`body: ${bodyStart(answer.body)}`]),
  ];
}

const variants: Readonly<Record<HandshakeTry["variant"], string>> = {
  twilio: "like Twilio",
  again: "the same again",
  subprotocol: "with a subprotocol",
  subprotocols: "with subprotocols",
  origin: "with an Origin",
  query: "with the query",
  unsigned: "unsigned",
  "signed-slash": "signed with another trailing slash",
  "signed-https": "signed as https",
  also: "on another host",
  after: "after the calls",
};

/** One line: "like Twilio: HTTP 101 after 20 ms (wss://...)". */
export function describeHandshake({ variant, offered, answer, failure, ms, url, ended }: HandshakeTry): string {
  const request = offered.length > 0 ? `offering ${offered.join(", ")}` : variants[variant];
  const result = answer === undefined ? `${failure?.kind}: ${failure?.detail}` : `HTTP ${answer.head.status} ${answer.head.reason}`.trim();
  return `${request}: ${result} after ${ms} ms${ended === undefined ? "" : `, then ${ended}`} (${url})`;
}

const upgrade: DoctorCheck = {
  id: "handshake.upgrade",
  stage: "handshake",
  level: "error",
  requirement: "The 101 is HTTP/1.1, with Upgrade: websocket, once, and Connection: Upgrade.",
  expected: "HTTP/1.1, Upgrade: websocket, Connection: Upgrade",
  source: rfc,
  judge: onOpened(({ answer }, header) => {
    const [upgrade, connection] = [header("upgrade"), header("connection")];
    const version = answer?.head.version;
    const actual = `HTTP/${version}, Upgrade: ${upgrade ?? "none"}, Connection: ${connection ?? "none"}`;
    if (version !== "1.1") return failed("handshake-http-version", actual);
    const protocols = tokensOf(upgrade);
    if (protocols.length > 1 && protocols.every((name) => name === "websocket")) {
      return failed("handshake-header-repeated", `${actual}: Upgrade is there ${times(protocols.length)}`);
    }
    const isUpgrade = protocols.length === 1 && protocols[0] === "websocket" && tokensOf(connection).includes("upgrade");
    return isUpgrade ? passed(actual) : failed("handshake-header-missing", actual);
  }),
};

/** The lower-case elements of a header's list, over all its fields. */
function tokensOf(value: string | undefined): readonly string[] {
  return (value ?? "")
    .toLowerCase()
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "");
}

function times(count: number): string {
  return count === 2 ? "twice" : `${count} times`;
}

const accept: DoctorCheck = {
  id: "handshake.accept",
  stage: "handshake",
  level: "error",
  requirement: "Sec-WebSocket-Accept matches the Sec-WebSocket-Key that was sent.",
  expected: "the key's hash",
  source: rfc,
  judge: onOpened(({ key }, header) => {
    const [expected, actual] = [acceptKey(key), header("sec-websocket-accept")];
    if (actual === undefined) return failed("handshake-header-missing", "no Sec-WebSocket-Accept", { expected });
    const values = actual.split(/ *, */);
    if (values.length > 1) return failed("handshake-header-repeated", `${actual}: Sec-WebSocket-Accept is there ${times(values.length)}`);
    return actual === expected ? passed(actual) : failed("handshake-accept-mismatch", actual, { expected });
  }),
};

const extensions: DoctorCheck = {
  id: "handshake.extensions",
  stage: "handshake",
  level: "error",
  requirement: "The answer has no Sec-WebSocket-Extensions, because none was offered.",
  expected: "none",
  source: "RFC 6455 section 9.1",
  judge: onOpened((_handshake, header, evidence) => {
    const actual = header("sec-websocket-extensions");
    if (actual === undefined) return passed("none");
    const broken = firstStream(evidence)?.broken;
    if (broken?.violation === "compressed") return failed("stream-compressed", `${actual}, then ${broken.bad}`);
    return failed("handshake-extension-unsolicited", actual);
  }),
};

const noSubprotocol: DoctorCheck = {
  id: "handshake.no-subprotocol",
  stage: "handshake",
  level: "warning",
  requirement:
    "The answer has no Sec-WebSocket-Protocol when none was offered. Twilio's client seems to tolerate it; others end the connection.",
  expected: "none",
  source: "RFC 6455 section 4.1",
  judge: onOpened((_handshake, header) => {
    const actual = header("sec-websocket-protocol");
    if (actual === undefined) return passed("none");
    return failed("handshake-subprotocol-unsolicited", actual, { evidence: [`Sec-WebSocket-Protocol: ${actual}`] });
  }),
};

/** All values of the header, which an answer may have once only (RFC 6455 section 11.3.4). */
function chosenBy({ answer }: HandshakeTry): string | undefined {
  const values = (answer?.head.fields ?? []).filter(([name]) => name.toLowerCase() === "sec-websocket-protocol").map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

const subprotocolChoice: DoctorCheck = {
  id: "handshake.subprotocol-choice",
  stage: "handshake",
  level: "warning",
  requirement: "When subprotocols are offered, the answer has one of them, or none.",
  expected: "one of those offered, or none",
  source: "RFC 6455 section 4.1",
  judge: onOpened((_handshake, _header, { handshakes }) => {
    const offering = handshakes.filter(({ offered, answer }) => offered.length > 0 && answer !== undefined);
    if (offering.length === 0) return untested("none was offered");
    const chosen = offering.map((one) => ({ one, choice: chosenBy(one) }));
    const evidence = chosen.map(({ one, choice }) => `${describeHandshake(one)}: ${choice ?? "none"}`);
    const wrong = chosen.find(({ one, choice }) => isOpen(one) && choice !== undefined && !one.offered.includes(choice));
    if (wrong?.choice === undefined) return passed(chosen.map(({ choice }) => choice ?? "none").join(", "), { evidence });
    return failed(causeOfChoice(wrong.choice), `${wrong.choice}, of ${wrong.one.offered.join(", ")}`, { evidence });
  }),
};

function causeOfChoice(choice: string): CauseCode {
  if (choice.includes(",")) return "handshake-subprotocol-two";
  return isMisspelt(choice) ? "handshake-subprotocol-misspelt" : "handshake-subprotocol-wrong";
}

/** More differences make it another name. */
const MAX_MISSPELT = 4;

/** Whether it is nearly audio.twilio.com (Levenshtein distance). */
function isMisspelt(choice: string): boolean {
  if (choice.length > 2 * SUBPROTOCOL.length) return false;
  let row = Array.from({ length: SUBPROTOCOL.length + 1 }, (_, at) => at);
  for (const [at, character] of [...choice.toLowerCase()].entries()) {
    const next = [at + 1];
    for (let to = 1; to < row.length; to++) {
      const [left = 0, up = 0, corner = 0] = [next[to - 1], row[to], row[to - 1]];
      next.push(Math.min(left + 1, up + 1, corner + (SUBPROTOCOL[to - 1] === character ? 0 : 1)));
    }
    row = next;
  }
  return (row.at(-1) ?? 0) <= MAX_MISSPELT;
}

const subprotocolOffered: DoctorCheck = {
  id: "handshake.subprotocol-offered",
  stage: "handshake",
  level: "warning",
  requirement:
    "The handshake is also accepted when audio.twilio.com is offered: captures of Twilio's handshake show no offer, but some guides insist on one.",
  expected: "HTTP 101, and the socket stays open",
  source: "RFC 6455 section 4.2.2",
  judge: onOpened((_handshake, _header, { handshakes }) => {
    const offering = handshakes.filter(({ offered }) => offered.includes(SUBPROTOCOL));
    if (offering.length === 0) return untested("none was offered");
    const evidence = handshakes.map(describeHandshake);
    const fails = (one: HandshakeTry): boolean => !isOpen(one) || one.ended !== undefined;
    const rejected = offering.find(fails);
    if (rejected === undefined) return passed("accepted", { evidence });
    const { answer, failure, ended } = rejected;
    const actual = ended ?? (answer === undefined ? failure?.detail : `HTTP ${answer.head.status}`) ?? "no answer";
    const again = handshakes.findLast(({ variant }) => variant === "again");
    if (again !== undefined && fails(again)) return untested(`${actual}, but also without an offer`, { evidence });
    return failed("handshake-subprotocol-rejected", `${actual} when ${rejected.offered.join(", ")} is offered`, { evidence });
  }),
};

const latency: DoctorCheck = {
  id: "handshake.latency",
  stage: "handshake",
  level: "warning",
  requirement: "The handshake is answered at once: until then, the caller hears silence.",
  expected: `within ${SLOW_MS} ms`,
  source: twilioErrorUrl(31901),
  judge: onOpened(({ ms }, _header, { handshakes }) => {
    if (ms <= SLOW_MS) return passed(`${ms} ms`, { ms });
    const fastestMs = Math.min(...handshakes.slice(1).flatMap((one) => (isOpen(one) ? [one.ms] : [])));
    if (fastestMs > SLOW_MS) return failed("handshake-slow", `${ms} ms`, { ms });
    const fix = { text: CAUSES["handshake-cold-start"].fix };
    return failed("handshake-slow", `${ms} ms, and a later one took ${fastestMs} ms: the server was not awake yet`, { ms, fix });
  }),
};

/** In the order in which a client looks. */
export const HANDSHAKE_CHECKS: readonly DoctorCheck[] = [
  ...[status, upgrade, accept, extensions],
  ...[noSubprotocol, subprotocolOffered, subprotocolChoice, latency],
];
