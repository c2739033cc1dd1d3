/** The only program in the tests' origin containers. */

import { readFile } from "node:fs/promises";
import Docker from "dockerode";
import { install, mayInstall } from "./apt.ts";

/** A program of this machine that runs in an empty image, or an image that has one at `/bin/busybox`. */
export type Busybox =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "image"; readonly ref: string };

const PATHS = ["/bin/busybox", "/usr/bin/busybox"];
const IMAGE = "busybox:stable";

/**
 * A static busybox: the machine's own, else Debian's package if it may be installed, else an image.
 * @throws {Error} if the image cannot be pulled
 */
export async function ensureBusybox(): Promise<Busybox> {
  const own = await findStatic();
  if (own !== undefined) return { kind: "file", path: own };
  if (await mayInstall()) {
    await install("busybox-static");
    const path = await findStatic();
    if (path !== undefined) return { kind: "file", path };
  }
  await pull(IMAGE);
  return { kind: "image", ref: IMAGE };
}

async function findStatic(): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const path of PATHS) {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined && isStatic(bytes)) return path;
  }
  return undefined;
}

const PT_INTERP = 3;

/**
 * Whether a 64-bit little-endian ELF program needs no loader. The dynamic `busybox` of Debian and Alpine would
 * not start in an empty image.
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
 */
function isStatic(elf: Buffer): boolean {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1)
    return false;
  const offset = Number(elf.readBigUInt64LE(32));
  const size = elf.readUInt16LE(54);
  const count = elf.readUInt16LE(56);
  for (let i = 0; i < count; i++) {
    if (elf.readUInt32LE(offset + i * size) === PT_INTERP) return false;
  }
  return true;
}

async function pull(ref: string): Promise<void> {
  const docker = new Docker();
  const known = await docker
    .getImage(ref)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (known) return;
  const progress = await docker.pull(ref);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (err) => (err ? reject(err) : resolve()));
  });
}
