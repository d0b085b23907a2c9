#!/usr/bin/env bash
# Boots Debian with systemd in a container, installs ./voice there as an operator does, and checks what systemd sees: readiness,
# credentials, watchdog, drain. Not part of the gate: it needs root, the network and about two minutes. Exit code 0 if all checks pass.
#   tests/e2e/systemd-boot.sh [EXECUTABLE]      VOICE_BOOT_ROOT=DIR keeps the installed Debian for the next run
# Needs: apt-get install debootstrap systemd-container
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
executable=${1:-$here/../../voice}
[[ -x $executable ]] || { echo "no executable at $executable: build it with ./compile.sh" >&2; exit 2; }
((EUID == 0)) || { echo 'must be root' >&2; exit 2; }
for tool in debootstrap systemd-nspawn nsenter; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed: apt-get install debootstrap systemd-container" >&2; exit 2; }
done

scratch=$(mktemp -d)
root=${VOICE_BOOT_ROOT:-$scratch/root}
container=
ended() {
  [[ -z $container ]] || kill -KILL "$container" 2>/dev/null || true
  rm -rf -- "$scratch"
}
trap ended EXIT

[[ -e $root/etc/debian_version ]] ||
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,python3 bookworm "$root" >"$scratch/debootstrap.log"
# Remove what an earlier run left behind.
rm -rf -- "$root"/etc/systemd/system/voice.service* "$root"/etc/voice "$root"/etc/credstore "$root"/usr/local/bin/voice "$root"/var/lib/private/voice
cp -- "$executable" "$root/root/voice"
cp -- "$here/systemd-boot-call.py" "$root/root/call.py"

systemd-nspawn --quiet --boot --directory="$root" --register=no --keep-unit --private-network --console=pipe </dev/null >"$scratch/console.log" 2>&1 &
container=$!

# Runs a command inside, as root. The container's first process is the child of systemd-nspawn.
inside() {
  local init
  init=$(pgrep -P "$container" | head -1)
  nsenter -t "$init" -m -u -i -n -p -C -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
# until_true WHAT COMMAND...: tries ten times a second for a minute.
until_true() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < 600; tries++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  fail "did not happen within a minute: $what"
}
fail() {
  echo "FAILED: $1" >&2
  inside journalctl -u voice.service -n 40 --no-pager >&2 || tail -20 "$scratch/console.log" >&2
  exit 1
}
passed() { echo "ok: $1"; }
# expect WHAT EXPECTED COMMAND...: compares the command's output.
expect() {
  local what=$1 expected=$2 got
  shift 2
  got=$("$@" 2>&1) || true
  [[ $got == "$expected" ]] || fail "$what: expected \"$expected\", got \"$got\""
  passed "$what"
}
property() { inside systemctl show voice.service --property="$1" --value; }
status_of() { inside curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 "$@"; }
webhook=(--request POST --data 'CallSid=CA0123456789abcdef0123456789abcdef&AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B15550001111&To=%2B15550002222&CallStatus=ringing' http://127.0.0.1:8080/twilio/voice)

booted() { [[ $(inside systemctl is-system-running) =~ ^(running|degraded)$ ]]; }
until_true 'the container has booted' booted

expect 'the group voice is Debian'"'"'s own' 'voice:x:22:' inside getent group voice
inside /root/voice service install >"$scratch/install.log" 2>&1 || { cat "$scratch/install.log" >&2; fail 'voice service install'; }
passed 'voice service install'
expect 'systemd knows that it is ready' active inside systemctl is-active voice.service
expect 'it starts with the machine' enabled inside systemctl is-enabled voice.service
expect 'systemd counts no restart' 0 property NRestarts
[[ $(property StatusText) == *'taking calls'* ]] || fail "status text: $(property StatusText)"
passed 'systemctl status shows the agent'
expect 'readyz' 200 status_of http://127.0.0.1:8080/readyz
expect 'without a token, a local call is accepted' 200 status_of "${webhook[@]}"
# systemd.exec(5): dynamic users have numbers from 61184 to 65519.
# shellcheck disable=SC2016 # the dollars are awk's
dynamic_user() { inside awk '/^Uid:/ { print ($2 >= 61184 && $2 <= 65519) }' "/proc/$(property MainPID)/status"; }
expect 'it runs as its own user' 1 dynamic_user

inside install -m 600 /dev/null /etc/credstore/twilio_auth_token
inside sh -c 'printf %s 0123456789abcdef0123456789abcdef > /etc/credstore/twilio_auth_token'
inside systemctl restart voice.service
expect 'the credential is used: an unsigned webhook gets 403' 403 status_of "${webhook[@]}"
inside rm /etc/credstore/twilio_auth_token

inside mkdir -p /etc/systemd/system/voice.service.d
printf '[Service]\nWatchdogSec=2\n' >"$root/etc/systemd/system/voice.service.d/watchdog.conf"
inside systemctl daemon-reload
inside systemctl restart voice.service
sleep 7
expect 'a watchdog of 2 s stays quiet for 7 s' 0 property NRestarts
inside systemctl kill --kill-whom=main --signal=STOP voice.service
restarted() { [[ $(property NRestarts) == 1 && $(inside systemctl is-active voice.service) == active ]]; }
until_true 'a frozen process is restarted' restarted
passed 'a frozen process is restarted'

# A call that is running while the service is stopped. The script ends the call when it reads a line.
mkfifo "$scratch/hang-up"
inside python3 /root/call.py <"$scratch/hang-up" >"$scratch/call.log" 2>&1 &
exec 9>"$scratch/hang-up"
until_true 'a call is running' grep -q '^talking' "$scratch/call.log"
inside systemctl stop --no-block voice.service
not_ready() { [[ $(status_of http://127.0.0.1:8080/readyz) == 503 ]]; }
until_true 'readyz is 503 while draining' not_ready
passed 'readyz is 503 while draining'
inside curl --silent "${webhook[@]}" | grep -q 'being restarted' || fail 'a new call hears that the line is being restarted'
passed 'a new call hears that the line is being restarted'
expect 'the running call goes on' deactivating inside systemctl is-active voice.service
echo >&9
stopped() { [[ $(inside systemctl is-active voice.service) == inactive ]]; }
until_true 'it stops when the last call has ended' stopped
expect 'it stopped cleanly' success property Result
grep -q '^frames [1-9]' "$scratch/call.log" || { cat "$scratch/call.log" >&2; fail 'the call had audio to its end'; }
passed 'the call had audio to its end'

printf 'PORT=seven\n' >"$root/etc/voice/voice.env"
inside systemctl start voice.service 2>/dev/null || true
expect 'wrong settings are not retried' failed inside systemctl is-active voice.service
expect 'their exit code is 2' 2 property ExecMainStatus
echo 'all passed'
