// A stream that ended early though its URL had a query, dialled once more with it: Twilio strips the query, and a server that needs it gives the call up.

import type { DoctorCall } from "../evidence/evidence.ts";
import type { DoctorWorld } from "../options.ts";
import { type Place, placeDoctorCall, streamDocument } from "./place.ts";

/** A stream that lasted longer did not fail for want of its query. */
const EARLY_MS = 5_000;
/** How much longer than the first a stream is to last. */
const LONGER_MS = 1_000;
/** For the handshake. */
const OPEN_MS = 10_000;

/** Whether the stream lasts with its query; undefined: there is nothing to find out. `written` is the URL as the TwiML has it. */
export async function lastsWithQuery(
  { call }: DoctorCall,
  written: string,
  place: Place,
  world: DoctorWorld,
): Promise<boolean | undefined> {
  const [stream] = call.streams;
  const url = stream === undefined ? null : URL.parse(written, stream.url);
  if (stream?.openedAtMs === undefined || stream.end === undefined || url === null || url.search === "") return undefined;
  const lastedMs = stream.end.atMs - stream.openedAtMs;
  if (stream.end.by === "caller" || lastedMs > EARLY_MS) return undefined;
  const options = { twiml: streamDocument(url.href), keepsQuery: true, customParameters: stream.parameters };
  const placed = placeDoctorCall(place, 0, world, options);
  const hasEnded = (): boolean => placed.line.call.streams[0]?.end !== undefined;
  const isOpen = await placed.line
    .until("the stream", (one) => one.streams[0]?.openedAtMs !== undefined, OPEN_MS)
    .then(
      () => true,
      () => false,
    );
  // Its end, or none for long enough: the wait that runs out is the good news.
  if (isOpen && !hasEnded()) await placed.line.until("the end", hasEnded, lastedMs + LONGER_MS).catch(() => undefined);
  const lasts = isOpen && !hasEnded();
  placed.line.command({ type: "hangUp", asked: false });
  await placed.end([]);
  return lasts;
}
