// Addresses: every spelling of one address gives one key.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { addressKey, isListed } from "../../src/protocol/address.ts";
import { checkProperty } from "../support/properties.ts";

for (const [address, key] of [
  ["+15551234567", "+15551234567"],
  ["+1 (555) 123-4567", "+15551234567"],
  ["tel:+1-555-123-4567", "+15551234567"],
  ["15551234567", "15551234567"],
  ["client:Alice", "client:Alice"],
  ["Client:Alice", "client:Alice"],
  ["sip:Desk@PBX.Example.com:5061;transport=tls", "sip:Desk@pbx.example.com"],
  ["<sip:desk@pbx.example.com>", "sip:desk@pbx.example.com"],
  ["sips:desk@[2001:DB8::1]:5061", "sip:desk@[2001:db8::1]"],
  ["sip:pbx.example.com", "sip:pbx.example.com"],
  ["sip:anonymous@anonymous.invalid", "anonymous"],
  ["whatsapp:+1 555 123 4567", "whatsapp:+15551234567"],
  ["", "anonymous"],
  ["  ", "anonymous"],
  ["Anonymous", "anonymous"],
  ["RESTRICTED", "anonymous"],
  ["unknown", "anonymous"],
  ["+266696687", "anonymous"],
  ["266696687", "anonymous"],
  ["+7378742833", "anonymous"],
  ["+2562533", "anonymous"],
  ["+8656696", "anonymous"],
  ["+86282452253", "anonymous"],
  ["+464", "anonymous"],
  ["Acme Support", "Acme Support"],
] as const) {
  test(`addressKey(${JSON.stringify(address)}) is ${key}`, () => assertEquals(addressKey(address), key));
}

for (const [address, list, listed] of [
  ["+19005551234", ["+1900"], true],
  ["+1 900 555 1234", ["+1900"], true],
  ["+18005551234", ["+1900"], false],
  ["client:alice", ["client:alice"], true],
  ["client:alice2", ["client:alice"], false],
  ["anonymous", ["anonymous"], true],
  ["", ["+1"], false],
] as const) {
  test(`isListed(${JSON.stringify(address)}, ${JSON.stringify(list)}) is ${listed}`, () => assertEquals(isListed(address, list), listed));
}

test("addressKey: a key is its own key, and nothing throws", () => {
  const parts = fc.constantFrom(
    "sip:",
    "client:",
    "whatsapp:",
    "tel:",
    "+",
    "1555",
    "@",
    ":",
    ";",
    "<",
    ">",
    "anonymous",
    " ",
    "-",
    "[",
    "]",
  );
  const addresses = fc.oneof(
    fc.string(),
    fc.array(parts, { maxLength: 6 }).map((some) => some.join("")),
  );
  checkProperty(
    fc.property(addresses, (address) => {
      const key = addressKey(address);
      assertEquals(addressKey(key), key);
    }),
    { numRuns: 500 },
  );
});
