// The console, loaded when it is opened: a process that only takes calls needs none of it. What must be there from the
// start is small: the live calls, and the sessions.

import { type AskReader, callReader } from "../adapters/store/call-reader.ts";
import type { Connection } from "../platform/seam.ts";
import type { ConsoleDeps } from "./console/console.ts";
import { EventFeeds } from "./console/event-feed.ts";
import type { LiveCalls } from "./console/live-calls.ts";
import { ConsoleSessions } from "./console/sessions.ts";

export interface ConsoleRoutes {
  answer(request: Request, connection: Connection): Promise<Response>;
  answerApi(request: Request, connection: Connection): Promise<Response>;
}

/** What the rest of the server gives it. */
export type ConsoleParts = Omit<ConsoleDeps, "ask" | "feeds" | "sessions"> & {
  /** Of login links. */
  readonly consoleKey: () => Uint8Array;
};

export interface LateConsole {
  readonly routes: ConsoleRoutes;
  /** A token for one login. */
  makeLink(): string;
}

export function lateConsole(live: LiveCalls, parts: ConsoleParts): LateConsole {
  const { clock, config, consoleKey } = parts;
  const sessions = new ConsoleSessions(consoleKey, clock);
  let ask: AskReader | undefined;
  const deps: ConsoleDeps = {
    ...parts,
    sessions,
    feeds: new EventFeeds(live, clock),
    get ask() {
      if (config.stateFolder !== undefined) ask ??= callReader(config.stateFolder, clock);
      return ask;
    },
  };
  return {
    routes: {
      answer: async (request, connection) => (await import("./console/console.ts")).answerConsole(request, connection, deps),
      answerApi: async (request, connection) => (await import("./console/console.ts")).answerApiRequest(request, connection, deps),
    },
    makeLink: () => sessions.makeLink(),
  };
}
