// What the page and its audio thread send each other.

export type ToWorklet =
  | { readonly type: "play"; readonly mulaw: Uint8Array }
  | { readonly type: "mark"; readonly name: string }
  | { readonly type: "clear" }
  | { readonly type: "mute"; readonly isMuted: boolean };

export type FromWorklet =
  /** 20 ms of the microphone. */
  | { readonly type: "frame"; readonly mulaw: Uint8Array }
  /** What was played before this mark has been heard, or was cleared. */
  | { readonly type: "mark"; readonly name: string }
  /** Peaks since the last report, 0 to 1. */
  | { readonly type: "levels"; readonly in: number; readonly out: number };
