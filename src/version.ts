// Which build this is. scripts/build.ts writes the two constants in (bun build --define); without them voice runs from
// source.

declare const VOICE_VERSION: string;
declare const VOICE_GIT_SHA: string;

/** The version in package.json; "dev" when run from source. */
export const version: string = typeof VOICE_VERSION === "undefined" ? "dev" : VOICE_VERSION;

/**
 * The commit: 12 hex digits, then "-dirty" when the tree had changes; "unknown" outside a checkout or when run from
 * source.
 */
export const gitSha: string = typeof VOICE_GIT_SHA === "undefined" ? "unknown" : VOICE_GIT_SHA;
