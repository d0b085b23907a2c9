// Fixes for findings of level info, which no caller notices. Everything worse has a cause: causes.ts.

export const REMARKS = {
  "webhook-slow": "answer at once, and do slow work after the answer: do not await the model in the webhook",
  "url-local-trial": "nothing to fix for a trial on this machine; Twilio needs a public address",
  "url-plain-trial": "nothing to fix for a trial on this machine; Twilio needs a proxy that speaks TLS at this address",
  "url-dead-address": "make the server or the proxy listen on this address too, or remove it from the DNS",
  "twiml-declared-encoding": "send UTF-8, which every XML parser reads",
  "twiml-nothing-after-connect":
    "add <Say>, <Dial> or <Redirect> after </Connect>, or give <Connect> an action: callers hear it when the stream fails",
} as const;

export type Remark = keyof typeof REMARKS;
