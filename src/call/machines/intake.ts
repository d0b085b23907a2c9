// The caller's audio on its way to the model. Held until the model is ready: before `session.updated` it would take mu-law bytes for PCM16 (24 kHz is the
// session's default input format, https://developers.openai.com/api/docs/guides/realtime-conversations). And kept until it is answered: when the
// model is lost in the middle of what the caller says, or before the answer, the next session hears it again, and nobody has to repeat anything.

import { PCMU_BYTES_PER_MS, payloadBytes } from "../../protocol/media-streams/media-streams.ts";

/** What the caller is owed for what is kept. */
export type Owed =
  | "nothing"
  /** It was loud, and the model has not noticed. */
  | "perhaps"
  /** The model has heard speech in it. */
  | "answer";

/** The caller's audio on its way to the model. */
export interface Intake {
  readonly open: boolean;
  /** What a new session has to hear: base64 PCMU payloads, oldest first. */
  readonly kept: readonly string[];
  readonly keptBytes: number;
  readonly owed: Owed;
  /** A session before this one has heard what an answer is owed for, and was lost. */
  readonly replayed: boolean;
}

/** Audio kept at most: 10 s, whatever the length of a frame, which is not documented; then the oldest go. A caller who waited longer has said it again. */
export const KEPT_BYTES_MAX = 10_000 * PCMU_BYTES_PER_MS;
/** Kept while nobody speaks: what lies before the model's noticing, its `prefix_padding_ms` (300) included. */
export const LEAD_BYTES = 1_000 * PCMU_BYTES_PER_MS;

/** Nothing kept, nothing passed. */
export const closedIntake: Intake = { open: false, kept: [], keptBytes: 0, owed: "nothing", replayed: false };

/** Takes a payload: passed on when open; kept in any case, the oldest dropped beyond the bound. */
export function takeIn(intake: Intake, payload: string): { readonly intake: Intake; readonly pass: readonly string[] } {
  const pass = intake.open ? [payload] : [];
  // Nothing has no weight: kept, it would have no bound.
  if (payload === "") return { intake, pass };
  const bound = intake.open && intake.owed === "nothing" ? LEAD_BYTES : KEPT_BYTES_MAX;
  const kept = [...intake.kept, payload];
  let keptBytes = intake.keptBytes + payloadBytes(payload);
  let dropped = 0;
  for (; keptBytes > bound; dropped++) keptBytes -= payloadBytes(kept[dropped] ?? "");
  return { intake: { ...intake, kept: dropped === 0 ? kept : kept.slice(dropped), keptBytes }, pass };
}

/** The model is ready: what was kept goes out. What was only loud has had its second chance with that. */
export function openIntake(intake: Intake): { readonly intake: Intake; readonly pass: readonly string[] } {
  const owed = intake.owed === "perhaps" ? "nothing" : intake.owed;
  return { intake: { ...intake, open: true, owed, replayed: owed === "answer" }, pass: intake.kept };
}

/** The model is gone: hold. What it has answered is not kept any more; the last second it may have had no time to notice speech in. */
export function closeIntake(intake: Intake): Intake {
  return intake.open ? { ...intake, open: false } : intake;
}

/** The caller is owed something for what is kept and for what follows. */
export function owe(intake: Intake, owed: Exclude<Owed, "nothing">): Intake {
  return intake.owed === "answer" ? intake : { ...intake, owed };
}

/** The caller has been answered, or the next session will be told in words: nothing before now is heard again. */
export function settle(intake: Intake): Intake {
  return intake.owed === "nothing" ? intake : { ...intake, kept: [], keptBytes: 0, owed: "nothing", replayed: false };
}
