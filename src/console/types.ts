// What the API answers, by the types of the server. Types only.

export type { CallFigures } from "../adapters/store/call-figures.ts";
export type { CallStory, StoredCall, StoredTurn } from "../adapters/store/read-calls.ts";
export type { BrowserCall, BrowserNext } from "../server/console/browser-calls.ts";
export type { ChecklistItem } from "../server/console/checklist.ts";
export type { LiveCall } from "../server/console/live-calls.ts";
