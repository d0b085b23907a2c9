// Where a source file is when it is loaded by its path, as a worker is: relative to src, in the checkout and in the
// compiled binary, where scripts/build.ts embeds the files that it names.

/** The URL of `path`, which is relative to src. */
export function sourceUrl(path: string): URL {
  return new URL(path, import.meta.url);
}
