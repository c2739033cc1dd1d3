/** `cfauth run` with a minimal fake engine: the labels of an image decide nothing. */
import { expect, it } from "vitest";
import { cli } from "../../../src/cli/cli.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import type { Report } from "../../../src/status/report.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { type FakeEngine, fakeEngine } from "../sources/docker/engine.ts";
import { type Running, running } from "./running.ts";

const ImageID = `sha256:${"a".repeat(64)}`;

/** One container, whose image has these labels. Docker merges them into the container's own. */
function runs(
  engine: FakeEngine,
  own: Readonly<Record<string, string>>,
  image: Readonly<Record<string, string>>,
): void {
  const app = listed({ ImageID, Names: ["/app"], Labels: { ...image, ...own } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  engine.on(`/images/${ImageID}/json`, (_request, response) =>
    response.end(JSON.stringify({ Config: { Labels: image } })),
  );
}

const report = async ({ url }: Running): Promise<Report> =>
  (await (await fetch(`${url}/api/routes`)).json()) as Report;

it("an image with labels for a public hostname opens nothing, and the status page names its labels", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const claims = {
    "cfauth.web.hostname": `www.${sandbox.zone}`,
    "cfauth.web.access": "public",
    "cfauth.access": "public",
  };
  runs(engine, { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80" }, claims);
  await using cfauth = await running({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
  });
  const live = async () => (await report(cfauth)).routes.filter(({ state }) => state === "live");
  await until(async () => (await live()).length > 0, "the operator's route is live");
  const { routes, problems } = await report(cfauth);
  expect(routes.map(({ hostname, access }) => ({ hostname, access }))).toEqual([
    { hostname: `app.${sandbox.zone}`, access: "authentik" },
  ]);
  expect(problems).toMatchObject([
    { code: "CFA-IMAGE-LABEL", severity: "warning", container: "app", label: "cfauth.access" },
  ]);
  expect(problems[0]?.message).toContain(
    "cfauth.access, cfauth.web.access, cfauth.web.hostname come from the image",
  );
});

it("CFAUTH_IMAGE_LABELS=true obeys the labels of the image", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  runs(
    engine,
    { "cfauth.port": "80" },
    { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.access": "public" },
  );
  await using cfauth = await running({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
    CFAUTH_IMAGE_LABELS: "true",
  });
  await until(
    async () => (await report(cfauth)).routes.some(({ state }) => state === "live"),
    "the route is live",
  );
  expect((await report(cfauth)).routes).toMatchObject([
    { hostname: `app.${sandbox.zone}`, access: "public" },
  ]);
  expect((await report(cfauth)).problems).toEqual([]);
});

it("cfauth plan names the image labels that it ignores and shows no step for them", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  runs(engine, {}, { "cfauth.hostname": `www.${sandbox.zone}`, "cfauth.access": "public" });
  let out = "";
  const terminal = createTerminal({ write: (text: string) => (out += text) }, {});
  await cli(["plan", "--json"], {
    env: { ...sandbox.environment, CFAUTH_OWNER: "home", DOCKER_HOST: `unix://${engine.path}` },
    readText: () => "",
    out: terminal,
    err: terminal,
    stop: new AbortController().signal,
    ask: async () => undefined,
  });
  const planned = JSON.parse(out) as {
    readonly problems: readonly { readonly code: string; readonly label: string }[];
  };
  expect(planned.problems).toMatchObject([{ code: "CFA-IMAGE-LABEL", label: "cfauth.access" }]);
  expect(out).not.toContain(`"www.${sandbox.zone}"`);
});
