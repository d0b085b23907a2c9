// The text of the systemd unit, and of its env file. The installation: install-unit.ts. Notifications from the process:
// notifier.ts. Follows systemd.service(5), systemd.exec(5) and sd_notify(3). Tests limit its `systemd-analyze security`
// exposure to 1.5.

import type { ConfigKey } from "../../config/keys.ts";

/** systemd.unit(5): where systemd looks for units of the administrator. */
export const UNIT_PATH = "/etc/systemd/system/voice.service";
/** Not in /home or /root, which the unit cannot see. */
export const BINARY_PATH = "/usr/local/bin/voice";
/** Optional. KEY=value lines. */
export const ENV_FILE_PATH = "/etc/voice/voice.env";
/**
 * Has a file for each secret. systemd looks here for a credential without a path, and ignores a missing
 * file.
 */
export const CREDENTIALS_PATH = "/etc/credstore";

/** After the drain: for the last sentences, closing the sockets, and writing the records. */
const STOP_MARGIN_S = 30;

/** `drainMs`: the value of VOICE_DRAIN_MS; systemd waits longer than that before it kills the process. */
export function unitText(drainMs: number): string {
  return `# voice.service, printed by "voice service". To change it: systemctl edit voice.service
[Unit]
Description=voice: answers a telephone number with an AI
Wants=network-online.target
After=network-online.target
# Never give up: by default systemd does after five starts in 10 s.
StartLimitIntervalSec=0

[Service]
# Ready once it listens. Restarted when it hangs.
Type=notify
NotifyAccess=main
ExecStart=${BINARY_PATH}
# Reads voice.toml again, for new calls.
ExecReload=/bin/kill -HUP $MAINPID
TimeoutStartSec=30
WatchdogSec=30
# Not SIGABRT, for which the runtime would print a crash report of its own.
WatchdogSignal=SIGKILL
Restart=always
# It starts in 30 ms, and the next request of a running call comes at once.
RestartSec=100ms
# Exit code 2: the configuration is wrong, so a restart would not help.
RestartPreventExitStatus=2

# After SIGTERM new calls hear that the line is restarting, and running calls may continue for this long.
Environment=VOICE_DRAIN_MS=${drainMs}
KillMode=mixed
TimeoutStopSec=${Math.ceil(drainMs / 1000) + STOP_MARGIN_S}

EnvironmentFile=-${ENV_FILE_PATH}
# Files of these names in ${CREDENTIALS_PATH}/ (mode 0600). Without the file the setting is unset.
LoadCredential=twilio_auth_token
LoadCredential=openai_api_key
LoadCredential=voice_metrics_token
LoadCredential=otel_exporter_otlp_headers

# Not "voice": Debian has a group of that name, and a dynamic user must not share it.
DynamicUser=yes
User=voiced
StateDirectory=voice
StateDirectoryMode=0700
WorkingDirectory=%S/voice
UMask=0077
LimitNOFILE=65536
TasksMax=64
MemoryMax=1G

CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
# AF_UNIX carries the notifications to systemd.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute: it would disable the JavaScript compiler, which notifying systemd needs.

[Install]
WantedBy=multi-user.target
`;
}

/** Secrets, and what the unit sets. */
const elsewhere = [
  "VOICE_ENV_FILE",
  "TWILIO_AUTH_TOKEN",
  "OPENAI_API_KEY",
  "VOICE_METRICS_TOKEN",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "VOICE_DRAIN_MS",
];

/**
 * Every setting, commented out, for the operator to fill in. Each is on one line, because systemd does not read "\n".
 * Secrets have files of their own.
 */
export function envFileText(settings: readonly ConfigKey[]): string {
  const lines = settings
    .filter(({ key }) => !elsewhere.includes(key))
    .flatMap(({ key, default: fallback, what }) => [`# ${what}`, `#${key}=${JSON.stringify(fallback.replaceAll("\n", " "))}`]);
  return ["# Settings of voice.service. After a change: systemctl restart voice.service", ...lines, ""].join("\n");
}
