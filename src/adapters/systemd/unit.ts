// `voice service`: the systemd unit, as text. Not its installation (unit-install.ts) and not what the process tells systemd (adapters/systemd/notifier.ts).
// Follows systemd.service(5), systemd.exec(5) and sd_notify(3); tests hold `systemd-analyze security` to an exposure of 1.5 at most.

/** Where the unit expects the executable. Not in /home or /root: the unit cannot see those. */
export const BINARY_PATH = "/usr/local/bin/voice";
/** Settings of the unit's process, as KEY=value lines; may be absent. */
export const ENV_FILE_PATH = "/etc/voice/voice.env";
/** Where the two secrets lie, a file each: systemd looks there for a credential without a path, and goes on without the file when there is none. */
export const CREDENTIALS_PATH = "/etc/credstore";

/** Beyond the drain: for the last sentence, the close of every socket, and the records. */
const STOP_MARGIN_S = 30;

/** The unit of a server that drains for `drainMs`. */
export function unitText(drainMs: number): string {
  return `# voice.service, printed by "voice service". Changes of your own: systemctl edit voice.service
[Unit]
Description=voice: answers a telephone number with an AI
Wants=network-online.target
After=network-online.target

[Service]
# Ready when it listens; restarted when it hangs.
Type=notify
NotifyAccess=main
ExecStart=${BINARY_PATH}
TimeoutStartSec=30
WatchdogSec=30
# Not SIGABRT: the runtime would print a report of a crash of its own, which it is not.
WatchdogSignal=SIGKILL
Restart=always
RestartSec=1
# 2: the configuration is wrong, and will be the next time too.
RestartPreventExitStatus=2

# SIGTERM: new calls hear that the line is being restarted, running ones may go on for so long.
Environment=VOICE_DRAIN_MS=${drainMs}
KillMode=mixed
TimeoutStopSec=${Math.ceil(drainMs / 1000) + STOP_MARGIN_S}

EnvironmentFile=-${ENV_FILE_PATH}
# Files of these names in ${CREDENTIALS_PATH}/ (mode 0600); one that is absent is a setting that is not set.
LoadCredential=twilio_auth_token
LoadCredential=openai_api_key

# Not "voice": Debian has a group of that name, and a dynamic user must not clash with one.
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
# AF_UNIX is how systemd is told that we are ready.
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
# No MemoryDenyWriteExecute: it would take the compiler of JavaScript away, and with it the call that tells systemd that we are ready.

[Install]
WantedBy=multi-user.target
`;
}
