// The doctor's own section of its JSON.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { doctorFields } from "../../../src/doctor/report/json.ts";
import { doctorFieldsSchema } from "../../report/schema.ts";
import { handshakeRefused, madeDoctorReport } from "./made.ts";

test("doctorFields: fits the schema, with the cause's own code and fix", () => {
  const { cause, stage, twilioError, fix, stackFixes } = doctorFieldsSchema.parse(doctorFields(madeDoctorReport([handshakeRefused])));
  assertEquals([cause, stage, twilioError, fix, stackFixes], ["handshake-status", "handshake", 31_920, "do this", { flask: "do that" }]);
});

test("doctorFields: lists the failed checks of security", () => {
  const unsigned = { ...handshakeRefused, id: "webhook.unsigned", level: "warning", cause: "webhook-accepts-unsigned" } as const;
  assertEquals(doctorFieldsSchema.parse(doctorFields(madeDoctorReport([handshakeRefused, unsigned]))).security, ["webhook.unsigned"]);
});

test("doctorFields: a healthy server has no Twilio code", () => {
  assertEquals(doctorFieldsSchema.parse(doctorFields(madeDoctorReport([]))).twilioError, null);
});
