import { randomBytes } from "node:crypto";
import { open, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ServiceError } from "../../core/errors.ts";

/**
 * Whether the file contains exactly this token. False if the file cannot be read: writing it will
 * report why.
 */
export async function fileContains(path: string, token: string): Promise<boolean> {
  return await readFile(path, "utf8").then(
    (text) => text.trim() === token,
    () => false,
  );
}

/**
 * Writes the token atomically, because cloudflared may read the file, and the machine may stop, at
 * any moment. Only the current user can read the file.
 *
 * @throws {ServiceError} CFA-TUNNEL-FILE if it cannot be written
 */
export async function writeTokenFile(path: string, token: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    await writeDurably(draft, token);
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw writeError(path, (error as NodeJS.ErrnoException).code ?? "");
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function writeError(path: string, code: string): ServiceError {
  return new ServiceError({
    service: "file",
    code: "CFA-TUNNEL-FILE",
    message: `the connector token could not be written to ${path}: ${REASONS[code] ?? (code || "the file system refused")}`,
    fix:
      FIXES[code] ??
      `let the user that cfauth runs as (65532 in the image) write to ${dirname(path)}, or unset CFAUTH_TUNNEL_TOKEN_FILE`,
    transient: false,
    vendor: code === "" ? [] : [code],
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist",
  EACCES: "the directory may not be written to",
  EPERM: "the directory may not be written to",
  EROFS: "the directory is mounted read-only",
  ENOSPC: "the disk is full",
  EBUSY: "the file is a mount of its own, which cannot be replaced",
  EISDIR: "it is a directory",
};

const FIXES: Readonly<Record<string, string>> = {
  ENOENT:
    "mount a volume at that directory, shared with cloudflared, or correct CFAUTH_TUNNEL_TOKEN_FILE",
  EBUSY: "mount the directory instead of the single file",
  EISDIR: "name a file in CFAUTH_TUNNEL_TOKEN_FILE, not a directory",
};
