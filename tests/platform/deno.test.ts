// The seam under Deno: the same promises as under Bun. Deno is a development package.

import { seamTests } from "./seam-cases.ts";

const root = `${import.meta.dir}/../..`;
/** The executable itself, downloaded by compile.sh: npm's bin is a script around it that does not forward signals. */
const deno = `${root}/.tools/deno/node_modules/deno/deno`;

seamTests("deno", [deno, "run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", `--config=${root}/deno.json`]);
