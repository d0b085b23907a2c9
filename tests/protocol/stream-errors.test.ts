// What a failed stream's code is said to mean.

import { test } from "bun:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { adviseStreamError } from "../../src/protocol/stream-errors.ts";

for (const code of ["31901", "31903", "31910", "31920", "31921", "31924", "31930", "31951"]) {
  test(`adviseStreamError: ${code} is known`, () => assert(!adviseStreamError(code).cause.startsWith("not a code")));
}
test("adviseStreamError: what is not known says where to look", () => {
  assertEquals(adviseStreamError("__proto__ 39999").code, "39999");
  assertStringIncludes(adviseStreamError("constructor").fix, "twilio.com/docs/api/errors");
});
