// The environment in which the gate runs its steps. A variable that a developer happens to have set must not change a
// result: UPDATE_CALL_SCRIPTS=1 would rewrite the expectations, OPENAI_API_KEY would configure the server. So only what
// is listed is passed on.

/**
 * What programs need to run, to find their files and caches, and to reach a registry; and the commit of a build outside
 * git.
 */
const passedOn =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TEMP|TMP|TZ|LANG|LC_\w+|XDG_\w+|CI|DENO_DIR|BUN_INSTALL\w*|VOICE_GIT_SHA|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|DENO_CERT|DENO_TLS_CA_STORE|npm_config_\w+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy)$/;

export function gateEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) => (value !== undefined && passedOn.test(name) ? [[name, value] as const] : []));
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}
