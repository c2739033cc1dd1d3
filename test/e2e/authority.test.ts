/** A container speaks only for itself: how names and labels of one container affect the route of another. */

import { expect, test } from "vitest";
import { until } from "./daemon.ts";
import type { Container } from "./docker/container.ts";
import { docker, RUN_ID } from "./docker/run.ts";
import { live, reaped, route, scene } from "./fixture.ts";

reaped();

/** Long enough that no grace period ends within a test. */
const GRACE = { CFAUTH_GRACE_PERIOD: "10m", CFAUTH_STARTUP_GRACE_PERIOD: "10m" };

const shortId = ({ id }: Container): string => id.slice(0, 12);

/** Names without the run's id, as Compose gives them. */
async function rename(container: Container, name: string): Promise<void> {
  await (await docker()).getContainer(container.id).rename({ name });
}

const compose = (project: string, service: string) => ({
  "com.docker.compose.project": project,
  "com.docker.compose.service": service,
});

test("a Compose label does not let a container use another machine's name or address", async () => {
  await using at = await scene();
  const hosts = ["nas.lan", "host.docker.internal", "127.0.0.1", "gateway"];
  await using stack = new AsyncDisposableStack();
  for (const [i, host] of hosts.entries())
    stack.use(
      await at.container(
        `t${i}`,
        { service: `http://${host}:80`, access: "public" },
        {
          labels: {
            ...at.labels(`t${i}`, { service: `http://${host}:80`, access: "public" }),
            ...compose("p", host),
          },
        },
      ),
    );
  const daemon = await at.daemon();
  await until("all are refused", async () => {
    const { problems } = await daemon.report();
    return problems.filter(({ code }) => code === "CFA-SERVICE-FORBIDDEN").length === hosts.length;
  });
  await at.looked(daemon);
  expect(at.ours().rules).toEqual([]);
});

test("a stopped container that is called like a local machine leads nowhere, and its return or recreation costs no write", async () => {
  await using at = await scene();
  const first = await at.container("nas");
  const daemon = await at.daemon(GRACE);
  await live(daemon, at.hostname("nas"));
  const name = await first.name();
  expect((await route(daemon, at.hostname("nas")))?.origin).toBe(
    `http://${name}.${at.net.name}:8080`,
  );
  at.sandbox.controls.clear();
  await first.stop();
  await until(
    "it is closing",
    async () => (await route(daemon, at.hostname("nas")))?.state === "closing",
  );
  await first.start();
  await live(daemon, at.hostname("nas"));
  await first.remove();
  await until(
    "it is closing again",
    async () => (await route(daemon, at.hostname("nas")))?.state === "closing",
  );
  await using _ = await at.container("nas");
  await live(daemon, at.hostname("nas"));
  await at.looked(daemon);
  expect(at.writes()).toEqual([]);
});

test("a stranger that takes a container's name closes nothing and costs no more writes once the rule has the short id", async () => {
  await using at = await scene();
  await using web = await at.container("web", { access: "public" });
  const daemon = await at.daemon(GRACE);
  await live(daemon, at.hostname("web"));
  const name = await web.name();
  {
    await using _ = await at.container(
      "stranger",
      {},
      { labels: compose("other", name), aliases: [name] },
    );
    await until(
      "the rule has the short id",
      async () =>
        (await route(daemon, at.hostname("web")))?.origin === `http://${shortId(web)}:8080`,
    );
    expect(await route(daemon, at.hostname("web"))).toMatchObject({
      state: "live",
      note: `Reached by its id: another container also answers to the name ${name}.${at.net.name}`,
    });
    for (let i = 0; i < 4; i++) expect(await at.shown("web")).toBe(`Hello from ${shortId(web)}\n`);
    at.sandbox.controls.clear();
  }
  await at.looked(daemon);
  await using _ = await at.container(
    "stranger",
    {},
    { labels: compose("other", name), aliases: [name] },
  );
  await at.looked(daemon);
  expect(at.writes()).toEqual([]);
  expect((await route(daemon, at.hostname("web")))?.state).toBe("live");
});

test("a container that copies the labels of a service is its rival, even while the service restarts", async () => {
  await using at = await scene();
  const project = `p${RUN_ID}`;
  const labels = { ...at.labels("web", { access: "public" }), ...compose(project, "web") };
  await using one = await at.container("one", {}, { labels });
  await using two = await at.container("two", {}, { labels });
  await rename(one, `${project}-web-1`);
  await rename(two, `${project}-web-2`);
  const daemon = await at.daemon(GRACE);
  await live(daemon, at.hostname("web"));
  expect((await route(daemon, at.hostname("web")))?.origin).toBe(`http://web.${at.net.name}:8080`);
  await using copy = await at.container("copy", {}, { labels });
  await until("the copy is a rival", async () => {
    const { problems } = await daemon.report();
    return problems.some(
      ({ code, container }) => code === "CFA-HOST-TAKEN" && container?.startsWith("copy-"),
    );
  });
  const pages = new Set<string | undefined>();
  for (let i = 0; i < 6; i++) pages.add(await at.shown("web"));
  expect([...pages]).not.toContain(`Hello from ${shortId(copy)}\n`);
  await one.stop();
  await two.stop();
  await at.looked(daemon);
  expect(await at.shown("web")).toBeUndefined();
  await one.start();
  await until("the service answers again", async () => (await at.shown("web")) !== undefined);
  expect(await at.shown("web")).toBe(`Hello from ${shortId(one)}\n`);
});
