/** The image of the demo's containers: a web server with one page that shows the container's name. It contains only busybox. */

import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { RUN_LABELS } from "../../test/e2e/docker/run.ts";
import { type Busybox, ensureBusybox } from "../ci/busybox.ts";

export const PORT = 8080;

const STYLE =
  "body{font:1.15rem/1.6 system-ui,sans-serif;max-width:34rem;margin:16vh auto;padding:0 1.5rem;color:#1c2733;background:#f6f8fa}h1{font-size:1.9rem;line-height:1.3}p{color:#4a5763}";

const ENTRY = `#!/bin/busybox sh
/bin/busybox mkdir -p /www
name=$(/bin/busybox hostname)
/bin/busybox cat > /www/index.html <<PAGE
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>$name</title><style>${STYLE}</style></head>
<body><h1>Hello from $name</h1><p>This page comes from a container with a label or two. You see it because you logged in with Authentik.</p></body>
</html>
PAGE
/bin/busybox mkdir -p /www/hooks
echo "$name received it" > /www/hooks/index.html
exec /bin/busybox httpd -f -p ${PORT} -h /www
`;

/** The heading of the page. */
export const hello = (hostname: string): string => `Hello from ${hostname}`;

/** The answer to a webhook, at `HOOK`. */
export const heard = (hostname: string): string => `${hostname} received it`;

export const HOOK = "/hooks/";

/** Builds the image under this name. The image and its containers carry the labels of the run. */
export async function buildImage(engine: Dockerode, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-demo-"));
  try {
    const busybox = await ensureBusybox();
    await writeFile(join(folder, "entry"), ENTRY);
    await chmod(join(folder, "entry"), 0o755);
    if (busybox.kind === "file") await copyFile(busybox.path, join(folder, "busybox"));
    await writeFile(join(folder, "Dockerfile"), dockerfile(busybox));
    await build(engine, name, folder, [
      "Dockerfile",
      "entry",
      ...(busybox.kind === "file" ? ["busybox"] : []),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function dockerfile(busybox: Busybox): string {
  const copied =
    busybox.kind === "file"
      ? "COPY busybox /bin/busybox"
      : `COPY --from=${busybox.ref} /bin/busybox /bin/busybox`;
  // Process 1 ignores SIGTERM unless it handles it, so every stop would take ten seconds.
  return [
    "FROM scratch",
    copied,
    "COPY entry /entry",
    `EXPOSE ${PORT}`,
    "STOPSIGNAL SIGKILL",
    'ENTRYPOINT ["/entry"]',
    "",
  ].join("\n");
}

async function build(
  engine: Dockerode,
  name: string,
  context: string,
  src: string[],
): Promise<void> {
  const progress = await engine.buildImage(
    { context, src },
    { t: name, forcerm: true, labels: { ...RUN_LABELS } },
  );
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(progress, (err, steps: readonly { error?: string }[] = []) => {
      const failure = err?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failure === undefined) resolve();
      else reject(new Error(`The image ${name} could not be built: ${failure}`));
    });
  });
}
