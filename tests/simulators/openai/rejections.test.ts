// The error texts captured from the API, word for word: clients match on them.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import * as rejections from "../../../src/simulators/openai/rejections.ts";

const captured: readonly (readonly [refusal: rejections.Rejection, code: string | null, message: string])[] = [
  [rejections.alreadyShorter(9250, 57_340), "invalid_value", "Audio content of 9250ms is already shorter than 57340ms"],
  [rejections.notTruncatable(), null, "Only model output audio messages can be truncated"],
  [rejections.nothingToCancel(), "response_cancel_not_active", "Cancellation failed: no active response found"],
  [rejections.cannotUpdateVoice(), "cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present."],
  [
    rejections.commitEmpty(0),
    "input_audio_buffer_commit_empty",
    "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio.",
  ],
  [
    rejections.alreadyResponding("resp_1"),
    "conversation_already_has_active_response",
    "Conversation already has an active response in progress: resp_1. Wait until the response is finished before creating a new one.",
  ],
  [rejections.missing("session.type"), "missing_required_parameter", "Missing required parameter: 'session.type'."],
  [rejections.unknownParameter("session.voice"), "unknown_parameter", "Unknown parameter: 'session.voice'."],
];
for (const [{ rejected }, code, message] of captured) {
  test(`rejections: ${message}`, () => assertEquals([rejected.code, rejected.message], [code, message]));
}

test("sessionExpired: the message has the minutes", () => {
  assertEquals(rejections.sessionExpired(60).message, "Your session hit the maximum duration of 60 minutes.");
});

test("isRejection: only for rejections", () => {
  assertEquals([rejections.notJson(), { code: 1 }, []].map(rejections.isRejection), [true, false, false]);
});
