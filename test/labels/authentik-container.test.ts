import { expect, test } from "vitest";
import type { Workload } from "../../src/domain/workload.ts";
import { authentikContainers } from "../../src/labels/authentik-container.ts";
import { workload } from "../builders.ts";

const named = (name: string, service?: string, project = name): Workload =>
  workload(
    {},
    {
      id: `${name}-0123456789abcdef`,
      name,
      networks: { api: { ip: undefined } },
      service: service === undefined ? undefined : { project, name: service },
    },
  );

test.each([
  { so: "the container's name", name: "authentik-server", run: [named("authentik-server"), named("wiki")], is: ["authentik-server"] },
  { so: "the name on one of its networks", name: "authentik-server.api", run: [named("authentik-server")], is: ["authentik-server"] },
  { so: "the name on a network that it is not on", name: "authentik-server.tunnel", run: [named("authentik-server")], is: [] },
  { so: "the name in other letters", name: "Authentik-Server.API", run: [named("authentik-server")], is: ["authentik-server"] },
  { so: "the short id", name: "a-0123456789", run: [named("a")], is: ["a"] },
  { so: "the name of its Compose service", name: "server", run: [named("ak-server-1", "server", "ak")], is: ["ak-server-1"] },
  {
    so: "the name of a service with replicas",
    name: "server",
    run: [named("ak-server-1", "server", "ak"), named("ak-server-2", "server", "ak")],
    is: ["ak-server-1", "ak-server-2"],
  },
  {
    so: "the name of services of two projects",
    name: "server",
    run: [named("ak-server-1", "server", "ak"), named("other-server-1", "server", "other")],
    is: [],
  },
  { so: "a name that nothing has", name: "authentik-server", run: [named("wiki")], is: [] },
])("Authentik's container by $so", ({ name, run, is }) => {
  expect(authentikContainers(run, { container: undefined, host: name }).map((it) => it.name)).toEqual(is);
  expect(authentikContainers(run, { container: name, host: "something-else" }).map((it) => it.name)).toEqual(is);
});

test("a container that another project called as the service that the host means is not Authentik's, nor is then the service", () => {
  const run = [named("ak-server-1", "server", "ak"), named("server", undefined, "evil")];
  expect(authentikContainers(run, { container: undefined, host: "server" })).toEqual([]);
});

test("a container that the operator named is Authentik's, whatever other projects call their services", () => {
  const run = [named("authentik-server"), named("other-1", "authentik-server", "other")];
  const found = authentikContainers(run, { container: "authentik-server", host: "authentik-server.api" });
  expect(found.map(({ name }) => name)).toEqual(["authentik-server"]);
});

test("without anything that names it no container is Authentik's", () => {
  expect(authentikContainers([named("undefined"), named("wiki")], { container: undefined, host: undefined })).toEqual([]);
});
