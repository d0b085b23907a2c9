// What there is to say of a cause for which a call fails, as a type. The causes: causes.ts.

import type { Stage } from "../evidence/evidence.ts";

export interface Cause {
  readonly stage: Stage;
  /** Undefined: Twilio's console shows nothing. */
  readonly twilioError: number | undefined;
  readonly callerHears: string;
  /** The cause in words, to follow "because". */
  readonly why: string;
  readonly fix: string;
}

/** What follows `<Connect>` is carried out when its stream fails, and mostly nothing does. */
export const LINE_DROPS = "a moment of silence, then the line drops";

/** What fixes a certificate that is not trusted. */
export const FULL_CHAIN = "serve a certificate of a public authority with its intermediates (fullchain.pem), and renew it in time";

/** What fixes an address at which nobody answers. */
export const LISTEN = "start the server, and let the proxy, tunnel or firewall pass port 443 on to it";
