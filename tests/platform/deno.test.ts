// The seam under Deno: the same promises as under Bun, kept by the other runtime. Deno comes with the development packages.

import { seamTests } from "./seam-cases.ts";

const root = `${import.meta.dir}/../..`;
/** The executable itself, fetched by compile.sh: npm's bin is a script around it, which keeps signals to itself. */
const deno = `${root}/.tools/deno/node_modules/deno/deno`;

seamTests("deno", [deno, "run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", `--config=${root}/deno.json`]);
