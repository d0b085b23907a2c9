// Twilio's identifiers: https://www.twilio.com/docs/glossary/what-is-a-sid

/** Whether it is two letters, the prefix, and 32 hexadecimal digits. */
export function isSid(prefix: "AC" | "CA" | "MZ", text: string): boolean {
  return text.startsWith(prefix) && /^..[0-9a-f]{32}$/i.test(text);
}
