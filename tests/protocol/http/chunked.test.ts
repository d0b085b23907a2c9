// Tests of src/protocol/http/chunked.ts alone. Through HttpResponseReader: message.test.ts.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ChunkedBody } from "../../../src/protocol/http/chunked.ts";
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
