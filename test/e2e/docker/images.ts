/** Origin containers: a web server that shows whose page it is. The image contains only busybox, one or two megabytes. */

import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Busybox, ensureBusybox } from "../../../tools/ci/busybox.ts";
import { builtImage } from "./build.ts";

/**
 * The ports that the image exposes. Each serves `Hello from <container's hostname>` on its TCP ports, `none` on 8080.
 * Every path has that page: `/` with status 200, all others with 404.
 *
 * | variant | exposes | more |
 * |---|---|---|
 * | one | 8080 | |
 * | several | 80, 443 (plain HTTP on both) | |
 * | none | nothing | |
 * | health | 8080 | healthy while the file /tmp/healthy exists; `starting` until it first does |
 * | udp | 8080, 5353/udp | |
 */
export type Variant = "one" | "several" | "none" | "health" | "udp";

const VARIANTS: Readonly<Record<Variant, readonly string[]>> = {
  one: ["EXPOSE 8080", 'CMD ["8080"]'],
  several: ["EXPOSE 80 443", 'CMD ["80", "443"]'],
  none: ['CMD ["8080"]'],
  // In the start period a failed check does not count, and a successful one ends it.
  health: [
    "EXPOSE 8080",
    'CMD ["8080"]',
    'HEALTHCHECK --interval=500ms --timeout=5s --start-period=10m --retries=1 CMD ["/bin/busybox", "test", "-e", "/tmp/healthy"]',
  ],
  udp: ["EXPOSE 8080 5353/udp", 'CMD ["8080"]'],
};

const ENTRY = `#!/bin/busybox sh
/bin/busybox mkdir -p /www /tmp
echo "Hello from $(/bin/busybox hostname)" > /www/index.html
echo "E404:/www/index.html" > /httpd.conf
for port in "$@"; do /bin/busybox httpd -p "$port" -h /www -c /httpd.conf; done
# httpd serves in the background; this keeps the container alive.
exec /bin/busybox sleep 2147483647
`;

/** The tag of the origin image, built on first use. */
export async function originImage(variant: Variant = "one"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-origin-"));
  try {
    await lay(folder, variant, await ensureBusybox());
    return await builtImage(`cfauth-test-origin-${variant}`, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The tag of the origin `one` with these labels. */
export async function labelledImage(labels: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-labelled-"));
  try {
    const said = Object.entries(labels).map(
      ([name, text]) => `LABEL ${JSON.stringify(name)}=${JSON.stringify(text)}`,
    );
    await writeFile(
      join(folder, "Dockerfile"),
      [`FROM ${await originImage("one")}`, ...said, ""].join("\n"),
    );
    return await builtImage("cfauth-test-labelled", folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lay(folder: string, variant: Variant, busybox: Busybox): Promise<void> {
  await writeFile(join(folder, "entry"), ENTRY);
  await chmod(join(folder, "entry"), 0o755);
  if (busybox.kind === "file") await copyFile(busybox.path, join(folder, "busybox"));
  await writeFile(join(folder, "Dockerfile"), dockerfile(variant, busybox));
}

function dockerfile(variant: Variant, busybox: Busybox): string {
  return [
    "FROM scratch",
    busybox.kind === "file"
      ? "COPY busybox /bin/busybox"
      : `COPY --from=${busybox.ref} /bin/busybox /bin/busybox`,
    "COPY entry /entry",
    // Process 1 ignores SIGTERM unless it handles it. Without a handler every stop would take ten seconds.
    "STOPSIGNAL SIGKILL",
    'ENTRYPOINT ["/entry"]',
    ...VARIANTS[variant],
    "",
  ].join("\n");
}
