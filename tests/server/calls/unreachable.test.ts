// A switch that misses a case does not compile.

import { test } from "bun:test";
import { assertThrows } from "@std/assert";
import type { Effect } from "../../../src/call/effects.ts";
import { unreachable } from "../../../src/server/calls/unreachable.ts";

test("unreachable: an effect that a switch does not handle is a compile error, and throws", () => {
  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case "caller.play":
        return;
      default:
        // @ts-expect-error: the other effects are not handled
        unreachable(effect);
    }
  };
  perform({ type: "caller.play", payload: "" });
  assertThrows(() => perform({ type: "caller.flush" }), Error, 'BUG: unhandled case {"type":"caller.flush"}');
});
