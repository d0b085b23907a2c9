// Dials a stream again with its URL's query, which Twilio strips: a server that needs the query ends the stream without
// it and keeps it with it.

import type { DoctorCall } from "../evidence/evidence.ts";
import type { DoctorWorld } from "../options.ts";
import { type CallSetup, placeDoctorCall, streamDocument } from "./place-doctor-call.ts";

/** A stream that lasted longer did not end for want of its query. */
const EARLY_MS = 5_000;
/** How much longer the stream must last with its query. */
const LONGER_MS = 1_000;
/** Limit of the handshake. */
const OPEN_MS = 10_000;

/**
 * Whether the stream lasts with its query; undefined: it has none, or did not end early. `written` is the URL in the
 * TwiML.
 */
export async function lastsWithQuery(
  { call }: DoctorCall,
  written: string,
  setup: CallSetup,
  world: DoctorWorld,
): Promise<boolean | undefined> {
  const [stream] = call.streams;
  const url = stream === undefined ? null : URL.parse(written, stream.url);
  if (stream?.openedAtMs === undefined || stream.end === undefined || url === null || url.search === "") return undefined;
  const lastedMs = stream.end.atMs - stream.openedAtMs;
  if (stream.end.by === "caller" || lastedMs > EARLY_MS) return undefined;
  const options = { twiml: streamDocument(url.href), keepsQuery: true, customParameters: stream.parameters };
  const placed = placeDoctorCall(setup, 0, world, options);
  const hasEnded = (): boolean => placed.line.call.streams[0]?.end !== undefined;
  const isOpen = await placed.line
    .until("the stream", (one) => one.streams[0]?.openedAtMs !== undefined, OPEN_MS)
    .then(
      () => true,
      () => false,
    );
  // A timeout of this wait is the good case: the stream is still open.
  if (isOpen && !hasEnded()) await placed.line.until("the end", hasEnded, lastedMs + LONGER_MS).catch(() => undefined);
  const lasts = isOpen && !hasEnded();
  placed.line.command({ type: "hangUp", requestsAction: false });
  await placed.end();
  return lasts;
}
