// `voice service`: prints the systemd unit. `voice service install` installs it, which needs root and a running
// systemd.

import { installUnit, thisMachine } from "../adapters/systemd/install-unit.ts";
import { BINARY_PATH, CREDENTIALS_PATH, ENV_FILE_PATH, unitText } from "../adapters/systemd/unit.ts";
import { configKeys } from "../config/config.ts";
import { UsageError } from "../config/usage-error.ts";

const installed = `voice.service runs ${BINARY_PATH} and starts with the machine
settings: ${ENV_FILE_PATH}; secrets: ${CREDENTIALS_PATH}/twilio_auth_token and ${CREDENTIALS_PATH}/openai_api_key (mode 0600)
after a change: systemctl restart voice.service; its log: journalctl -u voice.service -f`;

/** Returns the exit code. Throws a {@link UsageError} when the installation fails. */
export function serviceCommand(install: boolean, drainMs: number): number {
  const failed = install ? installUnit(thisMachine(), drainMs, configKeys) : undefined;
  if (failed !== undefined) throw new UsageError(failed.problem, failed.hint);
  console.log(install ? installed : unitText(drainMs).trimEnd());
  return 0;
}
