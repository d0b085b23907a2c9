// Observers of calls: several as one, and a fault of one of them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { CallObserver } from "../../../src/call/ports.ts";
import { safeWatch } from "../../../src/server/calls/safe-watch.ts";
import { scriptIdentity } from "../../call/call-script.ts";
import { noFrames, observed } from "../fakes.ts";

const hangup = { by: "caller", cause: "hangup" } as const;

/** An observer that notes what it sees, and throws where the test wants it. */
function noting(seen: string[], trap: (what: string) => void = () => undefined, awaitsAudio = false): CallObserver {
  const note = (what: string): void => {
    seen.push(what);
    trap(what);
  };
  return () => {
    note("born");
    return {
      awaitsAudio,
      event: ({ type }) => note(type),
      effect: ({ type }, atMs) => note(`${type} ${atMs}`),
      ended: ({ cause }) => note(cause),
    };
  };
}

const throwAt =
  (where: string) =>
  (what: string): void => {
    if (what === where) throw new Error("planted");
  };

test("safeWatch: every observer sees the whole call", () => {
  const [one, other]: [string[], string[]] = [[], []];
  const watch = safeWatch([noting(one), noting(other)], () => {})(observed(scriptIdentity));
  watch.event({ type: "clock.rang", atMs: 1 });
  watch.effect({ type: "caller.flush" }, 2);
  watch.ended(hangup, noFrames, 3);
  assertEquals(one, ["born", "clock.rang", "caller.flush 2", "hangup"]);
  assertEquals(other, one);
});

test("safeWatch: a watch made for one call sees the whole call, and a fault in it does not reach the others", () => {
  const [shared, own, broken]: [string[], string[], string[]] = [[], [], []];
  const lines: string[] = [];
  const beginWatch = safeWatch([noting(shared)], (level, event) => void lines.push(`${level} ${event}`));
  const call = observed(scriptIdentity);
  const watch = beginWatch(call, noting(broken, throwAt("clock.rang"))(call), undefined, noting(own, undefined, true)(call));
  assertEquals(watch.awaitsAudio, true);
  watch.event({ type: "clock.rang", atMs: 1 });
  watch.effect({ type: "caller.flush" }, 2);
  watch.ended(hangup, noFrames, 3);
  assertEquals(lines, ["error observer.threw"]);
  assertEquals(broken, ["born", "clock.rang"]);
  assertEquals(own, ["born", "clock.rang", "caller.flush 2", "hangup"]);
  assertEquals(shared, own);
});

for (const where of ["born", "clock.rang", "caller.flush 2", "hangup"]) {
  test(`safeWatch: an observer that throws at "${where}" is logged once and sees no more; the others go on`, () => {
    const [broken, other]: [string[], string[]] = [[], []];
    const lines: string[] = [];
    const observe = safeWatch([noting(broken, throwAt(where)), noting(other)], (level, event) => void lines.push(`${level} ${event}`));
    const watch = observe(observed(scriptIdentity));
    watch.event({ type: "clock.rang", atMs: 1 });
    watch.effect({ type: "caller.flush" }, 2);
    watch.ended(hangup, noFrames, 3);
    assertEquals(lines, ["error observer.threw"]);
    assertEquals(broken.at(-1), where);
    assertEquals(other, ["born", "clock.rang", "caller.flush 2", "hangup"]);
  });
}

test("safeWatch: audio is awaited while one observer awaits it", () => {
  const awaits = (observers: readonly CallObserver[]): boolean => safeWatch(observers, () => {})(observed(scriptIdentity)).awaitsAudio;
  assertEquals([awaits([]), awaits([noting([])]), awaits([noting([]), noting([], undefined, true)])], [false, false, true]);
});
