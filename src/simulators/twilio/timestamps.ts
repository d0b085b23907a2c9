// Timestamps in Twilio's formats. UTC only, from milliseconds since the Unix epoch, without the runtime's clock.

const weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // 1 January 1970 was a Thursday
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** RFC 2822, 3.3, as in the call status callback's `Timestamp`: "Mon, 23 Nov 2026 01:02:03 +0000". */
export function rfc2822(atMs: number): string {
  const t = utc(atMs);
  return `${weekdays[t.days % 7]}, ${two(t.day)} ${months[t.month - 1]} ${t.year} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} +0000`;
}

/** ISO 8601 with nanoseconds, as in the Stream status callback's `Timestamp`: "2024-11-29T00:09:39.602648368Z". */
export function isoNanoseconds(atMs: number): string {
  const t = utc(atMs);
  return `${t.year}-${two(t.month)}-${two(t.day)}T${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${String(t.nanosecond).padStart(9, "0")}Z`;
}

function utc(atMs: number) {
  const seconds = Math.floor(atMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const ofDay = seconds - days * 86_400;
  return {
    ...civil(days),
    days,
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor(ofDay / 60) % 60,
    second: ofDay % 60,
    nanosecond: Math.floor((atMs - seconds * 1000) * 1e6),
  };
}

/**
 * The Gregorian date of a day counted from the epoch. Years begin in March, so that the leap day is the last (Hinnant,
 * "chrono-compatible date algorithms").
 */
function civil(days: number): { year: number; month: number; day: number } {
  const fromMarch0000 = days + 719_468;
  const era = Math.floor(fromMarch0000 / 146_097); // 400 years
  const ofEra = fromMarch0000 - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1 };
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
