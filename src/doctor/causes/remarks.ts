// Fixes for findings that do not make a call fail. Causes of failed calls: causes.ts.

export const REMARKS = {
  "webhook-slow": "answer at once, and do slow work after the answer",
  "url-query": 'move it to <Parameter name="..." value="..."/>, which arrives in start.customParameters, or to the path',
  "url-local-trial": "nothing to fix for a trial on this machine; Twilio needs a public address",
  "url-dead-address": "make the server or the proxy listen on this address too, or remove it from the DNS",
  "url-certificate-expiring": "renew the certificate",
  "twiml-nothing-after-connect":
    "add <Say>, <Dial> or <Redirect> after </Connect>, or give <Connect> an action: callers hear it when the stream fails",
  "twiml-play-unavailable": "let Twilio fetch the recording without a login, as audio/mpeg or audio/wav",
  "twiml-later-request-failed": "look at the server's log for this request",
} as const;

export type Remark = keyof typeof REMARKS;
