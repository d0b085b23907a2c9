// What the model hears and says, each in the states that matter.

import { test } from "bun:test";
import { assertEquals } from "@std/assert";
import { asked, greeted, lastOrders, replying } from "../call-script.ts";

const audio = (atMs: number, id: string, payload: string): string =>
  `${atMs} model.audio responseId=${id} itemId=i${id} payload=${payload}`;
/** Ten minutes of audio in 100 ms. */
const AHEAD = Array.from({ length: 10 }, (_, index) => audio(300 + index * 10, "r2", "M60000"));
const cases: readonly (readonly [what: string, lines: readonly string[], orders: readonly string[]])[] = [
  [
    "onModelAudio: in slices, with marks",
    [...asked, audio(30, "r1", "M160")],
    ["caller.play M 120 ms", "caller.mark v1", "caller.play M 40 ms"],
  ],
  ["onModelAudio: nothing", [...asked, audio(30, "r1", "M0")], []],
  [
    "onModelAudio: nine minutes ahead of the ear, the response is stopped",
    [...greeted, ...AHEAD, audio(400, "r2", "M20")],
    ["model.cancel", "log warning playout.full"],
  ],
  ["onModelAudio: what still comes of it is not played", [...greeted, ...AHEAD, audio(400, "r2", "M20"), audio(410, "r2", "M20")], []],
  [
    "onModelAudio: nor is that it falls silent a fault",
    [...greeted, ...AHEAD, audio(400, "r2", "M20"), "5399 clock.rang", "5400 clock.rang"],
    [],
  ],
  ["onModelAudio: to nobody", [...asked, "25 caller.disconnected", audio(30, "r1", "M160")], []],
  [
    "onModelAudio: begun to nobody, it is not gone on with",
    [...asked, "25 caller.disconnected", audio(30, "r1", "M160"), "40 caller.started epoch=MZ2", audio(50, "r1", "M160")],
    [],
  ],
  ["onModelAudio: of another connection", [...asked, `${audio(30, "r1", "M160")} epoch=0`], []],
  ["onAudioDone: a last mark", [...asked, audio(30, "r1", "M40"), "40 model.audioDone responseId=r1 itemId=ir1"], ["caller.mark v1"]],
  ["onAudioDone: of nothing", [...asked, "40 model.audioDone responseId=r1 itemId=ir1"], []],
  [
    "onResponseDone: a last mark, for a server that says no audioDone",
    [...asked, audio(30, "r1", "M40"), "40 model.responseDone responseId=r1"],
    ["caller.mark v1"],
  ],
  [
    "onResponseDone: of one that was talked over",
    [...replying, "1200 model.speechStarted", "1210 model.responseDone responseId=r2 status=failed code=server_error"],
    [],
  ],
  [
    "onResponseDone: incomplete, and heard",
    [...asked, audio(30, "r1", "M120"), "40 model.responseDone responseId=r1 status=incomplete"],
    [],
  ],
  [
    "onResponseDone: incomplete, and not heard",
    [...greeted, "300 model.responseStarted responseId=r2", "310 model.responseDone responseId=r2 status=incomplete"],
    ["log warning response.failed", "model.respond voice_respond_2"],
  ],
  [
    "onResponseDone: cancelled by the server without a sound, and nobody speaks: an answer is still due",
    [...asked, "30 model.responseStarted responseId=r1", "40 model.responseDone responseId=r1 status=cancelled", "8020 clock.rang"],
    ["caller.playFiller", "log warning model.abandoned", "model.close 1"],
  ],
  [
    "onResponseDone: that another than the running one failed is nothing to fix",
    [...asked, audio(30, "r1", "M120"), "40 model.responseDone responseId=r0 status=failed code=server_error"],
    [],
  ],
  [
    "onSpeechStarted: before there is a stream it is nobody's",
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
    "onResponseDone: the end of an older one leaves ours awaited",
    [...asked, "30 model.responseDone responseId=r0", "8020 clock.rang"],
    ["caller.playFiller", "log warning model.abandoned", "model.close 1"],
  ],
  ["onSpeechStarted: the wait for a reply is over", [...asked, "30 model.speechStarted", "40 model.speechStopped", "8030 clock.rang"], []],
];
for (const [promise, lines, orders] of cases) test(promise, () => assertEquals(lastOrders(...lines), orders));

test("onSpeechTranscribed, onResponseTranscribed: the words are in the record, whenever they come", () => {
  const said = [
    '1180 model.responseTranscribed responseId=r2 itemId=a2 text="At nine."',
    '5000 model.speechTranscribed itemId=u1 text="When?"',
  ];
  const record = lastOrders(...replying, ...said, "9000 caller.stopped")[2];
  assertEquals(record, 'record.save caller hangup, none, waited 110 ms, greeting 20 ms; speech 110 ms "When?" "At nine."');
});
