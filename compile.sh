#!/usr/bin/env bash
# Builds ./voice from a fresh clone. Needs npm (Debian: apt-get install npm) and, the first time, an npm registry. Nothing else.
#   ./compile.sh           install what is missing, check types, build ./voice, run its selftest
#   ./compile.sh test      run every check; the last line is "N passed, M failed[, K skipped]"
#   ./compile.sh deno      install what `deno task serve` needs: the packages, and deno in .tools/
#   ./compile.sh release   build every platform into dist/, with SHA256SUMS
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
root=$PWD

say() { printf '%s\n' "$*"; }
die() {
  printf 'compile.sh: error: %s\n' "$1" >&2
  printf 'compile.sh: hint: %s\n' "$2" >&2
  exit 1
}

# step NAME HINT COMMAND...: prints one line when done. The output goes to a log, and to stderr if the command fails.
step() {
  local name=$1 hint=$2 log started=$SECONDS
  shift 2
  log=".build/logs/${name// /-}.log"
  if "$@" >"$log" 2>&1; then
    say "$name: done, $((SECONDS - started)) s"
  else
    cat -- "$log" >&2
    die "$name failed (the lines above; also in $log)" "$hint"
  fi
}

# Sets $bun to a bun of exactly the version in package.json: the one on PATH, or one from npm in .tools/.
get_bun() {
  local version
  version=$(sed -n 's/^ *"packageManager": *"bun@\([0-9.]*\)".*/\1/p' package.json)
  [[ -n $version ]] || die 'package.json has no "packageManager": "bun@X.Y.Z"' 'restore that line: it names the bun version to build with'
  bun=$(command -v bun || true)
  if [[ -n $bun && $("$bun" --version 2>/dev/null) == "$version" ]]; then return; fi
  bun=$root/.tools/node_modules/.bin/bun
  if [[ $("$bun" --version 2>/dev/null) == "$version" ]]; then return; fi
  command -v npm >/dev/null || die "bun $version is not installed, and neither is npm, which would download it" 'apt-get install npm'
  mkdir -p .tools
  step "bun $version" 'is the npm registry reachable? npm ping' \
    npm install --prefix .tools --no-save --no-package-lock --no-audit --no-fund --loglevel=error "bun@$version"
}

# Installs a deno of exactly the version in package.json into .tools/deno/. Not into node_modules/.bin: `deno task` would take
# the program there for a script.
get_deno() {
  local version
  version=$(sed -n 's/^ *"deno": *"\([0-9.]*\)".*/\1/p' package.json)
  if [[ $(.tools/deno/node_modules/deno/deno --version 2>/dev/null) == "deno $version "* ]]; then return; fi
  mkdir -p .tools/deno
  step "deno $version" 'is the npm registry reachable? npm ping' fetch_deno "$version"
}

# deno's install script puts the program in place. Newer versions of npm do not run install scripts by default.
fetch_deno() {
  npm install --prefix .tools/deno --no-save --no-package-lock --no-audit --no-fund --loglevel=error "deno@$1"
  [[ -x .tools/deno/node_modules/deno/deno ]] || node .tools/deno/node_modules/deno/install.cjs
}

get_packages() { step packages 'is the npm registry reachable? Does bun.lock match package.json?' "$bun" install --frozen-lockfile; }
# The console's page, which the server imports as text.
build_page() { step console 'the lines above are the output of bun build' "$bun" scripts/build-console.ts; }
# Run by bun: node may be missing.
check_types() { step types 'fix the type errors above' "$bun" node_modules/typescript/bin/tsc --noEmit -p .; }
build_voice() { step build 'the lines above are the output of bun build' "$bun" scripts/build.ts --outfile voice; }

selftest() {
  say 'selftest:'
  ./voice --selftest || die 'the new ./voice failed its own selftest' 'do not use this build; ./voice --selftest --json shows every check'
}

# The last line of stdout is always the count, even if the gate crashes or never starts.
gate_ended() {
  local status=$? totals='0 passed, 1 failed'
  if [[ -s .build/totals ]]; then totals=$(<.build/totals); elif ((status == 0)); then status=1; fi
  say "$totals"
  exit "$status"
}

mkdir -p .build/logs
case ${1-} in
  '')
    get_bun
    get_packages
    build_page
    check_types
    build_voice
    selftest
    say "built ./voice: $(($(wc -c <voice) / 1000000)) MB"
    say 'next: ./voice starts the server and prints what to paste into Twilio; ./voice --help shows the rest'
    ;;
  test)
    rm -f .build/totals
    trap gate_ended EXIT
    get_bun
    get_packages
    build_page
    get_deno
    "$bun" scripts/gate.ts
    ;;
  deno)
    get_bun
    get_packages
    build_page
    get_deno
    say 'next: .tools/deno/node_modules/deno/deno task serve'
    ;;
  release)
    get_bun
    get_packages
    build_page
    check_types
    "$bun" scripts/release.ts
    ;;
  -h | --help | help) sed -n '2,6s/^# \{0,1\}//p' compile.sh ;;
  *) die "unknown argument \"$1\"" './compile.sh, ./compile.sh test, ./compile.sh deno or ./compile.sh release' ;;
esac
