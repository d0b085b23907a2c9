// Every exhibit, in the order of a call.

import { bodyFaults } from "./body-faults.ts";
import { concurrencyFaults } from "./concurrency-faults.ts";
import type { Exhibit } from "./exhibit.ts";
import { handshakeFaults } from "./handshake-faults.ts";
import { healthy } from "./healthy.ts";
import { numberFaults } from "./number-faults.ts";
import { platformPages } from "./platform-pages.ts";
import { publicSamples } from "./public-samples.ts";
import { pythonServers } from "./python-servers.ts";
import { replyFaults } from "./reply-faults.ts";
import { streamFaults } from "./stream-faults.ts";
import { transportFaults } from "./transport-faults.ts";
import { urlFaults } from "./url-faults.ts";
import { webhookFaults } from "./webhook-faults.ts";

export const gallery: readonly Exhibit[] = [
  ...numberFaults,
  ...webhookFaults,
  ...platformPages,
  ...bodyFaults,
  ...urlFaults,
  ...handshakeFaults,
  ...transportFaults,
  ...streamFaults,
  ...replyFaults,
  ...concurrencyFaults,
  ...pythonServers,
  ...publicSamples,
  ...healthy,
];
