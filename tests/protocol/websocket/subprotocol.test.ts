// Tests of src/protocol/websocket/subprotocol.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { chooseSubprotocol, offeredSubprotocols } from "../../../src/protocol/websocket/subprotocol.ts";
import { checkProperty } from "../../support/properties.ts";

const cases: readonly [header: string | undefined, chosen: string | undefined][] = [
  [undefined, undefined],
  ["", undefined],
  [" , ,", undefined],
  ["audio.twilio.com", "audio.twilio.com"],
  ["chat, audio.twilio.com", "audio.twilio.com"],
  ["chat,superchat", "chat"],
  ["Audio.Twilio.Com", "Audio.Twilio.Com"],
  ["Audio.Twilio.Com, audio.twilio.com", "audio.twilio.com"],
  [" chat ", "chat"],
  [",chat", "chat"],
  ["two words, chat", "chat"],
  ["a=b, chat", "chat"],
  ['"quoted"', undefined],
  ["chat\r\nSet-Cookie: a=b", undefined],
  ["realtime, openai-insecure-api-key.sk-1", "realtime"],
];
for (const [header, chosen] of cases) {
  test(`chooseSubprotocol: ${JSON.stringify(header)} gives ${chosen}`, () => assertEquals(chooseSubprotocol(header), chosen));
}

test("chooseSubprotocol: chooses only a name that was offered, spelled as offered", () => {
  checkProperty(
    fc.property(fc.string(), (header) => {
      const chosen = chooseSubprotocol(header);
      assert(chosen === undefined ? offeredSubprotocols(header).length === 0 : header.includes(chosen));
    }),
  );
});
