// Where a secret of voice.toml is: an environment variable, a file, or a systemd credential. The file itself holds no
// secret, so that it can be shown, shared and committed.

import { isAbsolute, join } from "node:path";
import { readSmallFile } from "../small-file.ts";
import type { InvalidValue } from "../values.ts";

/** Longer than any key. */
const MAX_SECRET_BYTES = 16_384;

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here: the folder of voice.toml. */
  readonly folder: string;
}

/** The secret that "${NAME}", "file:PATH" or "credential:NAME" names. Never shows it. */
export function readSecret(reference: string, { env, folder }: SecretSources): string | InvalidValue {
  const [, variable] = /^\$\{([A-Za-z_]\w*)\}$/.exec(reference) ?? [];
  if (variable !== undefined) {
    return (
      env[variable] || { expected: `the environment variable ${variable} to be set`, hint: `set ${variable}, also in the systemd unit` }
    );
  }
  const [, scheme, name = ""] = /^(file|credential):(.+)$/.exec(reference) ?? [];
  if (scheme === "file") return readSecretFile(isAbsolute(name) ? name : join(folder, name), "write the secret into that file");
  if (scheme === "credential") {
    const hint = `add LoadCredential=${name}:/path/to/the/secret to the systemd unit`;
    const credentials = env["CREDENTIALS_DIRECTORY"];
    if (!credentials || name.includes("/")) return { expected: "a credential of this systemd unit", hint };
    return readSecretFile(join(credentials, name), hint);
  }
  return {
    expected: "where the secret is: ${NAME}, file:PATH or credential:NAME",
    hint: "put the secret into an environment variable, and write its name here: ${OTHER_KEY}",
  };
}

function readSecretFile(path: string, hint: string): string | InvalidValue {
  const read = readSmallFile(path, MAX_SECRET_BYTES);
  if (typeof read === "string") return { expected: `a secret in ${path}, which ${read}`, hint };
  const text = new TextDecoder().decode(read.bytes).trim();
  return text === "" ? { expected: `a secret in ${path}, which is empty`, hint } : text;
}
