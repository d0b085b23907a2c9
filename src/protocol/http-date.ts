// Reads a date of an HTTP header field, in the three formats that a recipient must accept. The name of the day is not
// compared with the date. Follows RFC 9110 section 5.6.7: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** In a year that is not a leap year. */
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const MONTH = `(?<month>${MONTHS.join("|")})`;

const FORMATS: readonly RegExp[] = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^${DAY}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  // RFC 850, obsolete: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^${LONG_DAY}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`),
  // asctime, obsolete: Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^${DAY} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];

const DAY_MS = 86_400_000;
/** A mean year of the Gregorian calendar. */
const YEAR_MS = 365.2425 * DAY_MS;
/** A year of two digits that seems to be further in the future is of the century before. */
const MAX_AHEAD_MS = 50 * YEAR_MS;

/** Milliseconds since the Unix epoch; undefined when the text is not a valid date. `nowMs` decides the century. */
export function readHttpDate(text: string, nowMs: number): number | undefined {
  const groups = FORMATS.map((format) => format.exec(text)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const number = (name: string): number => Number(groups[name]);
  const [day, hour, minute, second] = [number("day"), number("hour"), number("minute"), number("second")];
  const month = MONTHS.indexOf(groups["month"] ?? "");
  // 60: a leap second.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const at = (year: number): number => dayNumber(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000;
  const year = groups["year"]?.length === 2 ? fullYear(number("year"), at, nowMs) : number("year");
  return day >= 1 && day <= daysOf(month, year) ? at(year) : undefined;
}

function fullYear(lastDigits: number, at: (year: number) => number, nowMs: number): number {
  const century = Math.floor((1970 + nowMs / YEAR_MS) / 100) * 100;
  const years = [century + 100, century, century - 100].map((start) => start + lastDigits);
  return years.find((year) => at(year) <= nowMs + MAX_AHEAD_MS) ?? lastDigits;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** `month`: from 0. */
function daysOf(month: number, year: number): number {
  return month === 1 && isLeapYear(year) ? 29 : (DAYS[month] ?? 0);
}

/** Days since 1 January 1970. */
function dayNumber(year: number, month: number, day: number): number {
  let days = leapYearsBefore(year) - leapYearsBefore(1970) + (year - 1970) * 365 + day - 1;
  for (let before = 0; before < month; before++) days += daysOf(before, year);
  return days;
}

function leapYearsBefore(year: number): number {
  const last = year - 1;
  return Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}
