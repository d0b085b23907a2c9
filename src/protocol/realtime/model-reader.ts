// Reads the events of one connection to the model. Its audio arrives in many events of one shape, and parsing their
// JSON would be a large part of what a call costs. The events of a part of a response differ in their id and their
// audio alone: what is spelled between the two is remembered from the event before, and when the next one repeats it,
// only the audio is cut out. Any other event goes to the full parser, and both agree on every event.
// Follows https://developers.openai.com/api/reference/resources/realtime

import type { Bad } from "../bad.ts";
import { isBase64 } from "../fields.ts";
import { type FromModel, parseFromModel } from "./realtime.ts";

type AudioDelta = Extract<FromModel, { type: "response.output_audio.delta" }>;

const BEFORE_EVENT_ID = '{"type":"response.output_audio.delta","event_id":"';
const AFTER_DELTA = '"}';

/** OpenAI's ids: they need no escapes. */
const idPattern = /^[\w-]+$/;
/**
 * An event of the usual shape: id, then plain fields in any order, then the audio. Its group is what the events of one
 * part have in common.
 */
const deltaPattern = /^\{"type":"response\.output_audio\.delta","event_id":"[\w-]+(",(?:"\w+":(?:"[\w-]*"|\d+),)*"delta":")[\w+/=]*"\}$/;

/** The part that the last event belonged to. */
interface UsualPart {
  readonly spelled: string;
  readonly fields: Pick<AudioDelta, "responseId" | "itemId" | "contentIndex">;
}

/** Reads the text frames of one connection, as parseFromModel does. Never throws. */
export function modelReader(): (text: string) => FromModel | Bad {
  let part: UsualPart | undefined;
  return (text) => {
    const delta = part === undefined ? undefined : cutDelta(text, part);
    if (delta !== undefined) return delta;
    const event = parseFromModel(text);
    if ("type" in event && event.type === "response.output_audio.delta") part = usualPart(text, event);
    return event;
  };
}

/** Undefined for an event that is not of the usual shape, or of another part. */
function cutDelta(text: string, { spelled, fields: { responseId, itemId, contentIndex } }: UsualPart): AudioDelta | undefined {
  if (!text.startsWith(BEFORE_EVENT_ID) || !text.endsWith(AFTER_DELTA)) return undefined;
  const idEnd = text.indexOf('"', BEFORE_EVENT_ID.length);
  if (!text.startsWith(spelled, idEnd)) return undefined;
  const deltaAt = idEnd + spelled.length;
  const deltaEnd = text.length - AFTER_DELTA.length;
  if (deltaAt > deltaEnd || !idPattern.test(text.slice(BEFORE_EVENT_ID.length, idEnd))) return undefined;
  const delta = text.slice(deltaAt, deltaEnd);
  if (!isBase64(delta)) return undefined;
  return { type: "response.output_audio.delta", responseId, itemId, contentIndex, delta };
}

function usualPart(text: string, { responseId, itemId, contentIndex }: AudioDelta): UsualPart | undefined {
  const spelled = deltaPattern.exec(text)?.[1];
  return spelled === undefined ? undefined : { spelled, fields: { responseId, itemId, contentIndex } };
}
