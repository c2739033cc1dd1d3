/** Stand-ins for the images in docker-compose.example.yml, for machines that cannot reach a registry. */

import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensureBusybox } from "../../../tools/ci/busybox.ts";
import { runtimeImage } from "./base-images.ts";
import { builtImage } from "./build.ts";

const PROGRAMS = join(import.meta.dirname, "stand-ins");

interface StandIn {
  readonly program: "cloudflared" | "socket-proxy" | "authentik";
  /** The link to the program. Node needs a name that ends in .ts and follows links to it. */
  readonly names: readonly string[];
  /** As the real image has it. */
  readonly lines: readonly string[];
}

const CLOUDFLARED: StandIn = {
  program: "cloudflared",
  names: ["/usr/local/bin/cloudflared"],
  lines: ["USER 65532:65532", 'ENTRYPOINT ["cloudflared", "--no-autoupdate"]'],
};

const SOCKET_PROXY: StandIn = {
  program: "socket-proxy",
  names: ["/socket-proxy", "/healthcheck"],
  lines: ['ENTRYPOINT ["/socket-proxy"]'],
};

const AUTHENTIK: StandIn = {
  program: "authentik",
  names: ["/lifecycle/ak"],
  lines: [
    "USER 1000",
    'ENTRYPOINT ["/lifecycle/ak"]',
    'HEALTHCHECK --interval=1s --timeout=5s CMD ["/nodejs/bin/node", "--eval", "fs.accessSync(\\"/dev/shm/up\\")"]',
  ],
};

export const cloudflaredImage = (): Promise<string> => standIn(CLOUDFLARED);
export const socketProxyImage = (): Promise<string> => standIn(SOCKET_PROXY);
export const authentikImage = (): Promise<string> => standIn(AUTHENTIK);

async function standIn({ program, names, lines }: StandIn): Promise<string> {
  const base = await runtimeImage();
  return laid(`cfauth-test-${program}`, async (folder) => {
    const root = join(folder, "root");
    await mkdir(root);
    await copyFile(join(PROGRAMS, `${program}.ts`), join(root, "program.ts"));
    await chmod(join(root, "program.ts"), 0o755);
    for (const name of names) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await symlink("/program.ts", join(root, name));
    }
    const dockerfile = [
      `FROM ${base}`,
      "COPY root/ /",
      "ENV PATH=/usr/local/bin:/nodejs/bin HOME=/tmp",
      ...lines,
    ];
    await writeFile(join(folder, "Dockerfile"), `${dockerfile.join("\n")}\n`);
  });
}

/** In place of postgres: only its health check, which succeeds for exactly the configured database and user. */
export async function postgresImage(): Promise<string> {
  const busybox = await ensureBusybox();
  if (busybox.kind === "image")
    throw new Error("the stand-in for postgres needs a static busybox on this machine");
  return laid("cfauth-test-postgres", async (folder) => {
    for (const name of ["busybox", "sh"]) await copyFile(busybox.path, join(folder, name));
    const ready = `#!/bin/sh\n[ "$POSTGRES_PASSWORD" ] && [ "$*" = "--dbname=$POSTGRES_DB --username=$POSTGRES_USER" ]\n`;
    await writeFile(join(folder, "pg_isready"), ready, { mode: 0o755 });
    await writeFile(
      join(folder, "Dockerfile"),
      'FROM scratch\nCOPY sh busybox pg_isready /bin/\nENV PATH=/bin\nSTOPSIGNAL SIGKILL\nENTRYPOINT ["busybox", "sleep", "2147483647"]\n',
    );
  });
}

async function laid(name: string, lay: (folder: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-stand-in-"));
  try {
    await lay(folder);
    return await builtImage(name, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
