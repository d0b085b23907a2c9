// What is taken out of a text before it is stored: card numbers, IBANs, e-mail addresses, and long runs of digits.
// Transcripts write numbers in digits, in groups or one by one, so separators between digits do not matter.

/** What may be taken out, by its name in voice.toml. */
export type Redaction = "cards" | "ibans" | "emails" | "digits";

/** In the order in which they are taken out: an IBAN has the digits of a card, and both are runs of digits. */
const order: readonly Redaction[] = ["emails", "ibans", "cards", "digits"];

/** Of a run that is replaced. Times, years and most amounts are shorter. */
const MIN_DIGITS = 5;
const MIN_CARD = 13;
const MAX_CARD = 19;
/** Norway's, the shortest: https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
const MIN_IBAN = 15;

/** Digits with at most two separators between them. */
const digitRun = /\d(?:[\s.,-]{0,2}\d)*/g;

const replacements: Readonly<Record<Redaction, (text: string) => string>> = {
  cards: (text) => text.replace(digitRun, (run) => (hasCard(digitsOf(run)) ? "[card]" : run)),
  ibans: withoutIbans,
  emails: (text) => text.replace(/[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+/gi, "[e-mail]"),
  digits: (text) => text.replace(digitRun, (run) => (digitsOf(run).length >= MIN_DIGITS ? "[digits]" : run)),
};

/** The text without what `which` names. */
export function redact(text: string, which: readonly Redaction[]): string {
  return order.reduce((rest, one) => (which.includes(one) ? replacements[one](rest) : rest), text);
}

function digitsOf(run: string): string {
  return run.replace(/\D/g, "");
}

/** Payment cards: 13 to 19 digits that begin with 3 to 6 (ISO/IEC 7812-1). Other digits may precede and follow them. */
function hasCard(digits: string): boolean {
  for (let start = 0; start + MIN_CARD <= digits.length; start += 1) {
    if (!/[3-6]/.test(digits.charAt(start))) continue;
    for (let count = MIN_CARD; count <= MAX_CARD && start + count <= digits.length; count += 1) {
      if (fitsLuhn(digits.slice(start, start + count))) return true;
    }
  }
  return false;
}

/** ISO/IEC 7812-1 annex B. */
function fitsLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 13616: two letters, two check digits, 11 to 30 more characters. What follows may look like a part of it. */
function withoutIbans(text: string): string {
  let [done, rest] = ["", text];
  for (let found = ibanLike.exec(rest); found !== null; found = ibanLike.exec(rest)) {
    const [run] = found;
    const end = ibanEnd(run);
    done += rest.slice(0, found.index) + (end === undefined ? run.slice(0, 2) : "[IBAN]");
    rest = rest.slice(found.index + (end ?? 2));
  }
  return done + rest;
}

const ibanLike = /\b[A-Z]{2}\s?\d{2}(?:\s?[A-Z0-9]){11,30}/i;

/** Where the IBAN ends with which `run` begins; undefined: it begins with none. */
function ibanEnd(run: string): number | undefined {
  for (let end = run.length; end >= MIN_IBAN; end -= 1) {
    if (/\S/.test(run.charAt(end - 1)) && fitsIban(run.slice(0, end).replace(/\s/g, ""))) return end;
  }
  return undefined;
}

/** ISO 7064 MOD 97-10, as ISO 13616 applies it. */
function fitsIban(iban: string): boolean {
  const rotated = `${iban.slice(4)}${iban.slice(0, 4)}`.toUpperCase();
  let rest = 0;
  for (const character of rotated) rest = Number(`${rest}${Number.parseInt(character, 36)}`) % 97;
  return rest === 1;
}
