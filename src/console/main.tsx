// The console's page: the head with its links, and the view that the address names.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { followCalls } from "./api.ts";
import type { LiveCall } from "./types.ts";
import { Call } from "./views/call.tsx";
import { Calls } from "./views/calls.tsx";
import { Home } from "./views/home.tsx";

function useRoute(): string {
  const [route, setRoute] = useState(location.hash);
  useEffect(() => {
    const change = (): void => setRoute(location.hash);
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return route.replace(/^#\/?/, "");
}

/** Running calls by CallSid, oldest first, and whether the server is there. */
function useLiveCalls() {
  const [live, setLive] = useState<ReadonlyMap<string, LiveCall>>(new Map());
  const [isConnected, setConnected] = useState(true);
  useEffect(
    () =>
      followCalls(
        (call) =>
          setLive((before) => {
            const calls = new Map(before);
            if (call.state === "ended") calls.delete(call.callSid);
            else calls.set(call.callSid, call);
            return calls;
          }),
        (connected) => {
          // After a restart there are other calls.
          if (!connected) setLive(new Map());
          setConnected(connected);
        },
      ),
    [],
  );
  return { live, isConnected };
}

function App() {
  const route = useRoute();
  const { live, isConnected } = useLiveCalls();
  const [view, id = ""] = route.split("/");
  const link = (to: string, text: string) => (
    <a href={`#/${to}`} aria-current={view === to && id === "" ? "page" : undefined}>
      {text}
    </a>
  );
  return (
    <>
      <header>
        <span class="brand">voice</span>
        <nav aria-label="Pages">
          {link("", "Home")}
          {link("calls", "Calls")}
        </nav>
        <span class={isConnected ? "server" : "server away"} role="status">
          {isConnected ? `${live.size} ${live.size === 1 ? "call" : "calls"} now` : "The server is away; trying again…"}
        </span>
      </header>
      <main>{view === "calls" ? id === "" ? <Calls /> : <Call callSid={id} live={live.get(id)} /> : <Home live={live} />}</main>
    </>
  );
}

render(<App />, document.body);
