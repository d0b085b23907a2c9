// What the server's thread and the store's reader send each other. Reading has a thread of its own: a search may take
// longer than a frame of audio.

import type { CallFigures } from "./call-figures.ts";
import type { DueDelivery } from "./deliveries.ts";
import type { CallQuery, CallStory, StoredCall } from "./read-calls.ts";

export type ReaderQuestion =
  | { readonly type: "list"; readonly query: CallQuery }
  | { readonly type: "read"; readonly callSid: string }
  | { readonly type: "figures"; readonly sinceMs: number }
  | { readonly type: "due"; readonly nowMs: number; readonly limit: number };

export type ReaderAnswer =
  | { readonly type: "list"; readonly calls: readonly StoredCall[] }
  | { readonly type: "read"; readonly story: CallStory | undefined }
  | { readonly type: "figures"; readonly figures: CallFigures }
  | { readonly type: "due"; readonly deliveries: readonly DueDelivery[] }
  | { readonly type: "failed"; readonly problem: string };

export interface ToReader {
  readonly id: number;
  readonly question: ReaderQuestion;
}

export interface FromReader {
  readonly id: number;
  readonly answer: ReaderAnswer;
}
