// History: the conversation so far in words, to seed a new model session with when one is lost. Assistant audio cannot be seeded, only text:
// https://developers.openai.com/api/docs/guides/realtime-conversations

/** One thing said, in the order in which it was said. */
export interface Utterance {
  readonly role: "user" | "assistant";
  readonly itemId: string | undefined;
  readonly text: string;
  /** The part of it that was heard, 0 to 1: less when the caller talked over it. */
  readonly heard: number;
}

/** Utterances, oldest first. */
export type History = readonly Utterance[];

/** Utterances kept at most; a new session is told the newest. */
export const HISTORY_MAX = 100;

/** The model has begun to speak an item, or the caller to be heard: its place in the order is now, its words come later. */
export function addUtterance(history: History, role: Utterance["role"], itemId: string | undefined, text = ""): History {
  if (itemId !== undefined && history.some((each) => each.itemId === itemId)) return history;
  return [...history, { role, itemId, text, heard: 1 }].slice(-HISTORY_MAX);
}

/** The words of an item; of one that was never begun, nothing. */
export function setText(history: History, itemId: string, text: string): History {
  return history.map((each) => (each.itemId === itemId ? { ...each, text } : each));
}

/** Whether all that the caller has said since the model's last words is known in words: a new session is then told it, and need not hear it. */
export function isToldInWords(history: History): boolean {
  const last = history.findLastIndex(({ role }) => role === "assistant");
  return history.slice(last + 1).every(({ text }) => text.trim() !== "");
}

/** The caller talked over an item when this part of it, 0 to 1, had been heard. */
export function setHeard(history: History, itemId: string, heard: number): History {
  return history.map((each) => (each.itemId === itemId ? { ...each, heard } : each));
}

/** What a new session is told: the words that were heard. Of an interrupted item, a share of its words as large as the share of its audio heard. */
export function seeds(history: History): readonly { readonly role: Utterance["role"]; readonly text: string }[] {
  return history
    .map(({ role, text, heard }) => ({ role, text: heard >= 1 ? text : heardWords(text, heard) }))
    .filter(({ text }) => text !== "");
}

function heardWords(text: string, heard: number): string {
  const words = text.split(" ");
  const kept = words.slice(0, Math.floor(words.length * heard));
  return kept.length === 0 ? "" : `${kept.join(" ")} …`;
}
