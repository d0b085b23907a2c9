// The parts of `session.update` that a call can do without, and which of them an error refuses. The server rejects an
// update as a whole, so the same update without the refused part is sent instead: the server's default is in effect
// then. Compatible servers, and models without a transcription or noise reduction of their own, refuse some. Follows
// https://developers.openai.com/api/reference/resources/realtime (session.update)

/** By the names of the API; `turn_detection_tuning` is its threshold and times. */
export type SessionOption =
  | "noise_reduction"
  | "transcription"
  | "turn_detection_tuning"
  | "turn_detection"
  | "voice"
  | "speed"
  | "output_modalities";

/** What an error's `param` or message says when it is about an option. The narrower one comes first. */
const NAMES: readonly (readonly [option: SessionOption, name: RegExp])[] = [
  ["noise_reduction", /noise.?reduction|near_field/i],
  ["transcription", /transcri|whisper/i],
  ["turn_detection_tuning", /threshold|prefix_padding|silence_duration|eagerness/i],
  ["turn_detection", /turn.?detection|server_vad|semantic_vad|\bvad\b|create_response|interrupt_response/i],
  ["speed", /speed/i],
  ["voice", /voice/i],
  ["output_modalities", /modalit/i],
];

/** What is left out first when an error does not say what it refuses: the caller notices it least. */
const LEAST_MISSED: readonly SessionOption[] = ["noise_reduction", "transcription", "turn_detection_tuning"];

/** Without these there is no call: the formats, the instructions, and the objects that hold them. */
const REQUIRED = /^(?:session\.)?(?:audio(?:\.(?:input|output))?|type|model|instructions|.*format.*)$/;

/** What an error says of the part of the update that it refuses. */
export interface RefusedUpdate {
  readonly param: string | undefined;
  readonly message: string;
}

/** The option that a text names; undefined when it names none. */
export function optionNamed(text: string | undefined): SessionOption | undefined {
  return text === undefined ? undefined : NAMES.find(([, name]) => name.test(text))?.[0];
}

/** The option that an error names, in its `param` or else in its message. */
export function optionRefused({ param, message }: RefusedUpdate): SessionOption | undefined {
  return optionNamed(param) ?? optionNamed(message);
}

/**
 * What the next update must leave out, besides `omitted`, after an error refused the last one. Empty when nothing is
 * left to leave out, or when the error refuses what the call needs.
 */
export function optionsToOmit(error: RefusedUpdate, omitted: readonly SessionOption[]): readonly SessionOption[] {
  const isSent = (option: SessionOption): boolean => {
    return !omitted.includes(option) && !(option === "turn_detection_tuning" && omitted.includes("turn_detection"));
  };
  const byParam = optionNamed(error.param);
  if (byParam !== undefined && isSent(byParam)) return [byParam];
  if (byParam === undefined && error.param !== undefined && REQUIRED.test(error.param)) return [];
  const byMessage = NAMES.find(([option, name]) => isSent(option) && name.test(error.message))?.[0];
  if (byMessage !== undefined) return [byMessage];
  const least = LEAST_MISSED.filter(isSent);
  return least.length > 0 ? least : NAMES.map(([option]) => option).filter(isSent);
}
