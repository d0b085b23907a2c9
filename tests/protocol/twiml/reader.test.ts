// Tests of src/protocol/twiml/reader.ts.

import { test } from "bun:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isBad } from "../../../src/protocol/bad.ts";
import { MAX_DEPTH, readTwiml } from "../../../src/protocol/twiml/reader.ts";
import { MAX_TWIML_BYTES } from "../../../src/protocol/twiml/twiml.ts";
import { checkProperty } from "../../support/properties.ts";

test("readTwiml: gives each element's name, attributes, text and position", () => {
  const document = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <!-- the greeting -->
  <Say voice="a&amp;b">Hello<![CDATA[ & ]]>there.</Say>
  <Connect><Stream url='wss://h.example/'
    name="s"/></Connect></Response>`;
  const empty = { attributes: {}, children: [], text: "", wholeText: "" };
  assertEquals<unknown>(readTwiml(document), {
    ...empty,
    name: "Response",
    wholeText: "Hello & there.",
    line: 2,
    column: 1,
    children: [
      { ...empty, name: "Say", attributes: { voice: "a&b" }, text: "Hello & there.", wholeText: "Hello & there.", line: 4, column: 3 },
      {
        ...empty,
        name: "Connect",
        line: 5,
        column: 3,
        children: [{ ...empty, name: "Stream", attributes: { url: "wss://h.example/", name: "s" }, line: 5, column: 12 }],
      },
    ],
  });
});

test("readTwiml: an element's inner text is that of the elements in it, too, in order", () => {
  const response = readTwiml('<Response><Say>Hello <prosody rate="slow">my <emphasis>dear</emphasis></prosody> friend.</Say></Response>');
  assert(!isBad(response));
  const [say] = response.children;
  assertEquals([say?.text, say?.wholeText], ["Hello  friend.", "Hello my dear friend."]);
});

for (const document of [
  "<Response/>",
  "\ufeff<Response/>",
  "<Response></Response>\n",
  '<?xml version="1.0"?>\r\n<Response/>',
  "<!-- a --><Response/>",
]) {
  test(`readTwiml: accepts ${JSON.stringify(document)}`, () => assert(!isBad(readTwiml(document))));
}

const badDocuments: readonly [document: string, twilioCode: number, bad: string, line: number, column: number][] = [
  ["", 11770, "document: expected TwiML, got nothing", 1, 1],
  [" \n", 11770, "document: expected TwiML, got nothing", 1, 1],
  ["<Response>", 12100, "unclosed tag: Response", 1, 10],
  ["<Response><Say>a</Response>", 12100, "unexpected close tag", 1, 27],
  [
    "<Response>\n <Redirect>/a?b=1&c=2</Redirect></Response>",
    12100,
    'expected an entity, got a bare "&": in XML it is written "&amp;"',
    2,
    18,
  ],
  ['<Response><Redirect a="?b&c"/></Response>', 12100, 'expected an entity, got a bare "&": in XML it is written "&amp;"', 1, 26],
  ["<Response><!-- & --><![CDATA[&]]>", 12100, "unclosed tag: Response", 1, 33],
  ['<Response>\n\n<Dial a="1" a="2"/></Response>', 12100, "duplicate attribute: a", 3, 19],
  ["<Response/><Response/>", 12100, "documents may contain only one root", 1, 21],
  ['{"twiml":"<Response/>"}', 12100, "text data outside of root node", 1, 11],
  ["<!DOCTYPE html><html></html>", 12102, "root: expected <Response>, got <html>", 1, 16],
  ["\n <response/>", 12102, "root: expected <Response>, got <response>", 2, 2],
  ['<?xml version="1.1"?><Response/>', 12101, "version: expected 1.0, got 1.1", 1, 1],
  [' <?xml version="1.0"?><Response/>', 12100, "an XML declaration must be at the start of the document", 1, 7],
  ["<!-- nothing -->", 12100, "document must contain a root element", 1, 16],
  ['<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>', 12100, "undefined entity", 1, 43],
];
for (const [document, twilioCode, bad, line, column] of badDocuments) {
  test(`readTwiml: ${JSON.stringify(document)} is ${twilioCode}`, () =>
    assertEquals<unknown>(readTwiml(document), { bad, twilioCode, line, column }));
}

test("readTwiml: accepts 64 KiB and rejects a byte more", () => {
  const of = (bytes: number) => readTwiml(`<Response>${"é".repeat((bytes - 21) / 2)}</Response>`);
  assert(!isBad(of(MAX_TWIML_BYTES + 1 - 2)));
  assertEquals<unknown>(of(MAX_TWIML_BYTES + 1), {
    bad: "document: expected at most 65536 bytes, got 65537",
    twilioCode: 11750,
    line: 1,
    column: 1,
  });
});

test("readTwiml: never throws, and every position is inside the document", () => {
  const piece = fc.constantFrom(
    "<Response>",
    "</Response>",
    "<Say",
    "/>",
    ">",
    "a='b'",
    "&amp;",
    "&",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version='1.0'?>",
    "\n",
    "text",
    " ",
  );
  const documents = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );
  checkProperty(
    fc.property(documents, (document) => {
      const { line, column } = readTwiml(document);
      assert(line >= 1 && line <= document.split("\n").length && column >= 1);
    }),
    { numRuns: 1000 },
  );
});

test("readTwiml: a hundred elements inside each other are read, more are not", () => {
  const nested = (depth: number): string => `<Response>${"<a>".repeat(depth - 1)}${"</a>".repeat(depth - 1)}</Response>`;
  assert(!isBad(readTwiml(nested(MAX_DEPTH))));
  const bad = readTwiml(nested(MAX_DEPTH + 1));
  assert(isBad(bad));
  assertEquals([bad.twilioCode, bad.bad.includes("at most 100 elements"), bad.column], [12100, true, 11 + 3 * 99]);
});

test("readTwiml: nesting as deep as 64 KiB allow does not exhaust the stack", () => {
  assert(isBad(readTwiml("<a>".repeat(21_000))));
});
