// Starts a thread of the store. Loading node:worker_threads takes 2.5 ms, a seventh of the time to the first answer, so
// it is loaded with the first thread, which is started after that.

import process from "node:process";
import type { Worker } from "node:worker_threads";
import { sourceUrl } from "../../source-url.ts";

/** `path`: of the thread's file, relative to src. It does not keep the process alive. */
export function startThread(path: string, workerData: unknown): Worker {
  const threads = process.getBuiltinModule("node:worker_threads");
  const worker = new threads.Worker(sourceUrl(path), { workerData });
  worker.unref();
  return worker;
}
