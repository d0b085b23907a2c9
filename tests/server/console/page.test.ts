// The page's files. What they are in the whole app: console.test.ts.

import { beforeAll, test } from "bun:test";
import { assertEquals } from "@std/assert";
import { buildConsole } from "../../../scripts/build-console.ts";
import { answerPage } from "../../../src/server/console/page.ts";

beforeAll(buildConsole);

test("answerPage: names that are on every object are not files", async () => {
  for (const name of ["constructor", "__proto__", "toString", ""]) {
    assertEquals((await answerPage(new Request("http://localhost/console/x"), name)).status, 404, name);
  }
});
