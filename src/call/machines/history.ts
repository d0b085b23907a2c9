// The conversation so far, as text. A new model session is seeded with it. Assistant audio cannot be seeded, only text:
// https://developers.openai.com/api/docs/guides/realtime-conversations

export interface Utterance {
  /** "system": what voice itself says to the model. */
  readonly role: "user" | "assistant" | "system";
  readonly itemId: string | undefined;
  /** Empty until its transcript arrives. */
  readonly text: string;
  /** The share of its audio that the caller heard, 0 to 1: less than 1 after a barge-in. */
  readonly heardRatio: number;
}

/** Utterances, oldest first. */
export type History = readonly Utterance[];

/** Utterances kept at most; the oldest go. */
export const HISTORY_MAX = 100;

/** Adds an utterance when it begins, so that it has its place in the order; the transcript comes later. */
export function addUtterance(history: History, role: Utterance["role"], itemId: string | undefined, text = ""): History {
  if (itemId !== undefined && (history.at(-1)?.itemId === itemId || history.some((each) => each.itemId === itemId))) return history;
  return [...history, { role, itemId, text, heardRatio: 1 }].slice(-HISTORY_MAX);
}

/** Sets an item's transcript. Ignored for an item that never began. */
export function setText(history: History, itemId: string, text: string): History {
  return history.map((each) => (each.itemId === itemId ? { ...each, text } : each));
}

export function setHeardRatio(history: History, itemId: string, heardRatio: number): History {
  return history.map((each) => (each.itemId === itemId ? { ...each, heardRatio } : each));
}

/** The messages that seed a new session. An interrupted item keeps the same share of its words as of its audio. */
export function seedMessages(history: History): readonly { readonly role: Utterance["role"]; readonly text: string }[] {
  return history
    .map(({ role, text, heardRatio }) => ({ role, text: heardRatio >= 1 ? text : heardWords(text, heardRatio) }))
    .filter(({ text }) => text !== "");
}

function heardWords(text: string, heardRatio: number): string {
  const words = text.split(" ");
  const kept = words.slice(0, Math.floor(words.length * heardRatio));
  return kept.length === 0 ? "" : `${kept.join(" ")} …`;
}
