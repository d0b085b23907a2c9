// Requests to the server, and the feed of its live calls.

import type { BrowserCall, BrowserNext, CallFigures, CallStory, ChecklistItem, LiveCall, StoredCall } from "./types.ts";

export interface Status {
  readonly version: string;
  readonly running: number;
  readonly agents: readonly string[];
  readonly numbers: readonly { readonly number: string; readonly agent: string }[];
  readonly checklist: readonly ChecklistItem[];
  readonly figures: CallFigures | undefined;
}

export interface CallPage {
  readonly calls: readonly StoredCall[];
  readonly next: string | undefined;
}

/** The server's answer was an error; the message says what to do. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The path that precedes ours: a proxy may have one. */
const root = new URL(`${location.pathname.replace(/\/console.*$/, "/")}api/v1/`, location.origin);

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(new URL(path, root), init).catch(() => {
    throw new RequestError(0, "The server cannot be reached.");
  });
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body: unknown = isJson ? await response.json() : undefined;
  if (!response.ok) throw new RequestError(response.status, problemText(body) ?? `The server answered ${response.status}.`);
  return body as T;
}

function problemText(body: unknown): string | undefined {
  const { title, detail } = (body ?? {}) as { title?: string; detail?: string };
  return title === undefined ? undefined : `${title} ${detail ?? ""}`;
}

function post<T>(path: string, body: object = {}): Promise<T> {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export const readStatus = (): Promise<Status> => ask("status");
export const readCalls = (query: Readonly<Record<string, string>>): Promise<CallPage> => ask(`calls?${new URLSearchParams(query)}`);
export const readStory = (callSid: string): Promise<CallStory> => ask(`calls/${callSid}`);
export const hangUpCall = (callSid: string): Promise<void> => post(`calls/${callSid}/hang-up`);
export const beginCall = (from: string, to: string): Promise<BrowserCall> => post("browser-calls", { from, to });
export const nextOf = (callSid: string): Promise<BrowserNext> => post(`browser-calls/${callSid}/next`);

/** Live calls as they change, and whether the server is there. The browser reconnects by itself. Returns the end. */
export function followCalls(changed: (call: LiveCall) => void, connected: (isConnected: boolean) => void): () => void {
  const source = new EventSource(new URL("live", root));
  source.addEventListener("hello", () => connected(true));
  source.addEventListener("call", ({ data }: MessageEvent<string>) => changed(JSON.parse(data) as LiveCall));
  source.onerror = () => connected(false);
  return () => source.close();
}
