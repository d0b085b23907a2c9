// Timestamps in Twilio's formats.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isoNanoseconds, rfc2822 } from "../../../src/simulators/twilio/timestamps.ts";
import { checkProperty } from "../../support/properties.ts";

const moments: readonly (readonly [atMs: number, mail: string, iso: string])[] = [
  [0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000000000Z"],
  [951_827_696_789.5, "Tue, 29 Feb 2000 12:34:56 +0000", "2000-02-29T12:34:56.789500000Z"],
  [1_732_838_979_602, "Fri, 29 Nov 2024 00:09:39 +0000", "2024-11-29T00:09:39.602000000Z"],
  [4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 +0000", "2099-12-31T23:59:59.999000000Z"],
];
for (const [atMs, mail, iso] of moments) {
  test(`rfc2822, isoNanoseconds: ${mail}`, () => assertEquals([rfc2822(atMs), isoNanoseconds(atMs)], [mail, iso]));
}

test("isoNanoseconds: agrees with Date on every day from 1970 to 2200", () => {
  checkProperty(
    fc.property(fc.integer({ min: 0, max: 7_258_118_400_000 }), (atMs) => {
      assertEquals(isoNanoseconds(atMs), new Date(atMs).toISOString().replace("Z", "000000Z"));
      assertEquals(rfc2822(atMs), new Date(atMs).toUTCString().replace("GMT", "+0000"));
    }),
  );
});
