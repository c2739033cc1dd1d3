/**
 * Stand-ins for the two bases of the Dockerfile, built from this machine's files, for machines that cannot reach a registry.
 * They have what cfauth needs of the real ones: Node 24 at the same path, the user, no shell.
 */

import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ensureBusybox } from "../../../tools/ci/busybox.ts";
import { command } from "../../../tools/ci/command.ts";
import { builtImage } from "./build.ts";

const CERTIFICATES = process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt";
const IN_IMAGE = "/etc/ssl/certs/ca-certificates.crt";

/** In place of `gcr.io/distroless/nodejs24-debian12:nonroot`. */
export async function runtimeImage(): Promise<string> {
  return laid("cfauth-test-runtime", async (folder) => {
    await layNode(join(folder, "root"));
    await writeFile(
      join(folder, "Dockerfile"),
      'FROM scratch\nCOPY root/ /\nUSER 65532\nENTRYPOINT ["/nodejs/bin/node"]\n',
    );
  });
}

/** In place of `node:24-bookworm-slim`: the same with a shell, npm, and this machine's npm settings. */
export async function builderImage(): Promise<string> {
  return laid("cfauth-test-builder", async (folder) => {
    const root = join(folder, "root");
    await layNode(root);
    await layShell(root);
    await layNpm(root);
    const variables = `ENV PATH=/usr/local/bin:/bin HOME=/root NODE_EXTRA_CA_CERTS=${IN_IMAGE}`;
    await writeFile(join(folder, "Dockerfile"), `FROM scratch\nCOPY root/ /\n${variables}\n`);
  });
}

async function laid(name: string, lay: (folder: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-base-"));
  try {
    await lay(folder);
    return await builtImage(name, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function layNode(root: string): Promise<void> {
  const node = await nodeBinary();
  await place(node, join(root, "nodejs/bin/node"));
  for (const library of await librariesOf(node)) await place(library, join(root, library));
  await place(CERTIFICATES, join(root, IN_IMAGE));
  await writeFile(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  );
  await writeFile(join(root, "etc/group"), "root:x:0:\nnonroot:x:65532:\n");
  for (const folder of ["tmp", "home/nonroot"])
    await mkdir(join(root, folder), { recursive: true });
}

/** Every machine that can run the `node` package has the same Debian libraries, except for the loader's path. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const listing = await command("ldd", [program]);
  return [...listing.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
}

async function layShell(root: string): Promise<void> {
  const busybox = await ensureBusybox();
  if (busybox.kind === "image")
    throw new Error("the stand-in for the build stage needs a static busybox on this machine");
  await place(busybox.path, join(root, "bin/busybox"));
  const programs = (await command(busybox.path, ["--list"])).trim().split("\n");
  for (const program of programs.filter((each) => each !== "busybox"))
    await symlink("busybox", join(root, "bin", program));
}

async function layNpm(root: string): Promise<void> {
  const npm = dirname(dirname(await npmCli()));
  await cp(npm, join(root, "usr/local/lib/npm"), { recursive: true, dereference: true });
  for (const folder of ["usr/local/bin", "usr/bin", "root"])
    await mkdir(join(root, folder), { recursive: true });
  await symlink("/nodejs/bin/node", join(root, "usr/local/bin/node"));
  await symlink("/usr/local/lib/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  await symlink("/bin/env", join(root, "usr/bin/env"));
  await writeFile(join(root, "root/.npmrc"), await npmSettings());
}

/** The package registry of this machine. Only single settings, so that no credential of its .npmrc gets into an image. */
async function npmSettings(): Promise<string> {
  const lines = [`cafile=${IN_IMAGE}`, "update-notifier=false"];
  for (const name of ["registry", "proxy", "https-proxy", "noproxy"]) {
    const value = (
      await command(process.execPath, [await npmCli(), "config", "get", name, "--loglevel=error"])
    ).trim();
    if (value !== "" && value !== "null") lines.push(`${name}=${value}`);
  }
  return `${lines.join("\n")}\n`;
}

async function npmCli(): Promise<string> {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return realpath(running);
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = await realpath(join(folder, "npm")).catch(() => "");
    if (path.endsWith("npm-cli.js")) return path;
  }
  throw new Error("no npm on the PATH");
}

/** The project's Node, whatever Node the machine has. */
async function nodeBinary(): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const manifest = resolve("node/package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8")) as { bin: { node: string } };
  return join(dirname(manifest), bin.node);
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(await realpath(from), to);
  if (!from.endsWith(".crt")) await chmod(to, 0o755);
}
