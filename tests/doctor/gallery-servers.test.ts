// The gallery's servers, called by the Twilio simulator instead of the doctor: each faulty one causes its error in
// Twilio's console, and each healthy one has a conversation. What the doctor says about them: gallery.test.ts.

import { afterAll, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { CAUSES, type CauseCode } from "../../src/doctor/causes/causes.ts";
import { placeTelephoneCall, type TelephoneCallHandle } from "../../src/simulators/sockets/place-telephone-call.ts";
import type { TelephoneCall } from "../../src/simulators/twilio/telephone/telephone-state.ts";
import { inTurns } from "../support/in-turns.ts";
import { patientClock } from "../support/patient-clock.ts";
import { gallery } from "./gallery/all.ts";
import type { Exhibit } from "./gallery/exhibit.ts";
import { speech } from "./gallery/sounds.ts";

const clock = patientClock(6);
/** Times within the call: the caller speaks, waits for an answer, interrupts it, and hangs up. */
const speaksAtMs = 4_500;
const spokenMs = 1_500;
const interruptsAtMs = 9_000;
const hangsUpAtMs = 11_500;

async function dial(exhibit: Exhibit): Promise<TelephoneCall> {
  const server = await exhibit.open({ clock });
  const { authToken, method, ca } = exhibit.flags ?? {};
  const trust = ca === undefined ? {} : { ca: readFileSync(ca, "utf8") };
  const webhook = { url: server.url, ...(method === undefined ? {} : { method }) };
  const options = { webhook, authToken, seed: exhibit.name, allowPlainSocket: new URL(server.url).protocol === "http:" };
  const running: TelephoneCallHandle = placeTelephoneCall(options, { clock, trust, random: (count) => randomBytes(count) });
  const cancels = [
    ...[speaksAtMs, interruptsAtMs].map((ms) => clock.after(ms, () => running.command({ type: "say", speech: speech(spokenMs) }))),
    clock.after(hangsUpAtMs, () => hangUp(running)),
  ];
  const call = await running.done;
  for (const cancel of cancels) cancel();
  await server.stop();
  return call;
}

/** Hangs up as soon as no request and no handshake is pending. */
function hangUp(running: TelephoneCallHandle): void {
  const { pending, stream } = running.call;
  if (pending.length > 0 || stream?.phase === "dialling") clock.after(1_000, () => hangUp(running));
  else running.command({ type: "hangUp", requestsAction: false });
}

/** The error that Twilio's console must show; undefined: none. */
function expectedCode({ cause, twilioError }: Exhibit): number | undefined {
  if (twilioError === "nothing") return undefined;
  return twilioError ?? CAUSES[cause as CauseCode].twilioError;
}

const servers = gallery.filter(({ isNumber, leadsElsewhere }) => isNumber !== true && leadsElsewhere !== true);
const present = servers.filter(({ missing }) => missing?.() === undefined);
const calls = inTurns(8, present, dial);
afterAll(() => Promise.allSettled(calls.values()));

for (const exhibit of servers) {
  const missing = exhibit.missing?.();
  const name = `gallery: ${exhibit.name}${missing === undefined ? "" : ` (${missing})`}: the Twilio simulator sees it`;
  test.skipIf(missing !== undefined)(name, async () => {
    const call = await calls.get(exhibit);
    assert(call !== undefined);
    const code = expectedCode(exhibit);
    const codes = call.problems.map(({ twilioCode }) => twilioCode);
    if (code === undefined) assertEquals(codes, []);
    else assert(codes.includes(code), JSON.stringify([call.problems, call.streams.at(-1)?.end]));
    const heard = call.line.filter(({ kind }) => kind === "audio");
    if (exhibit.cause === "healthy" && code === undefined) assert(heard.length > 0, "nothing was heard");
  });
}

test("gallery: names are unique, causes are known, and there are enough healthy and faulty servers", () => {
  assertEquals(new Set(gallery.map(({ name }) => name)).size, gallery.length);
  for (const { name, cause } of gallery) assert(cause in CAUSES, `${name}: ${cause}`);
  const healthy = gallery.filter(({ cause }) => cause === "healthy");
  assert(healthy.length >= 8);
  assert(gallery.length - healthy.length >= 40);
});
