// What is taken out of a text, and what stays.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { type Redaction, redact } from "../../src/protocol/redaction.ts";

const cases: readonly (readonly [Redaction, string, string])[] = [
  ["cards", "4111 1111 1111 1111.", "[card]."],
  ["cards", "my card 5555555555554444 please", "my card [card] please"],
  ["cards", "3782-822463-10005", "[card]"],
  ["cards", "4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1", "[card]"],
  ["cards", "4111 1111 1111 1111 123 or 12 4111111111111111", "[card] or [card]"],
  ["cards", "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", "[card]"],
  ["cards", "4111 1111 1111 1112 fails the check digit", "4111 1111 1111 1112 fails the check digit"],
  ["cards", "call +1 415 555 0100", "call +1 415 555 0100"],
  ["ibans", "DE89 3704 0044 0532 0130 00", "[IBAN]"],
  ["ibans", "it is gb29nwbk60161331926819, thanks", "it is [IBAN], thanks"],
  ["ibans", "NO93 8601 1117 947 and DE89370400440532013000 12345", "[IBAN] and [IBAN] 12345"],
  ["ibans", "DE00 3704 0044 0532 0130 00", "DE00 3704 0044 0532 0130 00"],
  ["emails", "write to ann.b+c@mail.example.co.uk now", "write to [e-mail] now"],
  ["emails", "at noon @ the office", "at noon @ the office"],
  ["digits", "it is 1 2 3 4 5 6", "it is [digits]"],
  ["digits", "1, 2, 3, 4, 5", "[digits]"],
  ["digits", "2026-11-27 at 14:30", "[digits] at 14:30"],
  ["digits", "room 1204 at 7", "room 1204 at 7"],
  ["digits", "£1,250", "£1,250"],
];

for (const [which, text, expected] of cases) {
  test(`redact ${which}: ${text}`, () => assertEquals(redact(text, [which]), expected));
}

test("redact: nothing is taken out that was not asked for", () => {
  const text = "4111 1111 1111 1111 ann@example.com DE89370400440532013000 123456";
  assertEquals(redact(text, []), text);
  assertEquals(redact(text, ["cards", "ibans", "emails", "digits"]), "[card] [e-mail] [IBAN] [digits]");
});

test("redact: long texts take no long time", () => {
  for (const part of ["1 ", "a@", "DE8", "a.b-c@", "4-"]) redact(part.repeat(20_000), ["cards", "ibans", "emails", "digits"]);
});
