// `voice calls`: shows, exports and erases the calls in the state folder. It reads beside a server that writes.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { sendAgain } from "../adapters/store/deliveries.ts";
import { eraseNumber } from "../adapters/store/forget-calls.ts";
import { openDatabase, openForReading } from "../adapters/store/open-database.ts";
import { type CallQuery, listCalls, readCall } from "../adapters/store/read-calls.ts";
import { DATABASE_FILE } from "../adapters/store/stored-calls.ts";
import { UsageError } from "../config/usage-error.ts";
import { printableColored } from "../protocol/printable.ts";
import { painter } from "../report/terminal.ts";
import { listText, storyText } from "./calls-text.ts";
import { csvOf, jsonLines } from "./export-calls.ts";

export interface PastCallsOptions {
  /** One call, as a whole; undefined: a list. */
  readonly callSid: string | undefined;
  readonly query: CallQuery;
  readonly format: "text" | "json" | "csv";
  /** Sends the deliveries of the call once more instead. */
  readonly sendAgain: boolean;
  /** Erases every call from and to this number instead. */
  readonly erase: string | undefined;
}

export interface PastCallsIo {
  print(text: string): void;
  readonly colors: boolean;
  nowMs(): number;
}

/** Returns the exit code: 1 when a call is not there. Throws a {@link UsageError} when there is no store. */
export function pastCalls(folder: string | undefined, options: PastCallsOptions, io: PastCallsIo): number {
  const path = databaseIn(folder);
  if (options.erase !== undefined) return erase(path, options.erase, io);
  if (options.sendAgain && options.callSid !== undefined) return again(path, options.callSid, io);
  const db = openForReading(path);
  try {
    const { callSid, query, format } = options;
    const paint = painter(io.colors);
    const lines = (text: readonly string[]): void => io.print(printableColored(`${text.join("\n")}\n`));
    if (callSid === undefined) {
      const calls = listCalls(db, query);
      if (format === "text") lines(listText(calls, paint));
      else io.print(format === "csv" ? csvOf(calls) : jsonLines(calls));
      return 0;
    }
    const story = readCall(db, callSid);
    if (story === undefined) {
      lines([`no call ${callSid} is stored in ${path}`]);
      return 1;
    }
    if (format === "text") lines(storyText(story, paint));
    else io.print(format === "csv" ? csvOf([story.call]) : jsonLines([story]));
    return 0;
  } finally {
    db.close();
  }
}

function databaseIn(folder: string | undefined): string {
  if (folder === undefined) throw new UsageError("no state folder: calls are not stored", "name one with --state, or set VOICE_STATE");
  const path = join(folder, DATABASE_FILE);
  if (!existsSync(path))
    throw new UsageError(`${path} does not exist: no call has been stored there`, "name the server's folder with --state");
  return path;
}

/** The server looks into its outbox every second. */
function again(path: string, callSid: string, io: PastCallsIo): number {
  const { db } = openDatabase(path, io.nowMs());
  try {
    const waiting = sendAgain(db, callSid, io.nowMs());
    io.print(
      waiting === 0
        ? `nothing of ${callSid} was to be delivered\n`
        : `${waiting} ${waiting === 1 ? "delivery is" : "deliveries are"} sent again\n`,
    );
    return waiting === 0 ? 1 : 0;
  } finally {
    db.close();
  }
}

function erase(path: string, number: string, io: PastCallsIo): number {
  const { db } = openDatabase(path, io.nowMs());
  try {
    const erased = eraseNumber(db, number);
    io.print(`erased ${erased} ${erased === 1 ? "call" : "calls"} from and to that number\n`);
    return 0;
  } finally {
    db.close();
  }
}
