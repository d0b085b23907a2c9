// Reads opening hours: "Mon-Fri 09:00-17:00". Whether a number is open now: server/calls/opening-hours.ts.

import type { Reader } from "../values.ts";
import type { OpenSpan } from "./agent.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const invalid = {
  expected: "days and times, such as Mon-Fri 09:00-17:00",
  hint: "days are Mon Tue Wed Thu Fri Sat Sun; times are 00:00 to 24:00",
};

/** "Mon-Fri 09:00-17:00", "Sat,Sun 10:00-14:00", "Fri 22:00-04:00". Days may go over the end of the week: "Sat-Mon". */
export const openSpan: Reader<OpenSpan> = (text) => {
  const [, days = "", from = "", to = ""] = /^\s*([a-z,\s-]+?)\s+(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)\s*$/i.exec(text) ?? [];
  const listed = days.split(",").map(daysOf);
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  if (fromMinute === undefined || toMinute === undefined || fromMinute === toMinute) return invalid;
  if (listed.some((some) => some.length === 0)) return invalid;
  return { days: [...new Set(listed.flat())].sort(), fromMinute, toMinute };
};

/** "Mon-Fri" or "Mon" as numbers, 1 is Monday. Empty: not days. */
function daysOf(text: string): readonly number[] {
  const [first = "", last = first, ...rest] = text
    .trim()
    .toLowerCase()
    .split(/\s*-\s*/);
  const [from, to] = [DAYS.indexOf(first.slice(0, 3)), DAYS.indexOf(last.slice(0, 3))];
  if (from < 0 || to < 0 || rest.length > 0) return [];
  const count = ((to - from + DAYS.length) % DAYS.length) + 1;
  return Array.from({ length: count }, (_, n) => ((from + n) % DAYS.length) + 1);
}

function minuteOf(text: string): number | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = text.split(":").map(Number);
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= 24 * 60 ? minute : undefined;
}
