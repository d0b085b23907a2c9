// A model whose code is loaded after the server listens, or at its first call: the built-in agent. To the call it is
// any other connection, which takes a moment to open.

import type { ModelDialler, ModelPort } from "../call/ports.ts";

/** `load` is called once, by whichever comes first: `warm` or a call. */
export function lateModel(name: string, load: () => Promise<ModelDialler>): ModelDialler & { warm(): Promise<void> } {
  let loading: Promise<ModelDialler> | undefined;
  const loaded = (): Promise<ModelDialler> => {
    loading ??= load();
    return loading;
  };
  return {
    name,
    warm: async () => void (await loaded()),
    dial(callSid, safetyIdentifier, listener) {
      let port: ModelPort | undefined;
      let isClosed = false;
      void loaded().then((dialler) => {
        port = dialler.dial(callSid, safetyIdentifier, listener);
        if (isClosed) port.close();
      });
      return {
        send: (text) => port?.send(text), // nothing is sent before `opened`
        close() {
          isClosed = true;
          port?.close();
        },
      };
    },
  };
}
