// voice.toml, as zod definitions: every key with its meaning and its limits. The check of a file (read-agents.ts), the
// JSON Schema for editors (`voice schema`) and the table in docs/agents.md are made from them.

import * as z from "zod";
import { isPrivateHost } from "../../protocol/http/public-address.ts";
import { checkParameters } from "../../protocol/json-schema/check-parameters.ts";
import { languageTag, modelName, realtimeUrl, voiceName, voiceNames } from "../values.ts";
import { afterCallTable } from "./after-call.ts";
import { digits } from "./digits.ts";
import { keys } from "./keys.ts";
import { budget, modelPrice, patience } from "./limits.ts";
import { openSpan } from "./open-span.ts";
import { privacyTable } from "./privacy-schema.ts";
import { readBy } from "./read-by.ts";
import { callPlaceholders, headerProblems, jsonPath, placeholdersOf, privateHost, urlTemplate } from "./tool-values.ts";
import { MAX_TRANSFERS, transfer, transferReference } from "./transfers.ts";

/** About 12,000 tokens of English; a Realtime session takes 16,384: https://developers.openai.com/api/docs/models */
export const MAX_INSTRUCTIONS_CHARS = 50_000;
/** Longest text that the agent says word for word. */
const MAX_WORDS_CHARS = 1_000;
const MAX_AGENTS = 100;
const MAX_NUMBERS = 1_000;
const MAX_LISTED_CALLERS = 1_000;
const MAX_PRICES = 200;
/** A caller does not wait for more. */
const MAX_MODELS = 5;
/** Every one costs tokens in every session. */
const MAX_TOOLS = 50;
/** No caller waits longer. */
export const MAX_TOOL_MS = 30_000;
/** As many as the Realtime API takes in one list: https://developers.openai.com/api/reference/resources/realtime */
const MAX_KEYWORDS = 100;

const words = z.string().min(1).max(MAX_WORDS_CHARS);
/** Also a part of function names that the model is given: https://developers.openai.com/api/docs/guides/function-calling */
const agentName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
/** https://developers.openai.com/api/docs/guides/function-calling */
const toolName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/);
const address = z.string().min(1).max(256);

const model = z.union([
  readBy(modelName, ["gpt-realtime-2.1"]).describe("The model's name. Its server and key are OPENAI_BASE_URL and OPENAI_API_KEY."),
  z.strictObject({
    model: readBy(modelName, ["gpt-realtime-2.1"]).describe("The model's name."),
    url: readBy(realtimeUrl, ["https://voice.example.com/v1"])
      .optional()
      .describe("Base URL of the model's API, as in the OpenAI SDKs. Default: OPENAI_BASE_URL."),
    key: z.string().optional().describe("Where the key is: ${NAME}, file:PATH or credential:NAME. Default: OPENAI_API_KEY."),
  }),
]);

const greeting = z.union([
  z.strictObject({ say: words.describe("What the agent says first, word for word.") }),
  z.strictObject({ instruct: words.describe("What the model is instructed to say first, in its own words.") }),
  z.strictObject({ wait: z.literal(true).describe("The caller speaks first.") }),
]);

const hearing = z.strictObject({
  turn: z
    .enum(["server", "semantic"])
    .optional()
    .describe("How the model notices that the caller has finished: by silence (server, the default), or by what was said (semantic)."),
  threshold: z.number().min(0).max(1).optional().describe("With server: how loud speech must be, 0 to 1. Default: 0.5."),
  silence_ms: z.int().min(100).max(5_000).optional().describe("With server: the silence that ends a turn. Default: 500."),
  prefix_ms: z.int().min(0).max(5_000).optional().describe("With server: audio before the speech that is kept. Default: 300."),
  eagerness: z.enum(["low", "medium", "high", "auto"]).optional().describe("With semantic: how soon the agent answers. Default: auto."),
  noise: z
    .enum(["near_field", "far_field", "off"])
    .optional()
    .describe("Noise reduction: for telephones (near_field, the default), for rooms and loudspeakers (far_field), or off."),
  keywords: z
    .array(z.string().min(1).max(100))
    .max(MAX_KEYWORDS)
    .optional()
    .describe("Words that the transcript should know, such as names."),
  transcription: readBy(modelName, ["gpt-transcribe"])
    .optional()
    .describe('Model that transcribes the caller, or "off". Default: OPENAI_TRANSCRIPTION_MODEL.'),
});

const tool = z
  .strictObject({
    description: z.string().min(1).max(1_000).describe("What the tool does and when to use it: the model decides by this."),
    parameters: z
      .record(z.string(), z.unknown())
      .refine((schema) => schema["type"] === "object", {
        message: 'a JSON Schema with type = "object"',
        params: { hint: 'try { type = "object", properties = { phone = { type = "string" } }, required = ["phone"] }' },
      })
      .superRefine((schema, context) => {
        for (const { path, expected, hint } of checkParameters(schema)) {
          context.addIssue({ code: "custom", path: [...path], message: expected, params: { hint } });
        }
      })
      .optional()
      .describe("JSON Schema of the arguments: an object. Arguments that do not fit are not sent. Default: no arguments."),
    http: z
      .strictObject({
        method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional().describe("Default: GET."),
        url: readBy(urlTemplate, ["https://api.example.com/bookings/{{phone}}"]).describe(
          "Where the request goes. {{NAME}} is an argument, encoded; {{caller}}, {{called}} and {{call_sid}} are those of the call; {{digits.NAME}} is what the caller typed.",
        ),
        headers: z
          .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string().max(4_096))
          .superRefine((headers, context) => {
            for (const { name, expected, hint } of headerProblems(Object.keys(headers))) {
              context.addIssue({ code: "custom", path: [name], message: expected, params: { hint } });
            }
          })
          .optional()
          .describe("Headers. ${NAME} in a value is an environment variable."),
        body: z
          .enum(["json", "form", "none"])
          .optional()
          .describe("How the arguments are sent. Default: json, and none with GET and DELETE."),
        fields: z
          .record(z.string().min(1).max(64), z.string().max(1_000))
          .optional()
          .describe("What is sent in the body beside the arguments. Placeholders are those of url."),
        timeout_ms: z.int().min(100).max(MAX_TOOL_MS).optional().describe("Time limit. Default: 8000."),
        private_hosts: z
          .array(readBy(privateHost, ["crm.internal"]))
          .max(20)
          .optional()
          .describe("Hosts of a private network that may be reached (crm.internal, 10.0.0.5:8080). All others are refused."),
      })
      .describe("The request that runs the tool."),
    result: z
      .strictObject({
        max_bytes: z.int().min(100).max(65_536).optional().describe("More of an answer is not read. Default: 8192."),
        keep: z
          .array(readBy(jsonPath, ["$.name"]))
          .min(1)
          .max(50)
          .optional()
          .describe("The parts of a JSON answer that the model gets: $.name, $.items[0].price. Default: all of it."),
      })
      .optional()
      .describe("What the model gets of the answer."),
  })
  .superRefine(({ parameters, http }, context) => {
    const wrong = (message: string, hint: string): void =>
      void context.addIssue({ code: "custom", path: ["http", "url"], message, params: { hint } });
    const known = [...Object.keys(parameters?.["properties"] ?? {}), ...callPlaceholders];
    const isUnknown = (name: string): boolean => !known.includes(name) && !name.startsWith("digits.");
    const unknown = placeholdersOf(http.url).find(isUnknown);
    for (const [field, text] of Object.entries(http.fields ?? {})) {
      const hint = "write a placeholder of the call, or an argument";
      const path = ["http", "fields", field];
      if (placeholdersOf(text).some(isUnknown)) {
        context.addIssue({ code: "custom", path, message: `placeholders of ${known.join(", ")}`, params: { hint } });
      }
    }
    if (
      http.fields !== undefined &&
      (http.body ?? (http.method === undefined || http.method === "GET" || http.method === "DELETE" ? "none" : "json")) === "none"
    ) {
      const hint = 'use method = "POST", or put the placeholders into the url';
      context.addIssue({ code: "custom", path: ["http", "fields"], message: "no fields without a body", params: { hint } });
    }
    if (unknown !== undefined) wrong(`placeholders of ${known.join(", ")}`, `add ${unknown} to parameters.properties, or rename it`);
    const { hostname, host } = new URL(http.url);
    const isAllowed = http.private_hosts?.some((one) => one === hostname || one.startsWith(`${hostname}:`)) === true;
    if (isPrivateHost(hostname) && !isAllowed) wrong("a public host", `for a private one, add private_hosts = ["${host}"]`);
  });

const agent = z.strictObject({
  instructions: z
    .string()
    .min(1)
    .max(MAX_INSTRUCTIONS_CHARS)
    .describe("Who the agent is and how it speaks, or file:PATH. May contain {{caller}}, {{called}}, {{time}} and {{agent}}."),
  models: z
    .array(model)
    .min(1)
    .max(MAX_MODELS)
    .optional()
    .describe(
      "The models that answer: the first, and when it fails the next, which is given the conversation so far. Default: OPENAI_MODEL.",
    ),
  languages: z
    .array(readBy(languageTag, ["en-US"]))
    .min(1)
    .max(20)
    .optional()
    .describe("BCP 47 tags. The agent greets in the first, and follows the caller to the others."),
  greeting: greeting.optional().describe("How the call begins. Default: VOICE_GREETING."),
  voice: readBy(voiceName, voiceNames).optional().describe("The model's voice. Default: VOICE_NAME."),
  speed: z.number().min(0.25).max(1.5).optional().describe("How fast the agent speaks. Default: 1."),
  hearing: hearing.optional().describe("How the agent listens."),
  budget: budget.optional().describe("What calls may cost, by the usage that the model reports. Default: no limits."),
  patience: patience.optional().describe("Silent callers, and how long a call may last. Default: no limits."),
  tools: z
    .array(z.string().min(1).max(64))
    .max(MAX_TOOLS)
    .optional()
    .describe(
      "What the agent may do: names of [tools.NAME], hang_up, which ends the call after a goodbye, send_digits, which presses keys, and collect_digits, which has the caller type.",
    ),
  keys: keys
    .optional()
    .describe(
      "What keys of the telephone do at once: transfer:NAME, hang_up, or repeat the last answer. Other keys are words for the model.",
    ),
  transfers: z
    .record(agentName, transfer)
    .refine((transfers) => Object.keys(transfers).length <= MAX_TRANSFERS, {
      message: `at most ${MAX_TRANSFERS} transfers`,
      params: { hint: "remove some" },
    })
    .optional()
    .describe("People to whom the agent may transfer the caller: each is a function transfer_to_NAME."),
  on_failure: readBy(transferReference, ["transfer:desk"])
    .optional()
    .describe("What callers get when the call cannot go on: transfer:NAME, one of the agent's transfers. Default: VOICE_TRANSFER_TO."),
  digits: digits.optional().describe("What the caller may be asked to type with collect_digits. Default: any digits, at most 32."),
});

const hours = z.strictObject({
  tz: z
    .string()
    .refine(isTimeZone, { message: "an IANA time zone", params: { hint: "try Europe/Berlin or America/New_York" } })
    .describe("IANA time zone of the times."),
  open: z
    .array(readBy(openSpan, ["Mon-Fri 09:00-17:00"]))
    .min(1)
    .max(50)
    .describe("When the number is open."),
  closed: z
    .union([
      z.strictObject({ agent: z.string().describe("The agent that answers instead.") }),
      z.strictObject({ say: words.describe("A sentence that Twilio reads out before it hangs up.") }),
    ])
    .describe("What callers get at other times."),
});

const numberRule = z.strictObject({
  agent: z.string().describe("The agent that answers."),
  hours: hours.optional().describe("Opening hours. Default: always open."),
});

const callers = z.strictObject({
  deny: z
    .array(address)
    .max(MAX_LISTED_CALLERS)
    .optional()
    .describe("Callers that are rejected: numbers, beginnings of numbers (+1900), client: and sip: addresses."),
  per_number: z.int().min(1).max(1_000).optional().describe("Calls at the same time from one number. Default: no limit."),
  anonymous: z.enum(["take", "reject"]).optional().describe("Callers who withhold their number. Default: take."),
});

export const voiceToml = z.strictObject({
  agents: z
    .record(agentName, agent)
    .refine((agents) => Object.keys(agents).length > 0, {
      message: "at least one agent",
      params: { hint: "add a table [agents.reception]" },
    })
    .refine((agents) => Object.keys(agents).length <= MAX_AGENTS, {
      message: `at most ${MAX_AGENTS} agents`,
      params: { hint: "remove some" },
    })
    .describe("Who answers. The first agent answers the numbers that are not listed."),
  tools: z
    .record(toolName, tool)
    .refine((tools) => Object.keys(tools).length <= MAX_TOOLS, { message: `at most ${MAX_TOOLS} tools`, params: { hint: "remove some" } })
    .optional()
    .describe("Functions that agents may call."),
  numbers: z
    .record(address, numberRule)
    .refine((numbers) => Object.keys(numbers).length <= MAX_NUMBERS, {
      message: `at most ${MAX_NUMBERS} numbers`,
      params: { hint: "remove some" },
    })
    .optional()
    .describe('Which agent answers which of your numbers, by "+15551234567", a client: or sip: address, or "*" for every other one.'),
  callers: callers.optional().describe("Who may call."),
  after_call: afterCallTable.optional().describe("Who receives what happened on a call."),
  privacy: privacyTable.optional().describe("What is kept of past calls."),
  prices: z
    .record(z.string().min(1).max(100), modelPrice)
    .refine((prices) => Object.keys(prices).length <= MAX_PRICES, {
      message: `at most ${MAX_PRICES} prices`,
      params: { hint: "remove some" },
    })
    .optional()
    .describe("What models cost, by their names. Default: OpenAI's list prices of November 2026."),
});

/** A file that has no mistake. */
export type VoiceToml = z.output<typeof voiceToml>;

/** For editors: a file that begins with a "#:schema" comment is completed and checked as it is written. */
export function jsonSchema(): object {
  return z.toJSONSchema(voiceToml, { io: "input" });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
