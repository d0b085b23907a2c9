// Whether a document's `<Connect><Stream>` can be reached: Twilio runs the verbs before it in order, and some never
// lead to the next one.
// Follows https://www.twilio.com/docs/voice/twiml and its pages on each verb

import type { TwimlElement } from "../../protocol/twiml/reader.ts";
import type { CauseCode } from "../causes/causes.ts";

export interface Obstacle {
  readonly element: TwimlElement;
  readonly cause: CauseCode;
  /** Follows the element: "hangs up before <Connect>". */
  readonly effect: string;
  /** The call goes on after it: a stream may still open, later. */
  readonly mayPass: boolean;
}

/** Callers notice a longer silence. */
const LONG_PAUSE_S = 5;

/** The first verb before the stream that ends, leads away or holds the call. Undefined: none, or there is no stream. */
export function obstacleBeforeStream(root: TwimlElement): Obstacle | undefined {
  const at = root.children.findIndex(({ name, children }) => name === "Connect" && children.some((noun) => noun.name === "Stream"));
  const before = root.children.slice(0, Math.max(0, at));
  const obstacles = before.flatMap((element) => obstacleOf(element) ?? []);
  return obstacles.find(({ mayPass }) => !mayPass) ?? longPause(before) ?? obstacles[0];
}

function obstacleOf(element: TwimlElement): Obstacle | undefined {
  const { name, attributes } = element;
  const ends = (effect: string): Obstacle => ({ element, cause: "twiml-ends-before-stream", effect, mayPass: false });
  const holds = (effect: string, mayPass = false): Obstacle => ({ element, cause: "twiml-holds-before-stream", effect, mayPass });
  switch (name) {
    case "Reject":
      return { element, cause: "twiml-rejects", effect: "rejects the call before <Connect>", mayPass: false };
    case "Hangup":
      return ends("hangs up before <Connect>");
    case "Leave":
      return ends("leaves the queue before <Connect>");
    case "Redirect":
      return ends("goes to another document before <Connect>, and does not return");
    case "Enqueue":
      return holds("puts the caller into a queue before <Connect>");
    case "Record":
      return holds("records the caller before <Connect>, and goes on at its action");
    case "Dial":
      if (attributes["action"] !== undefined) return holds("connects the caller to someone before <Connect>, and goes on at its action");
      return holds("connects the caller to someone before <Connect>, which waits until they hang up", true);
    case "Connect":
      return holds("connects the caller to something else before the stream", true);
    case "Say":
    case "Play":
      return attributes["loop"] === "0" ? holds('repeats without end before <Connect>: loop="0"') : undefined;
    default:
      return undefined;
  }
}

function longPause(before: readonly TwimlElement[]): Obstacle | undefined {
  const pauses = before.filter(({ name }) => name === "Pause");
  const seconds = pauses.reduce((sum, { attributes: { length = "1" } }) => sum + (/^\d{1,6}$/.test(length) ? Number(length) : 1), 0);
  const [element] = pauses;
  if (element === undefined || seconds < LONG_PAUSE_S) return undefined;
  return { element, cause: "twiml-holds-before-stream", effect: `is ${seconds} s of silence before <Connect>`, mayPass: true };
}
