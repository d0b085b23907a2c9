// DTMF: the tones that a telephone's keys make, as PCMU. Frequencies: ITU-T Q.23. Durations and levels lie well within
// what every receiver of ITU-T Q.24, table A-1, accepts (40 ms of tone, 40 ms of pause, a twist of 4 dB).

import { Buffer } from "node:buffer";
import { encodeMulaw, MULAW_SILENCE } from "./g711.ts";
import { renderTones } from "./tone.ts";

const RATE_HZ = 8_000;
const KEYS = "123A456B789C*0#D";
const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;
/** The high tone is louder: lines attenuate it more (ETSI ES 201 235-2: 2 dB). */
const LOW_DBFS = -10;
const HIGH_DBFS = -8;
const TONE_MS = 100;
const PAUSE_MS = 100;
/** "w": as long as Twilio's (https://www.twilio.com/docs/voice/twiml/play#digits). */
const WAIT_MS = 500;

/** Keys and waits: "w1234#". */
export const DTMF_DIGITS = /^[0-9*#A-Dw]+$/;

/** The tones of {@link DTMF_DIGITS}, each with the pause after it, as base64 PCMU. */
export function dtmfPayload(digits: string): string {
  return Buffer.concat([...digits].map((digit) => (digit === "w" ? silence(WAIT_MS) : key(digit)))).toString("base64");
}

function key(digit: string): Uint8Array {
  const index = KEYS.indexOf(digit);
  const tones = [
    { hz: ROWS_HZ[index >> 2] ?? 0, dbfs: LOW_DBFS },
    { hz: COLUMNS_HZ[index & 3] ?? 0, dbfs: HIGH_DBFS },
  ];
  return Buffer.concat([encodeMulaw(renderTones(tones, 0, (TONE_MS * RATE_HZ) / 1_000)), silence(PAUSE_MS)]);
}

function silence(ms: number): Uint8Array {
  return Buffer.alloc((ms * RATE_HZ) / 1_000, MULAW_SILENCE);
}
