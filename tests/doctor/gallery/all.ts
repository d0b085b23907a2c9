// All that stands in the gallery.

import type { Exhibit } from "./exhibit.ts";
import { handshakeFaults } from "./handshake-faults.ts";
import { healthy } from "./healthy.ts";
import { pythonServers } from "./python-servers.ts";
import { severalFaults } from "./several-faults.ts";
import { streamFaults } from "./stream-faults.ts";
import { urlFaults } from "./url-faults.ts";
import { webhookFaults } from "./webhook-faults.ts";

/** Every exhibit, in the order of a call. */
export const gallery: readonly Exhibit[] = [
  ...webhookFaults,
  ...urlFaults,
  ...handshakeFaults,
  ...streamFaults,
  ...severalFaults,
  ...pythonServers,
  ...healthy,
];
