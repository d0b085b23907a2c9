// `voice why` on a store and on a stub of Twilio's API.

import { test } from "bun:test";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../src/adapters/clock.ts";
import { makeWriter } from "../../src/adapters/store/apply-writes.ts";
import { openDatabase } from "../../src/adapters/store/open-database.ts";
import { why } from "../../src/past-calls/why.ts";
import { inScratch } from "../adapters/store/scratch.ts";
import { START_MS, wholeCall } from "../adapters/store/writes.ts";
import { startStubApi } from "../support/stub-apis.ts";

test("why: by the store alone, and with what Twilio knows", async () => {
  await inScratch(async (stateFolder) => {
    const { db } = openDatabase(join(stateFolder, "calls.db"), START_MS);
    makeWriter(db, "i")(wholeCall("CA1"), START_MS);
    db.close();
    const alerts = [
      { resource_sid: "CA1", error_code: "31921" },
      { resource_sid: "CA2", error_code: "11200" },
    ];
    const api = startStubApi({
      "/2010-04-01/Accounts/AC1/Calls/CA1.json": { body: { status: "completed" } },
      "/v1/Alerts": { body: { alerts } },
    });
    const ask = async (sid: string, config: { readonly accountSid?: string } = {}) => {
      let text = "";
      const print = (part: string): void => {
        text += part;
      };
      const credentials = { accountSid: config.accountSid, twilioAuthToken: "t", stateFolder };
      const code = await why(sid, credentials, { print, colors: false, clock: realClock(), twilioUrl: api.url });
      return { code, text };
    };
    assertEquals(await ask("CA1"), { code: 0, text: "The call ended after 60 s by the caller: hangup.\n" });
    const both = await ask("CA1", { accountSid: "AC1" });
    assert(both.code === 1 && both.text.includes("Twilio 31921") && !both.text.includes("11200"), both.text);
    assert((await ask("CA3", { accountSid: "AC1" })).text.startsWith("Neither voice nor Twilio"));
    await api.stop();
  });
});
