// Fetches the recordings that a call's TwiML plays, as Twilio does: by GET and without credentials. Judged in
// doctor/checks/twiml.ts.
// Follows https://www.twilio.com/docs/voice/twiml/play

import { fieldValue, type HttpFields } from "../../protocol/http/message.ts";
import { sendHttpRequest } from "../../simulators/sockets/send-http-request.ts";
import type { TelephoneCall } from "../../simulators/twilio/telephone/telephone-state.ts";
import type { PlayTry } from "../evidence/evidence.ts";
import type { DoctorWorld } from "../options.ts";
import type { CallSetup } from "./place-doctor-call.ts";

/** Recordings fetched per run. */
const MAX_RECORDINGS = 5;
const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 15_000, totalTimeoutMs: 15_000, maxBodyBytes: 10_485_760 } as const;

/** Skips URLs that `refuse` gives a reason for. Never rejects. */
export async function fetchRecordings(call: TelephoneCall, refuse: CallSetup["refuse"], world: DoctorWorld): Promise<readonly PlayTry[]> {
  const urls = new Set(call.line.flatMap((event) => (event.kind === "play" && /^https?:/i.test(event.what) ? [event.what] : [])));
  const tries: PlayTry[] = [];
  for (const url of [...urls].slice(0, MAX_RECORDINGS)) {
    const isRefused = refuse !== undefined && (await refuse(url)) !== undefined;
    if (!isRefused && URL.canParse(url)) tries.push(await fetchRecording(url, world));
  }
  return tries;
}

function fetchRecording(url: string, { clock, trust, trace }: DoctorWorld): Promise<PlayTry> {
  const headers: HttpFields = [
    ["Host", new URL(url).host],
    ["User-Agent", "TwilioProxy/1.1"],
    ["Accept", "*/*"],
    ["Connection", "close"],
  ];
  trace({ type: "http.request", variant: "play", atMs: clock.nowMs(), method: "GET", url, headers });
  return new Promise((resolve) => {
    sendHttpRequest({ type: "http.request", id: 0, method: "GET", url, headers, body: "", ...limits }, trust, clock, (result) => {
      if ("failure" in result) {
        const failure = { kind: result.failure, detail: result.detail };
        resolve({ url, status: undefined, contentType: undefined, failure });
      } else {
        resolve({ url, status: result.status, contentType: fieldValue(result.headers, "content-type") });
      }
    });
  });
}
