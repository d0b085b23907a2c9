// Which model a choice is, for those who watch calls: without its key.

import type { ModelFacts } from "../../call/ports.ts";
import type { ModelChoice } from "../../config/agents/agent.ts";

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/server/ (the port is given also where it is the scheme's) */
export function modelFacts(choice: ModelChoice): ModelFacts {
  if (choice.type === "builtIn") return { provider: "voice", model: undefined, serverAddress: undefined, serverPort: undefined };
  const { hostname, port, protocol } = new URL(choice.realtimeUrl);
  const serverPort = port === "" ? (protocol === "wss:" ? 443 : 80) : Number(port);
  return { provider: "openai", model: choice.model, serverAddress: hostname, serverPort };
}
