// Tests of src/protocol/http/chunked.ts alone. Through HttpResponseReader: message.test.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ChunkedBody, MAX_EXTENSION_BYTES } from "../../../src/protocol/http/chunked.ts";
import { checkProperty } from "../../support/properties.ts";

test("ChunkedBody: decodes a body that arrives in pieces of any size", () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
  checkProperty(
    fc.property(chunks, fc.integer({ min: 1, max: 50 }), (pieces, step) => {
      const coded = Buffer.concat(
        [...pieces.flatMap((piece) => [`${piece.length.toString(16)}\r\n`, piece, "\r\n"]), "0\r\n\r\n"].map((part) => Buffer.from(part)),
      );
      const body = new ChunkedBody(1000);
      let result: ReturnType<ChunkedBody["push"]>;
      for (let at = 0; at < coded.length && result === undefined; at += step) result = body.push(coded.subarray(at, at + step));
      assertEquals(result, { body: Uint8Array.from(Buffer.concat(pieces)), rest: Uint8Array.of() });
    }),
  );
});

test("ChunkedBody: extensions are bounded over the whole body, chunks are not", () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  const body = new ChunkedBody(1_000_000);
  const fits = `1;${"e".repeat(MAX_EXTENSION_BYTES / 8 - 1)}\r\nx\r\n`.repeat(8);
  assertEquals(body.push(ascii(fits)), undefined);
  assertEquals(body.push(ascii("1\r\nx\r\n".repeat(10_000))), undefined);
  assertEquals(body.push(ascii("1;\r\nx\r\n")), {
    bad: `chunk: expected at most ${MAX_EXTENSION_BYTES} bytes of extensions, got more (RFC 9112 section 7.1.1)`,
  });
});
