// Holds the caller's audio until the model is ready: before `session.updated` it would take mu-law bytes for PCM16 (24 kHz is the session's
// default input format, https://developers.openai.com/api/docs/guides/realtime-conversations). Then everything goes through at once, in order.

import { PCMU_BYTES_PER_MS, payloadBytes } from "../protocol/media-streams.ts";

/** The caller's audio on its way to the model. */
export interface Intake {
  readonly open: boolean;
  /** base64 PCMU payloads, oldest first. */
  readonly held: readonly string[];
  readonly heldBytes: number;
}

/** Audio held at most: 10 s, whatever the length of a frame, which is not documented; then the oldest go. A caller who waited longer has said it again. */
export const HELD_BYTES_MAX = 10_000 * PCMU_BYTES_PER_MS;

/** Nothing held, nothing passed. */
export const closedIntake: Intake = { open: false, held: [], heldBytes: 0 };

/** Takes a payload: passed on when open, else held, the oldest dropped beyond the bound. */
export function takeIn(intake: Intake, payload: string): { readonly intake: Intake; readonly pass: readonly string[] } {
  if (intake.open) return { intake, pass: [payload] };
  const held = [...intake.held, payload];
  let heldBytes = intake.heldBytes + payloadBytes(payload);
  let dropped = 0;
  for (; heldBytes > HELD_BYTES_MAX; dropped++) heldBytes -= payloadBytes(held[dropped] ?? "");
  return { intake: { open: false, held: held.slice(dropped), heldBytes }, pass: [] };
}

/** The model is ready: what was held goes out. */
export function openIntake(intake: Intake): { readonly intake: Intake; readonly pass: readonly string[] } {
  return { intake: { open: true, held: [], heldBytes: 0 }, pass: intake.held };
}

/** The model is gone: hold again. */
export function closeIntake(intake: Intake): Intake {
  return intake.open ? { ...intake, open: false } : intake;
}
