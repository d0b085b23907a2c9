// Whether a number is open at a time. Reading "Mon-Fri 09:00-17:00": config/agents/open-span.ts.

import type { OpeningHours, OpenSpan } from "../../config/agents/agent.ts";

const MINUTES_PER_DAY = 24 * 60;
const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** `nowMs` since the Unix epoch. Days and times are those of the time zone, daylight saving time included. */
export function isOpen({ timeZone, open }: Pick<OpeningHours, "timeZone" | "open">, nowMs: number): boolean {
  const { day, minute } = localTime(timeZone, nowMs);
  const dayBefore = ((day + 5) % 7) + 1;
  return open.some((span) => covers(span, day, minute) || (isOverMidnight(span) && covers(span, dayBefore, minute + MINUTES_PER_DAY)));
}

function isOverMidnight({ fromMinute, toMinute }: OpenSpan): boolean {
  return toMinute <= fromMinute;
}

/** `minute` counts from the midnight at which `day` begins; over 1,440 it is on the next day. */
function covers(span: OpenSpan, day: number, minute: number): boolean {
  const end = isOverMidnight(span) ? span.toMinute + MINUTES_PER_DAY : span.toMinute;
  return span.days.includes(day) && minute >= span.fromMinute && minute < end;
}

function localTime(timeZone: string, nowMs: number): { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const parts = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  return { day: weekdays.indexOf(parts["weekday"] ?? "") + 1, minute: Number(parts["hour"]) * 60 + Number(parts["minute"]) };
}
