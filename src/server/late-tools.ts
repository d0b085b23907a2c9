// Tools whose code is loaded at the first call of one: node:http, node:https and node:dns take longer to load than a
// start may take.

import type { ToolPort } from "../call/ports.ts";

/** `load` is called once, at the first run. */
export function lateTools(load: () => Promise<ToolPort>): ToolPort {
  let loading: Promise<ToolPort> | undefined;
  return {
    run(...call) {
      loading ??= load();
      void loading.then((tools) => tools.run(...call));
    },
  };
}
