// The conversation with a model that is ready: speech, audio, transcripts, and the end of responses.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { greeted, greetingRequested, lastEffects, replying } from "../call-script.ts";

const audio = (atMs: number, id: string, payload: string): string =>
  `${atMs} model.audio responseId=${id} itemId=i${id} payload=${payload}`;
/** Ten minutes of audio in 100 ms. */
const AHEAD = Array.from({ length: 10 }, (_, index) => audio(300 + index * 10, "r2", "M60000"));
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "onModelAudio: cut into slices, with marks",
    [...greetingRequested, audio(30, "r1", "M160")],
    ["caller.play M 120 ms", "caller.mark v1", "caller.play M 40 ms"],
  ],
  ["onModelAudio: empty audio", [...greetingRequested, audio(30, "r1", "M0")], []],
  [
    "onModelAudio: nine minutes are unheard: the response is cancelled",
    [...greeted, ...AHEAD, audio(400, "r2", "M20")],
    ["model.cancel", "log warning playout.full"],
  ],
  ["onModelAudio: its late audio is not played", [...greeted, ...AHEAD, audio(400, "r2", "M20"), audio(410, "r2", "M20")], []],
  [
    "onModelAudio: and its silence is not a failure",
    [...greeted, ...AHEAD, audio(400, "r2", "M20"), "5399 clock.rang", "5400 clock.rang"],
    [],
  ],
  ["onModelAudio: without a stream", [...greetingRequested, "25 caller.disconnected", audio(30, "r1", "M160")], []],
  [
    "onModelAudio: a response that started without a stream is not played on the next one",
    [...greetingRequested, "25 caller.disconnected", audio(30, "r1", "M160"), "40 caller.started epoch=MZ2", audio(50, "r1", "M160")],
    [],
  ],
  ["onModelAudio: from another connection", [...greetingRequested, `${audio(30, "r1", "M160")} epoch=0`], []],
  [
    "onAudioDone: a last mark",
    [...greetingRequested, audio(30, "r1", "M40"), "40 model.audioDone responseId=r1 itemId=ir1"],
    ["caller.mark v1"],
  ],
  ["onAudioDone: without audio", [...greetingRequested, "40 model.audioDone responseId=r1 itemId=ir1"], []],
  [
    "onResponseDone: a last mark, for a server that sends no audioDone",
    [...greetingRequested, audio(30, "r1", "M40"), "40 model.responseDone responseId=r1"],
    ["caller.mark v1"],
  ],
  [
    "onResponseDone: of an interrupted response",
    [...replying, "1200 model.speechStarted", "1210 model.responseDone responseId=r2 status=failed code=server_error"],
    [],
  ],
  [
    "onResponseDone: incomplete, and heard",
    [...greetingRequested, audio(30, "r1", "M120"), "40 model.responseDone responseId=r1 status=incomplete"],
    [],
  ],
  [
    "onResponseDone: incomplete, and not heard",
    [...greeted, "300 model.responseStarted responseId=r2", "310 model.responseDone responseId=r2 status=incomplete"],
    ["log warning response.failed", "model.respond voice_respond_2"],
  ],
  [
    "onResponseDone: cancelled by the server without audio, and the caller is quiet: it is requested again",
    [
      ...greetingRequested,
      "30 model.responseStarted responseId=r1",
      "40 model.responseDone responseId=r1 status=cancelled reason=client_cancelled",
    ],
    ["log warning response.failed", 'model.respond voice_respond_2 "Greet the caller."'],
  ],
  [
    "onResponseDone: cancelled by the server twice without audio: given up at once",
    [
      ...greetingRequested,
      "30 model.responseStarted responseId=r1",
      "40 model.responseDone responseId=r1 status=cancelled reason=client_cancelled",
      "50 model.responseStarted responseId=r2",
      "60 model.responseDone responseId=r2 status=cancelled",
    ],
    ["log error call.givenUp", "alert modelFailed", "model.close 1", "caller.close"],
  ],
  [
    "onResponseDone: cancelled by the server while the caller speaks: their words will be answered",
    [
      ...greeted,
      "300 model.speechStarted itemId=u1",
      "310 model.responseStarted responseId=r2",
      "320 model.responseDone responseId=r2 status=cancelled reason=turn_detected",
    ],
    [],
  ],
  [
    "onResponseDone: a failure of a response that is not current",
    [...greetingRequested, audio(30, "r1", "M120"), "40 model.responseDone responseId=r0 status=failed code=server_error"],
    [],
  ],
  [
    "onSpeechStarted: ignored before a stream has started",
    [
      "0 caller.streamRequested prewarm=yes",
      "10 model.opened",
      "20 model.ready",
      "30 model.speechStarted",
      "780 clock.rang",
      "800 caller.audio",
    ],
    [],
  ],
  [
    "onResponseDone: the end of an older response: ours is still due",
    [...greetingRequested, "30 model.responseDone responseId=r0", "8020 clock.rang"],
    ["caller.playFiller", "log warning model.abandoned", "model.close 1"],
  ],
  [
    "onSpeechStarted: no reply is due any more",
    [...greetingRequested, "30 model.speechStarted", "40 model.speechStopped", "8030 clock.rang"],
    [],
  ],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastEffects(...lines), orders));

test("onSpeechTranscribed, onResponseTranscribed: transcripts are recorded whenever they arrive", () => {
  const said = [
    '1180 model.responseTranscribed responseId=r2 itemId=a2 text="At nine."',
    '5000 model.speechTranscribed itemId=u1 text="When?"',
  ];
  const record = lastEffects(...replying, ...said, "9000 caller.stopped")[2];
  assertEquals(record, 'record.save caller hangup, none, waited 110 ms, greeting 20 ms; speech 110 ms "When?" "At nine."');
});
