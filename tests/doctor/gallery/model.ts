// The simulated model of gallery servers that dial a model themselves, as the public samples do.

import * as platform from "#platform";
import { scriptedBrain, spokenReply } from "../../../src/simulators/openai/brains/brain.ts";
import { startModelSimulator } from "../../../src/simulators/sockets/model-simulator.ts";
import type { GalleryWorld, RunningServer } from "./exhibit.ts";
import { speech } from "./sounds.ts";

/** The only key that the model accepts. */
export const GALLERY_MODEL_KEY = "sk-gallery";

type Open = (world: GalleryWorld) => Promise<RunningServer>;

/** Starts a model with each server. `make` gets its URL, to which the server may add headers only. */
export function withModel(make: (modelUrl: string) => Open): Open {
  return async (world) => {
    const brain = scriptedBrain([spokenReply(speech(6_000), "Ask not what your country can do for you.")]);
    const model = startModelSimulator({
      listen: platform.listen,
      clock: world.clock,
      apiKey: GALLERY_MODEL_KEY,
      behaviourFor: () => ({ brain }),
    });
    const server = await make(`${model.url}?model=gpt-realtime`)(world);
    const stop = async (): Promise<void> => {
      await server.stop();
      await model.stop();
    };
    return { ...server, stop };
  };
}
