// Telephone numbers that lead to no webhook, in a stub of Twilio's REST API.
// Follows https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource

import { type Answer, numberAnswer, startStubApi } from "../../support/stub-apis.ts";
import type { Exhibit } from "./exhibit.ts";

const number = "+15551234567";

const exhibit = (name: string, cause: string, numbers: Answer): Exhibit => ({
  name: `number: ${name}`,
  cause: cause,
  isNumber: true,
  flags: { authToken: "0123456789abcdef0123456789abcdef" },
  open: async () => {
    const api = startStubApi({ "/2010-04-01/": numbers });
    return { url: number, twilioUrl: api.url, stop: () => api.stop() };
  },
});

export const numberFaults: readonly Exhibit[] = [
  exhibit("the auth token is another account's", "twilio-unreachable", {
    status: 401,
    body: { code: 20003, message: "Authenticate", status: 401 },
  }),
  exhibit("it belongs to another account", "number-not-found", { body: { incoming_phone_numbers: [] } }),
  exhibit("it has no webhook", "number-no-webhook", numberAnswer({ phone_number: number, voice_url: "" })),
  exhibit("its webhook has no scheme", "webhook-url", numberAnswer({ phone_number: number, voice_url: "voice.example.com/voice" })),
  exhibit(
    "its calls go to a SIP trunk",
    "number-no-webhook",
    numberAnswer({ phone_number: number, voice_url: "https://voice.example.com/voice", trunk_sid: "TK0123" }),
  ),
];
