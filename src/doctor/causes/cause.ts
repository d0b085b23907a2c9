// Everything the doctor says about one reason why calls fail: a type, and texts that several causes share.

import { CERTIFICATE_FIX, LISTEN_FIX } from "../../protocol/twilio-errors.ts";
import type { Fix } from "../../report/finding.ts";
import type { Stage } from "../evidence/evidence.ts";

export interface Cause {
  readonly stage: Stage;
  /**
   * Who suffers. Missing: the caller, in this call. `risk`: a caller, if something else happens. `security`: the
   * server's owner.
   */
  readonly harm?: "risk" | "security";
  /** The error that Twilio's console shows; undefined: none. */
  readonly twilioError: number | undefined;
  /** Follows "a caller hears". */
  readonly callerHears: string;
  /** Follows "because". */
  readonly why: string;
  /** What to do, in the imperative. */
  readonly fix: string;
  /** What to do in each stack where that differs. */
  readonly stacks?: NonNullable<Fix["stacks"]>;
}

/** When a stream fails, Twilio goes on with what follows `<Connect>`. Usually nothing does. */
export const LINE_DROPS = "a moment of silence, then the line drops";

/** Fixes an untrusted certificate. */
export const FULL_CHAIN = CERTIFICATE_FIX;

/** Fixes an address where nothing answers. */
export const LISTEN = LISTEN_FIX;
