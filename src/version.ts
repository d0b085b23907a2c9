// Which build this is. Not configuration: the two constants are written in by scripts/build.ts (bun build --define); run from
// source, where nobody defines them, the answer is "dev".

declare const VOICE_VERSION: string;
declare const VOICE_GIT_SHA: string;

/** The version of package.json, as built in; "dev" when run from source. */
export const version: string = typeof VOICE_VERSION === "undefined" ? "dev" : VOICE_VERSION;

/** The commit, 12 hex digits, with "-dirty" after them when the tree had changes; "unknown" outside a checkout or when run from source. */
export const gitSha: string = typeof VOICE_GIT_SHA === "undefined" ? "unknown" : VOICE_GIT_SHA;
