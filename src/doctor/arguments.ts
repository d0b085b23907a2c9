// The doctor's arguments: what there is, read and checked. Not what is done with them (../doctor.ts).

import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../config/usage-error.ts";

/** What the arguments say, files still as names. */
export interface DoctorArgs {
  readonly target: string | undefined;
  readonly authToken: string | undefined;
  readonly method: "POST" | "GET" | undefined;
  readonly list: boolean;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly strict: boolean;
  readonly calls: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly say: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly digits: string | undefined;
  readonly also: readonly string[];
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly userAgent: string | undefined;
  readonly json: boolean;
  readonly junit: string | undefined;
  readonly wav: string | undefined;
  readonly trace: string | undefined;
}

/** Calls that may be asked for: each may cost. */
const MAX_CALLS = 20;

const examples = `
Examples:
  voice doctor https://example.com/twilio/voice                 the webhook, and all that follows
  voice doctor wss://example.com/media                          the stream alone
  voice doctor +15551234567                                     the number's own webhook, with Twilio's latest alerts for it
  voice doctor https://example.com/twilio/voice --calls 5       five calls, two of them at once

It calls the server as Twilio does: what that costs and does, this costs and does. With TWILIO_AUTH_TOKEN, or --auth-token, requests are signed.
Exit: 0 no errors, 1 some, 2 wrong use, 3 the server could not be reached, or lets only Twilio in.
`;

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [
  ...earlier,
  ...value.split(",").map((one) => one.trim()),
];

function options(): readonly Option[] {
  return [
    new Option("--auth-token <token>", "the account's primary auth token, to sign as Twilio does [TWILIO_AUTH_TOKEN]"),
    new Option("--method <method>", "how the webhook is requested, POST or GET (default: POST, and GET where only that is taken)").choices([
      "POST",
      "GET",
    ]),
    new Option("--list", "tell the checks, and call nobody"),
    new Option("--only <id>", "only these checks, or all of a leg: url.tls, handshake").argParser(collect),
    new Option("--skip <id>", "not these checks").argParser(collect),
    new Option("--strict", "warnings fail too"),
    new Option("--calls <n>", "so many calls: the second beside the first, the others after it").default("1"),
    new Option("--from <number>", "who calls, E.164"),
    new Option("--to <number>", "the number that is called"),
    new Option("--say <file>", "a WAV file of what the caller says"),
    new Option("--param <k=v>", "a parameter more: of the webhook's request, of a wss URL's start").argParser(
      (one: string, earlier: readonly string[] = []) => [...earlier, one],
    ),
    new Option("--digits <keys>", "what the caller presses where a <Gather> asks"),
    new Option("--also <host>", "try the stream's path at this host too").argParser(collect),
    new Option("--ca <file>", "trust these certificates (PEM) beside the system's"),
    new Option("--insecure", "take any certificate, which Twilio does not"),
    new Option("--user-agent <text>", "in place of Twilio's own"),
    new Option("--json", "the result as JSON"),
    new Option("--junit <file>", "the result as JUnit XML into a file as well"),
    new Option("--wav <file>", "the first call's sound into a file: left the caller, right what the caller heard"),
    new Option("--trace <file>", "every request, answer and frame into a file, JSON lines"),
  ];
}

type Given = Partial<Record<string, string | true | readonly string[]>>;

function readParams(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw new UsageError(`--param ${pair}: expected name=value`, "--param agent=test");
      return [name, value];
    }),
  );
}

function readCalls(text: string): number {
  const calls = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (calls < 1 || calls > MAX_CALLS) throw new UsageError(`--calls ${text}: expected 1 to ${MAX_CALLS}`, "each call may cost money");
  return calls;
}

/** A number, a URL, or a host to which https:// and nothing more is missing. */
function readTarget(text: string | undefined): string | undefined {
  if (text === undefined || /^\+[1-9]\d{6,14}$/.test(text)) return text;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const isUsable = URL.canParse(url) && /^(?:https?|wss?):$/.test(new URL(url).protocol);
  if (!isUsable)
    throw new UsageError(`"${text}" is no URL of http, https, ws or wss, and no number`, "voice doctor https://example.com/twilio/voice");
  return url;
}

function readUserAgent(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[\x20-\x7e]+$/.test(text))
    throw new UsageError("--user-agent: expected printable ASCII", "--user-agent voice-doctor");
  return text;
}

/** Reads the arguments; undefined when only help was asked for, which is told then. Throws a {@link UsageError} on what makes no sense. */
export function readDoctorArgs(args: readonly string[], tell: (text: string) => void): DoctorArgs | undefined {
  const command = new Command("voice doctor")
    .description("Calls any Twilio voice server as Twilio would, and says what a caller hears, why, and what fixes it.")
    .argument("[url]", "the voice webhook, a wss URL, or a number of the account (TWILIO_ACCOUNT_SID)")
    .exitOverride()
    .configureOutput({ writeOut: tell, outputError: () => {} }) // main.ts says it
    .addHelpText("after", () => examples);
  for (const option of options()) command.addOption(option);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(error.message.replace(/^error: /, ""), "voice doctor --help tells what there is");
  }
  const given = command.opts<Given>();
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(given[name]) ? given[name] : []);
  const target = readTarget(command.args[0]);
  if (target === undefined && given["list"] !== true)
    throw new UsageError("no URL was given", "voice doctor https://example.com/twilio/voice");
  return {
    target,
    authToken: text("authToken"),
    method: given["method"] === "GET" || given["method"] === "POST" ? given["method"] : undefined,
    list: given["list"] === true,
    only: list("only"),
    skip: list("skip"),
    strict: given["strict"] === true,
    calls: readCalls(text("calls") ?? "1"),
    from: text("from"),
    to: text("to"),
    say: text("say"),
    params: readParams(list("param")),
    digits: text("digits"),
    also: list("also"),
    ca: text("ca"),
    insecure: given["insecure"] === true,
    userAgent: readUserAgent(text("userAgent")),
    json: given["json"] === true,
    junit: text("junit"),
    wav: text("wav"),
    trace: text("trace"),
  };
}
