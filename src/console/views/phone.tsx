// The telephone on the first page: call the agent with the microphone of this computer.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Status } from "../api.ts";
import { lengthText } from "../format.ts";
import { BrowserPhone, type PhoneState } from "../phone/browser-phone.ts";
import type { LiveCall } from "../types.ts";
import { Transcript } from "./transcript.tsx";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export function Phone({ status, live }: { status: Status | undefined; live: ReadonlyMap<string, LiveCall> }) {
  const [state, setState] = useState<PhoneState>({ type: "idle" });
  const [levels, setLevels] = useState({ microphone: 0, loudspeaker: 0 });
  const [isMuted, setMuted] = useState(false);
  const [to, setTo] = useState("");
  const [from, setFrom] = useState("");
  const phone = useRef<BrowserPhone | undefined>(undefined);
  phone.current ??= new BrowserPhone({
    state: setState,
    levels: (microphone, loudspeaker) => setLevels({ microphone, loudspeaker }),
  });
  useEffect(() => () => phone.current?.hangUp(), []);
  const isUp = state.type === "talking" || state.type === "dialling";
  const call = state.type === "talking" ? live.get(state.callSid) : undefined;
  const toggle = (): void => {
    setMuted(false);
    if (isUp) phone.current?.hangUp();
    else void phone.current?.dial(from, to);
  };
  const mute = (): void => {
    phone.current?.mute(!isMuted);
    setMuted(!isMuted);
  };
  return (
    <section class="card phone" aria-label="Telephone">
      <div class="phone-top">
        <button type="button" class={isUp ? "call hang-up" : "call"} onClick={toggle}>
          {isUp ? "Hang up" : "Call"}
        </button>
        <p class="phone-state" aria-live="polite">
          <PhoneText state={state} agents={status?.agents ?? []} />
        </p>
      </div>
      {isUp ? (
        <div class="phone-live">
          <div class="meters">
            <Meter name="You" level={isMuted ? 0 : levels.microphone} />
            <Meter name="Agent" level={levels.loudspeaker} />
            <button type="button" class="small" aria-pressed={isMuted} onClick={mute}>
              {isMuted ? "Unmute" : "Mute"}
            </button>
          </div>
          <KeyPad press={(key) => phone.current?.press(key)} />
        </div>
      ) : (
        <Choices status={status} to={to} from={from} setTo={setTo} setFrom={setFrom} />
      )}
      {call === undefined ? undefined : <Transcript turns={call.turns} />}
    </section>
  );
}

function PhoneText({ state, agents }: { state: PhoneState; agents: readonly string[] }) {
  if (state.type === "dialling") return <>Calling…</>;
  if (state.type === "talking") return <Timer sinceMs={state.sinceMs} />;
  if (state.type === "over") return <>{state.why}</>;
  return <>Talk to {agents.length > 1 ? "an agent" : "the agent"} with this computer's microphone. A headset avoids echo.</>;
}

function Timer({ sinceMs }: { sinceMs: number }) {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <>Connected, {lengthText(nowMs - sinceMs)}</>;
}

interface ChoicesProps {
  readonly status: Status | undefined;
  readonly to: string;
  readonly from: string;
  readonly setTo: (to: string) => void;
  readonly setFrom: (from: string) => void;
}

/** Which number is called, and which one seems to call. */
function Choices({ status, to, from, setTo, setFrom }: ChoicesProps) {
  const numbers = status?.numbers.filter(({ number }) => number !== "*") ?? [];
  return (
    <details class="choices">
      <summary>Who calls whom</summary>
      <label>
        Number that is called
        <select value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)}>
          <option value="">any other number</option>
          {numbers.map(({ number, agent }) => (
            <option key={number} value={number}>
              {number} ({agent})
            </option>
          ))}
        </select>
      </label>
      <label>
        Number that calls
        <input value={from} placeholder="this console" onInput={({ currentTarget }) => setFrom(currentTarget.value)} />
      </label>
    </details>
  );
}

function Meter({ name, level }: { name: string; level: number }) {
  // Decibels: what is heard as half as loud is 10 dB less.
  const share = level <= 0 ? 0 : Math.max(0, Math.min(1, 1 + Math.log10(level) / 2.5));
  return (
    <div class="meter" role="img" aria-label={`${name}: ${share > 0.3 ? "sound" : "silence"}`}>
      <span>{name}</span>
      <div class="meter-track">
        <div class="meter-bar" style={{ width: `${Math.round(share * 100)}%` }} />
      </div>
    </div>
  );
}

function KeyPad({ press }: { press: (key: string) => void }) {
  return (
    <fieldset class="key-pad" aria-label="Keys">
      {KEYS.map((key) => (
        <button type="button" key={key} onClick={() => press(key)}>
          {key}
        </button>
      ))}
    </fieldset>
  );
}
