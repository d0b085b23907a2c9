// The doctor's own section of its JSON.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { doctorSection } from "../../../src/doctor/report/json.ts";
import { doctorSchema } from "../../report/schema.ts";
import { handshakeRefused, madeDoctorReport } from "./made.ts";

test("doctorSection: fits the schema, with the cause's own code and fix", () => {
  const { cause, stage, twilioCode, fix, stackFixes } = doctorSchema.parse(doctorSection(madeDoctorReport([handshakeRefused])));
  assertEquals([cause, stage, twilioCode, fix, stackFixes], ["handshake-status", "handshake", 31_920, "do this", { flask: "do that" }]);
});

test("doctorSection: a healthy server has no Twilio code", () => {
  assertEquals(doctorSchema.parse(doctorSection(madeDoctorReport([]))).twilioCode, null);
});
