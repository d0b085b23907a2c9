// Addresses of callers and called numbers: one spelling for each, so that settings and webhooks can be compared.
// https://www.twilio.com/docs/voice/twiml#request-parameters (From, To)

/** Words that stand for a caller who withholds the number. */
const WITHHELD = ["anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"];
/** The letters of a telephone's keys (ITU-T E.161), from 2 on. */
const KEYS = ["abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

function onKeypad(word: string): string {
  return [...word].map((letter) => KEYS.findIndex((letters) => letters.includes(letter)) + 2).join("");
}

/** Carriers write such a word as a number, as it is typed on a keypad: +266696687 is "anonymous". +464 is seen too. */
const withheldNumbers: ReadonlySet<string> = new Set([...WITHHELD.map(onKeypad), "464"]);

/** {@link addressKey} of a caller who withholds the number. */
export const WITHHELD_KEY = "anonymous";

/**
 * The one spelling of an address: "+15551234567", "client:alice", "sip:desk@pbx.example.com", "whatsapp:+15551234567",
 * or {@link WITHHELD_KEY} for a caller who withholds the number, in any spelling. Never throws; an address of another
 * kind stays as it is.
 */
export function addressKey(address: string): string {
  const text = address.replace(/^[\s<]+|[\s>]+$/g, "");
  const [, scheme = "", rest = ""] = /^(client|sips?|tel|whatsapp):(.*)$/is.exec(text) ?? [undefined, "", text];
  switch (scheme.toLowerCase()) {
    case "client":
      return `client:${rest}`;
    case "whatsapp":
      return `whatsapp:${numberKey(rest) ?? rest}`;
    case "sip":
    case "sips":
      return sipKey(rest);
    default:
      return numberKey(rest) ?? text;
  }
}

/** Without the port and the parameters; the host in lower case (RFC 3261 section 19.1.4). */
function sipKey(rest: string): string {
  const [, user = "", host = ""] = /^(?:([^@]*)@)?(\[[^\]@]*\]|[^:;?@]*)/.exec(rest) ?? [];
  if (WITHHELD.includes(user.toLowerCase())) return WITHHELD_KEY;
  return `sip:${user === "" ? "" : `${user}@`}${host.toLowerCase()}`;
}

/** Undefined: not a number. */
function numberKey(text: string): string | undefined {
  if (text === "" || WITHHELD.includes(text.toLowerCase())) return WITHHELD_KEY;
  const digits = text.replace(/[\s().\-/]/g, "");
  if (!/^\+?\d+$/.test(digits)) return undefined;
  return withheldNumbers.has(digits.replace("+", "")) ? WITHHELD_KEY : digits;
}

/** Whether an address is in a list: as a whole, or as a number that begins with one of the list's numbers. */
export function isListed(address: string, list: readonly string[]): boolean {
  const key = addressKey(address);
  return list.some((listed) => listed === key || (/^\+\d+$/.test(listed) && key.startsWith(listed)));
}
