// tests/ mirrors src/: each file with logic has a test at the same path (src/audio/g711.ts: tests/audio/g711.test.ts,
// or g711-*.test.ts next to it), or is listed below with the reason. A needless entry is refused too.

import { hasLogic } from "./shape.ts";
import type { Source } from "./source.ts";

/** Files of src/, or folders with a slash at the end, that have no test of their own, and what tests them instead. */
export const testedElsewhere: Readonly<Record<string, string>> = {
  "src/main.ts": "ten lines that only wire; tests/e2e runs the built binary",
  "src/adapters/store/start-thread.ts": "as source-url.ts",
  "src/source-url.ts": "tests/adapters/store/store-worker.test.ts starts a thread by it, tests/e2e/stored-calls.test.ts in the binary",
  "src/adapters/store/writes.ts": "its types; tests/adapters/store/write-queue.test.ts shows which are dropped last",
  "src/adapters/store/stored-calls.ts": "tests/e2e/stored-calls.test.ts runs it in a server of every kind",
  "src/console/": "tests/e2e/console.test.ts plays with the page in a real browser",
  "src/adapters/store/reader-worker.ts": "tests/adapters/store/call-reader.test.ts asks it",
  "src/server/late-console.ts": "tests/server/console/console.test.ts asks it for everything",
  "src/server/console/problem.ts": "as late-console.ts",
  "src/server/console/api.ts": "as late-console.ts",
  "src/platform/dial.ts": "tests/platform/seam-cases.ts runs it under both runtimes",
  "src/platform/deno-http.ts": "tests/platform/seam-cases.ts runs it under Deno",
  "src/selftest/harness.ts": "tests/selftest/selftest.test.ts runs it whole; tests/e2e/planted-faults shows that it sees what is broken",
  "src/doctor/probe/collect-evidence.ts":
    "tests/doctor/gallery.test.ts runs it on the gallery, tests/doctor/doctor.test.ts on our own server",
  "src/doctor/probe/place-doctor-call.ts": "as collect-evidence.ts",
  "src/doctor/probe/request-afterwards.ts": "as collect-evidence.ts",
  "src/doctor/probe/look-up-number.ts": "tests/doctor/doctor.test.ts looks up numbers of every kind",
  "src/doctor/causes/handshake.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/stream.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/conversation.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/transport.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/twiml.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/url.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/causes/webhook.ts": "tests/doctor/causes/causes.test.ts has the whole table",
  "src/doctor/evidence/marks/": "tests/doctor/evidence/who-answered.test.ts has a sample for every mark",
  "src/config/agents/default-agent.ts": "tests/config/config.test.ts reads it from settings",
  "src/config/agents/describe-issue.ts": "tests/config/agents/read-agents.test.ts plays a file for every kind of mistake",
  "src/config/agents/odd-values.ts": "as describe-issue.ts",
  "src/config/agents/references.ts": "as describe-issue.ts",
  "src/config/agents/schema-keys.ts": "as describe-issue.ts",
  "src/config/agents/secret-reference.ts": "as describe-issue.ts",
  "src/config/agents/toml-positions.ts": "as describe-issue.ts",
  "src/config/agents/templates.ts": "tests/config/agents/read-agents.test.ts reads each, tests/commands/init.test.ts writes them",
  "src/config/agents/tool-values.ts": "as describe-issue.ts",
  "src/adapters/tools/http-tool.ts": "tests/adapters/tools/tool-runner.test.ts sends its requests to a real server",
  "src/config/agents/read-by.ts": "as describe-issue.ts",
  "src/call/rules/leave-by-function.ts": "tests/call/scripts/hang-up-*.call and transfer-*.call",
  "src/call/rules/next-session.ts": "tests/call/scripts/model-lost-*.call, other-model-*.call and transfer-*.call",
  "src/call/rules/transfer-dial.ts": "tests/call/scripts/transfer-*.call, and the properties of tests/call",
  "src/call/rules/model-dial.ts": "tests/call/rules/model-connection.test.ts",
  "src/call/rules/other-model.ts": "tests/call/scripts/other-model-*.call, and the properties of tests/call",
  "src/call/rules/response-done.ts": "tests/call/rules/responses.test.ts has both halves of a response's life",
  "src/selftest/failure-scenarios.ts": "as harness.ts",
  "src/selftest/transfer-scenarios.ts": "as harness.ts",
  "src/selftest/proxied-webhook.ts": "as harness.ts",
  "src/selftest/scenarios.ts": "as harness.ts",
  "src/selftest/play-scenario.ts": "as harness.ts",
  "src/doctor/probe/caller-scripts.ts": "as collect-evidence.ts",
  "src/load/wire/load-call.ts": "tests/load/load.test.ts runs it against servers with planted faults",
  "src/load/wire/reach-stream.ts": "as load-call.ts",
  "src/load/wire/run-calls.ts": "as load-call.ts",
  "src/load/model/model-server.ts": "as load-call.ts",
};

/** Tests that need not mirror a file of src/. */
const otherTests =
  /^tests\/(tidy\.test\.ts$|doctor\/(gallery|gallery-servers|hostile-servers)\.test\.ts$|(e2e|bench|soak|fuzz|support|scripts|tidy)\/)/;

/** What is missing, stray or needless. `sources`: src and tests alike. */
export function checkMirror(sources: readonly Source[], exceptions: Readonly<Record<string, string>>): string[] {
  const tests = sources.map(({ path }) => path).filter((path) => path.endsWith(".test.ts"));
  const stemOf = (path: string): string => path.replace(/^src\//, "tests/").replace(/\.ts$/, "");
  const inSrc = sources.filter(({ path }) => path.startsWith("src/"));
  const exact = new Set(inSrc.map(({ path }) => `${stemOf(path)}.test.ts`));
  // A test named after another file of src is not a second test of this one.
  const isTestOf = (test: string, path: string): boolean =>
    test === `${stemOf(path)}.test.ts` || (test.startsWith(`${stemOf(path)}-`) && !exact.has(test));
  const isTested = ({ path }: Source): boolean => tests.some((test) => isTestOf(test, path));
  const covers = (entry: string, path: string): boolean => entry === path || (entry.endsWith("/") && path.startsWith(entry));
  const untested = inSrc.filter((source) => !isTested(source) && hasLogic(source)).map(({ path }) => path);
  const entries = Object.keys(exceptions);
  const unlisted = untested.filter((path) => !entries.some((entry) => covers(entry, path)));
  const needless = entries.filter((entry) => !untested.some((path) => covers(entry, path)));
  const strays = tests.filter((test) => !otherTests.test(test) && !inSrc.some(({ path }) => isTestOf(test, path)));
  return [
    ...unlisted.map((path) => `${path}: has no ${stemOf(path)}.test.ts`),
    ...needless.map((entry) => `${entry}: is listed in tests/tidy/mirror.ts, but has its test, or needs none`),
    ...strays.map((test) => `${test}: mirrors no file of src/`),
  ];
}
