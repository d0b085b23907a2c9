// Files that a run is to leave: tested before the run starts, because a path that turns out to be unwritable after a
// long run loses its result. Written to a temporary file beside the target and renamed, so that a reader never sees
// half a file.

import { access, constants, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { UsageError } from "../config/usage-error.ts";

/** `private`: for the owner only (mode 0600), because it holds call audio or signatures. */
export type Audience = "private" | "public";

/** Writes the whole file. Rejects with a {@link UsageError} when that fails after all, as on a full disk. */
export type WriteFile = (bytes: string | Uint8Array) => Promise<void>;

/**
 * Prepares a file for writing; an existing one stays as it is until then. Rejects with a {@link UsageError} when the
 * path cannot be written.
 */
export type OpenFile = (path: string, audience: Audience) => Promise<WriteFile>;

export const openFile: OpenFile = async (path, audience) => {
  const place = await explain(path, () => findPlace(path));
  const mode = audience === "private" ? 0o600 : 0o666; // less the umask
  if (place.type === "device") return (bytes) => explain(path, () => writeFile(place.path, bytes, { flag: "a" }));
  const temporary = join(dirname(place.path), `.${basename(place.path)}.${process.pid}.tmp`);
  await explain(path, async () => {
    await writeFile(temporary, "", { mode, flag: "wx" });
    await rm(temporary);
  });
  return (bytes) =>
    explain(path, async () => {
      try {
        await writeFile(temporary, bytes, { mode, flag: "wx" });
        await rename(temporary, place.path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
};

/**
 * A file, whether it exists or not, or something that must not be replaced: a device or a pipe, such as /dev/stdout.
 */
type Place = { readonly type: "file" | "device"; readonly path: string };

async function findPlace(path: string): Promise<Place> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (facts === undefined) return { type: "file", path };
  if (path.startsWith("/dev/")) return { type: "device", path }; // /dev/stdout may lead to a regular file
  if (facts.isDirectory()) throw new Error("it is a directory");
  await access(path, constants.W_OK);
  // A link is followed, so that the rename replaces the file and not the link.
  return facts.isFile() ? { type: "file", path: await realpath(path) } : { type: "device", path };
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "the directory does not exist",
  ENOTDIR: "a part of the path is not a directory",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

async function explain<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot write ${path}: ${reasons[code] ?? message}`, "choose a file in an existing, writable directory");
  }
}
