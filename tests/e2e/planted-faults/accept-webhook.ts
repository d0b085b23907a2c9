// Faults of authentication: a webhook that should be rejected is accepted.

import type { Authenticator } from "../../../src/server/auth/authenticator.ts";
import { type Seam, seam } from "./seam.ts";

/** The webhook's verdict on a request that should have been rejected. */
export const acceptWebhook = (when: (facts: Parameters<Authenticator["checkWebhook"]>[0]) => boolean): Seam =>
  seam<typeof Authenticator>("Authenticator", (real) => {
    const { checkHeaders, checkWebhook } = real.prototype;
    type Facts = Parameters<Authenticator["checkWebhook"]>[0];
    const accepted = ({ address: { host } }: Facts) =>
      ({ type: "authenticated", baseUrl: `http://${host}`, streamBaseUrl: `ws://${host}`, differsFromPublicUrl: false }) as const;
    real.prototype.checkHeaders = function (facts) {
      const result = checkHeaders.call(this, facts);
      return result?.type === "forbidden" && when(facts) ? accepted(facts) : result;
    };
    real.prototype.checkWebhook = function (facts, params) {
      const result = checkWebhook.call(this, facts, params);
      return result.type !== "authenticated" && when(facts) ? accepted(facts) : result;
    };
    return real;
  });
