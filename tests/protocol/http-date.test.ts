// Dates of HTTP header fields: RFC 9110 section 5.6.7.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readHttpDate } from "../../src/protocol/http-date.ts";
import { checkProperty } from "../support/properties.ts";

const nowMs = Date.UTC(2026, 10, 27, 12);

const cases: readonly (readonly [text: string, expected: string | undefined])[] = [
  // The three examples of the section.
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
  ["Wed Nov 16 08:49:37 1994", "1994-11-16T08:49:37.000Z"],
  // Two digits: at most 50 mean years ahead.
  ["Thursday, 26-Nov-76 15:00:00 GMT", "2076-11-26T15:00:00.000Z"],
  ["Thursday, 26-Nov-76 15:00:01 GMT", "1976-11-26T15:00:01.000Z"],
  ["Saturday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00.000Z"],
  ["Thursday, 29-Feb-24 00:00:00 GMT", "2024-02-29T00:00:00.000Z"],
  // A leap second is the second after it.
  ["Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"],
  ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000Z"],
  ["Sat, 01 Jan 0000 00:00:00 GMT", "0000-01-01T00:00:00.000Z"],
  // Not dates.
  ["", undefined],
  ["20", undefined],
  ["Sun, 31 Feb 2027 08:49:37 GMT", undefined],
  ["Mon, 29 Feb 2027 00:00:00 GMT", undefined],
  ["Sun, 00 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:61 GMT", undefined],
  ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:37", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT, more", undefined],
  ["1994-11-06T08:49:37Z", undefined],
];
for (const [text, expected] of cases) {
  test(`readHttpDate: ${JSON.stringify(text)}`, () => {
    const ms = readHttpDate(text, nowMs);
    assertEquals(ms === undefined ? undefined : new Date(ms).toISOString(), expected);
  });
}

test("readHttpDate: every second of four digits of years, as the runtime writes it", () => {
  const [firstMs, lastMs] = [Date.parse("0000-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59Z")];
  checkProperty(
    fc.property(fc.integer({ min: firstMs / 1_000, max: lastMs / 1_000 }), (seconds) => {
      assertEquals(readHttpDate(new Date(seconds * 1_000).toUTCString(), nowMs), seconds * 1_000);
    }),
  );
});
