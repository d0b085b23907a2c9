// Tests of src/server/late-model.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import type { ModelDialler, ModelListener } from "../../src/call/ports.ts";
import { lateModel } from "../../src/server/late-model.ts";

const listener: ModelListener = { opened: () => {}, text: () => {}, closed: () => {} };

/** A dialler that records what it does, and how often it was loaded. */
function recorded() {
  const seen: string[] = [];
  const dialler: ModelDialler = {
    name: "recorded",
    dial(callSid) {
      seen.push(`dial ${callSid}`);
      return { send: (text) => void seen.push(`send ${text}`), close: () => void seen.push("close") };
    },
  };
  const load = async (): Promise<ModelDialler> => {
    seen.push("load");
    return dialler;
  };
  return { seen, model: lateModel("the agent", load) };
}

test("lateModel: is loaded once, at the first dial or before", async () => {
  const { seen, model } = recorded();
  assertEquals([model.name, ...seen], ["the agent"]);
  model.dial("CA1", "id", listener);
  await model.warm();
  model.dial("CA2", "id", listener).close();
  await model.warm();
  assertEquals(seen, ["load", "dial CA1", "dial CA2", "close"]);
});

test("lateModel: what is sent reaches the connection; one that was closed meanwhile is closed when it is there", async () => {
  const { seen, model } = recorded();
  const port = model.dial("CA1", "id", listener);
  port.close();
  await model.warm();
  port.send("a");
  assertEquals(seen, ["load", "dial CA1", "close", "send a"]);
});
