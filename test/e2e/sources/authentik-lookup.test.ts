/** Docker's own DNS, asked from a container like cfauth's, with a stranger's alias on the alphabetically first network. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { createAuthentik } from "../../../src/clients/authentik/authentik.ts";
import { authentikLookup, strangerAt } from "../../../src/clients/authentik/lookup.ts";
import { createDocker } from "../../../src/clients/docker/docker.ts";
import { lookupParts } from "../../../src/sources/authentik-lookup.ts";
import { createDockerSource } from "../../../src/sources/docker/source.ts";
import { createListing } from "../../../src/sources/listing.ts";
import { failure } from "../../integration/clients/stub.ts";
import { until } from "../../support/until.ts";
import { type Container, start } from "../docker/container.ts";
import { type Network, network } from "../docker/network.ts";
import { reap, reapLeftovers } from "../docker/reaper.ts";
import { docker, RUN_ID, unique } from "../docker/run.ts";

beforeAll(reapLeftovers, 60_000);
afterAll(() => reap(RUN_ID), 60_000);

/** 2328 in hexadecimal digits. */
const PORT = 9000;
const NAME = "authentik-server";

/** The output of a program in the container. */
async function ran({ id }: Container, ...Cmd: readonly string[]): Promise<string> {
  const exec = await (await docker())
    .getContainer(id)
    .exec({ Cmd: ["/bin/busybox", ...Cmd], AttachStdout: true, Tty: true });
  const stream = await exec.start({ Tty: true });
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

const ANSWER = `#!/bin/busybox sh
/bin/busybox head -n 3 >> /tmp/heard
printf "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n{}"
`;

/** A server that answers every request on the port and records what it receives. */
async function serve(container: Container): Promise<void> {
  await ran(container, "sh", "-c", `echo '${ANSWER}' > /answer; /bin/busybox chmod +x /answer`);
  const Cmd = ["/bin/busybox", "nc", "-ll", "-p", String(PORT), "-e", "/answer"];
  await (await (await docker()).getContainer(container.id).exec({ Cmd })).start({ Detach: true });
  const listens = async () =>
    /:2328 .* 0A /.test(await ran(container, "cat", "/proc/net/tcp", "/proc/net/tcp6"));
  await until(listens, "it listens");
}

const heard = (container: Container) =>
  ran(container, "sh", "-c", "/bin/busybox cat /tmp/heard 2>/dev/null");

/** The addresses that Docker's DNS returns to the container for a name. */
async function resolvedIn(asker: Container, name: string): Promise<readonly string[]> {
  const answer = (await ran(asker, "nslookup", name, "127.0.0.11"))
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join("\n");
  return [...answer.matchAll(/Address[^:]*:\s*(\d+\.\d+\.\d+\.\d+)/g)].map(
    ([, address = ""]) => address,
  );
}

interface Home extends AsyncDisposable {
  readonly authentik: Container;
  readonly stranger: Container;
  readonly asker: Container;
  /** Authentik's own network, which sorts after the shared one. */
  readonly api: Network;
}

async function home(): Promise<Home> {
  await using stack = new AsyncDisposableStack();
  const tunnel = stack.use(await network("a-tunnel"));
  const api = stack.use(await network("z-api"));
  const authentik = stack.use(await start({ name: NAME, networks: [api] }));
  const stranger = stack.use(
    await start({
      name: "stranger",
      networks: [tunnel],
      aliases: [unique(NAME), `${unique(NAME)}.${api.name}`],
    }),
  );
  const asker = stack.use(await start({ name: "cfauth", networks: [tunnel, api] }));
  for (const each of [authentik, stranger]) await serve(each);
  const scope = stack.move();
  return { authentik, stranger, asker, api, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

function wayTo(host: string, asker: Container) {
  const engine = createDocker({ kind: "socket", path: "/var/run/docker.sock" });
  const listing = createListing(
    createDockerSource({ docker: engine, log: { debug: () => {} } }),
    () => performance.now(),
  );
  const parts = lookupParts(
    { apiUrl: `http://${host}:${PORT}`, container: undefined },
    { listing, machine: "" },
  );
  if (parts === undefined) throw new Error("not looked up");
  const asked = { ...parts, resolve: (name: string) => resolvedIn(asker, name) };
  const client = createAuthentik({
    token: "t0ken-of-the-test",
    url: `http://${host}:${PORT}`,
    lookup: authentikLookup(asked),
    backoffMs: 1,
  });
  return {
    parts: asked,
    ask: () => client.request("me.get", z.looseObject({}), { path: "/core/users/me/" }),
  };
}

it("a stranger with Authentik's name as an alias receives no token, although Docker's DNS returns only its address", async () => {
  await using at = await home();
  for (const host of [unique(NAME), `${unique(NAME)}.${at.api.name}`]) {
    // Without this precondition the test would show nothing.
    expect(await resolvedIn(at.asker, host)).toContain(await at.stranger.ip());
    const { parts, ask } = wayTo(host, at.asker);
    for (let call = 0; call < 5; call++) await ask();
    expect(await strangerAt(parts)).toMatchObject({ container: unique("stranger") });
  }
  expect((await heard(at.authentik)).match(/GET \/api\/v3\/core\/users\/me\//g)).toHaveLength(10);
  expect(await heard(at.stranger)).toBe("");
});

it("a stranger receives no token while Authentik is stopped", async () => {
  await using at = await home();
  await at.authentik.stop();
  const error = await failure(wayTo(unique(NAME), at.asker).ask());
  expect([error.code, await heard(at.stranger)]).toEqual(["CFA-AK-STRANGER", ""]);
});
