// Opening hours: days and times of the time zone, over midnight, and when clocks change.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import { openSpan } from "../../../src/config/agents/open-span.ts";
import { isOpen } from "../../../src/server/calls/opening-hours.ts";

const cases: readonly [span: string, timeZone: string, at: string, open: boolean][] = [
  ["Mon-Fri 09:00-17:00", "America/New_York", "2026-11-27T14:00:00Z", true], // Friday, 09:00
  ["Mon-Fri 09:00-17:00", "America/New_York", "2026-11-27T13:59:59Z", false],
  ["Mon-Fri 09:00-17:00", "America/New_York", "2026-11-27T21:59:59Z", true],
  ["Mon-Fri 09:00-17:00", "America/New_York", "2026-11-27T22:00:00Z", false],
  ["Mon-Fri 09:00-17:00", "America/New_York", "2026-11-28T15:00:00Z", false], // Saturday
  ["Mon-Fri 09:00-17:00", "Europe/Berlin", "2026-11-27T14:00:00Z", true],
  ["Sun 00:00-24:00", "UTC", "2026-11-29T23:59:59Z", true],
  ["Sun 00:00-24:00", "UTC", "2026-11-30T00:00:00Z", false],
  ["Fri 22:00-04:00", "UTC", "2026-11-27T23:00:00Z", true],
  ["Fri 22:00-04:00", "UTC", "2026-11-28T03:59:00Z", true],
  ["Fri 22:00-04:00", "UTC", "2026-11-28T04:00:00Z", false],
  ["Fri 22:00-04:00", "UTC", "2026-11-27T03:00:00Z", false], // Friday, but not the night after Friday
  ["Sun 22:00-04:00", "UTC", "2026-11-30T01:00:00Z", true], // Monday
  ["Sun 09:00-10:00", "Europe/Berlin", "2026-03-29T07:30:00Z", true], // summer time began at 02:00: 09:30
  ["Sun 09:00-10:00", "Europe/Berlin", "2026-10-25T08:30:00Z", true], // and ended: 09:30
  ["Mon-Sun 00:00-01:00", "Asia/Kathmandu", "2026-11-27T18:30:00Z", true], // 00:15
];
for (const [span, timeZone, at, open] of cases) {
  test(`isOpen: ${span} in ${timeZone} at ${at} is ${open}`, () => {
    const read = openSpan(span);
    assert("days" in read);
    assertEquals(isOpen({ timeZone, open: [read] }, Date.parse(at)), open);
  });
}
