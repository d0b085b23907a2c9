// The functions of voice itself, as the model gets them. What they do: call/rules/tools.ts.

import { ABOUT_MAX_CHARS } from "../../call/machines/transfer.ts";
import { COLLECT_DIGITS } from "../../call/rules/collect-digits.ts";
import { HANG_UP } from "../../call/rules/goodbye.ts";
import { SEND_DIGITS, SENT_DIGITS_MAX } from "../../call/rules/send-digits.ts";
import { TRANSFER_TO } from "../../call/rules/transfer.ts";
import type { Agent } from "../../config/agents/agent.ts";
import type { FunctionTool } from "../../protocol/realtime/realtime.ts";

const hangUp: FunctionTool = {
  name: HANG_UP,
  description: "Ends the call. Say goodbye first, in the same answer. Use it when the caller is done or has said goodbye.",
  parameters: { type: "object", properties: {}, additionalProperties: false },
};

const sendDigits: FunctionTool = {
  name: SEND_DIGITS,
  description: "Presses keys on the telephone, for the menu of another telephone system. w waits for half a second.",
  parameters: {
    type: "object",
    properties: { digits: { type: "string", description: "Such as 1w0042#", pattern: "^[0-9*#A-Dw]+$", maxLength: SENT_DIGITS_MAX } },
    required: ["digits"],
    additionalProperties: false,
  },
};

function collectDigits(kinds: Agent["digits"]): FunctionTool {
  const [first, ...others] = kinds;
  const what = { type: "string", enum: kinds.map(({ name }) => name), description: "What the caller is to type." };
  const max = { type: "integer", minimum: 1, description: "How many digits, if their number is known." };
  return {
    name: COLLECT_DIGITS,
    description: `Has the caller type on the keys of the telephone. Ask for it first, in the same answer, and say how to end: ${kinds.map(howToEnd).join("; ")}. You get what was typed, or how much of it; some of it only other functions get.`,
    parameters: {
      type: "object",
      properties: { ...(others.length === 0 ? {} : { what }), max_digits: max },
      ...(first === undefined || others.length === 0 ? {} : { required: ["what"] }),
      additionalProperties: false,
    },
  };
}

function howToEnd({ name, max, terminator }: Agent["digits"][number]): string {
  const byKey = terminator === undefined ? "" : `, or with the ${terminator === "#" ? "pound" : "star"} key`;
  return `${name} end after ${max} digits${byKey}`;
}

const about = {
  type: "string",
  description: "One sentence for the person who answers, in their language: who calls, and why.",
  maxLength: ABOUT_MAX_CHARS,
};

function transferTo({ name, description }: Agent["transfers"][number]): FunctionTool {
  const when = description === undefined ? "" : ` ${description}`;
  return {
    name: `${TRANSFER_TO}${name}`,
    description: `Transfers the caller to ${name}.${when} Say so to the caller first, in the same answer. If no one takes the call, the caller is back with you.`,
    parameters: { type: "object", properties: { about }, required: ["about"], additionalProperties: false },
  };
}

export function builtInTools({ canHangUp, canSendDigits, digits, transfers }: Agent): readonly FunctionTool[] {
  return [
    ...(canHangUp ? [hangUp] : []),
    ...(canSendDigits ? [sendDigits] : []),
    ...(digits.length > 0 ? [collectDigits(digits)] : []),
    ...transfers.map(transferTo),
  ];
}
