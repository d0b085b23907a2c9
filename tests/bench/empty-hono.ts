// An empty Hono server: what start-up costs before a server does anything of its own. Compiled by start-up.ts with the
// flags of voice's own build.

import { Hono } from "hono";

const app = new Hono().get("/healthz", (c) => c.text("ok"));
Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), development: false, fetch: app.fetch });
