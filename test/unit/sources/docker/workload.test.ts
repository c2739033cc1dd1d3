import { expect, it } from "vitest";
import { workloadOf } from "../../../../src/sources/docker/workload.ts";
import { listed } from "./listed.ts";

it("a workload has the container's name without the slash, its labels, networks and age", () => {
  expect(workloadOf(listed({ Labels: { "cfauth.hostname": "whoami.example.com" } }))).toEqual({
    id: "c1",
    name: "whoami",
    party: "container:whoami",
    service: undefined,
    created: 1_700_000_000_000,
    labels: { "cfauth.hostname": "whoami.example.com" },
    imageLabels: { kind: "obeyed" },
    networks: { tunnel: { ip: "172.20.0.3" } },
    ports: [],
    health: "none",
  });
});

it("a container that others are linked to keeps its own name", () => {
  expect(workloadOf(listed({ Names: ["/blog/db", "/postgres", "/wiki/db"] })).name).toBe(
    "postgres",
  );
});

it("a container created by Compose belongs to its project and service", () => {
  expect(
    workloadOf(
      listed({
        Labels: { "com.docker.compose.project": "home", "com.docker.compose.service": "wiki" },
      }),
    ).service,
  ).toEqual({
    project: "home",
    name: "wiki",
  });
});

it.each([
  {
    name: "created by Compose",
    labels: { "com.docker.compose.project": "home", "com.docker.compose.service": "wiki" },
    party: "compose:home",
  },
  { name: "without a project", labels: {}, party: "container:whoami" },
  {
    name: "with a project but no service",
    labels: { "com.docker.compose.project": "home" },
    party: "container:whoami",
  },
  {
    name: "with a project name that Compose cannot have created",
    labels: { "com.docker.compose.project": "Home Lab", "com.docker.compose.service": "wiki" },
    party: "container:whoami",
  },
  {
    name: "with an empty project",
    labels: { "com.docker.compose.project": "", "com.docker.compose.service": "wiki" },
    party: "container:whoami",
  },
  {
    name: "with a stack's labels on another name",
    labels: {
      "com.docker.stack.namespace": "media",
      "com.docker.swarm.service.name": "media_web",
      "com.docker.swarm.task.name": "media_web.1.0123456789abcdefghijklmno",
    },
    party: "container:whoami",
  },
])("a container $name belongs to $party", ({ labels, party }) => {
  expect(workloadOf(listed({ Labels: labels })).party).toBe(party);
});

it("a Swarm task belongs to its stack, but not if its service is not the stack's", () => {
  const name = "media_web.1.0123456789abcdefghijklmno";
  const of = (stack: string, task = name) =>
    workloadOf(
      listed({
        Names: [`/${name}`],
        Labels: {
          "com.docker.stack.namespace": stack,
          "com.docker.swarm.service.name": "media_web",
          "com.docker.swarm.task.name": task,
        },
      }),
    ).party;
  const alone = `container:${name}`;
  expect([of("media"), of("other"), of("media", "media_web.2.0123456789abcdefghijklmno")]).toEqual([
    "stack:media",
    alone,
    alone,
  ]);
});

it("a Swarm task may answer to the name of its service, with and without the stack's prefix", () => {
  const labels = {
    "com.docker.stack.namespace": "media",
    "com.docker.swarm.service.name": "media_web",
  };
  expect(workloadOf(listed({ Labels: labels })).claimedNames).toEqual(["media_web", "web"]);
});

it("a Compose service that a label names without a project is kept as a possible name", () => {
  expect(workloadOf(listed({ Labels: { "com.docker.compose.service": "wiki" } }))).toMatchObject({
    service: undefined,
    claimedNames: ["wiki"],
  });
});

it("a container of `docker compose run`, which has all labels of its service, asks for nothing and is no replica", () => {
  const compose = {
    "com.docker.compose.project": "home",
    "com.docker.compose.service": "wiki",
    "com.docker.compose.oneoff": "True",
  };
  const once = listed({
    Names: ["/home-wiki-run-1f2e"],
    Labels: { ...compose, "cfauth.hostname": "wiki.example.com" },
  });
  expect(workloadOf(once)).toMatchObject({
    name: "home-wiki-run-1f2e",
    service: undefined,
    claimedNames: ["wiki"],
    labels: {},
  });
  const lasting = listed({
    Labels: {
      ...compose,
      "com.docker.compose.oneoff": "False",
      "cfauth.hostname": "wiki.example.com",
    },
  });
  expect(workloadOf(lasting)).toMatchObject({
    service: { name: "wiki" },
    labels: { "cfauth.hostname": "wiki.example.com" },
  });
});

it("a container without labels, ports or networks is still a workload", () => {
  expect(
    workloadOf(listed({ Labels: null, Ports: null, NetworkSettings: { Networks: null } })),
  ).toMatchObject({
    labels: {},
    ports: [],
    networks: {},
  });
});

it("a container on the host's network has no address of its own", () => {
  expect(
    workloadOf(listed({ NetworkSettings: { Networks: { host: { IPAddress: "" } } } })).networks,
  ).toEqual({ host: { ip: undefined } });
});

it("an exposed port counts, whether or not it is published", () => {
  const ports = [
    { PrivatePort: 9000, Type: "tcp" },
    { IP: "127.0.0.1", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
  ];
  expect(workloadOf(listed({ Ports: ports })).ports).toEqual([
    { number: 80, protocol: "tcp", published: { ip: "127.0.0.1", port: 8080 } },
    { number: 9000, protocol: "tcp", published: undefined },
  ]);
});

it("a port published for IPv4 and IPv6 is published once", () => {
  const both = [
    { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
  ];
  const once = [{ number: 80, protocol: "tcp", published: { ip: "0.0.0.0", port: 8080 } }];
  expect(workloadOf(listed({ Ports: both })).ports).toEqual(once);
  expect(workloadOf(listed({ Ports: both.toReversed() })).ports).toEqual(once);
});

it("a port published at two places is published at both", () => {
  const two = [
    { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 9090, Type: "tcp" },
    { IP: "::", PrivatePort: 81, PublicPort: 81, Type: "udp" },
  ];
  expect(
    workloadOf(listed({ Ports: two })).ports.map(({ protocol, published }) => [
      protocol,
      published?.ip,
      published?.port,
    ]),
  ).toEqual([
    ["tcp", "0.0.0.0", 8080],
    ["tcp", "0.0.0.0", 9090],
    ["udp", "::", 81],
  ]);
});

it.each([
  { Status: "Up 5 minutes", State: "running", health: "none" },
  { Status: "Up 3 seconds (health: starting)", State: "running", health: "starting" },
  { Status: "Up 5 minutes (healthy)", State: "running", health: "healthy" },
  { Status: "Up 5 minutes (unhealthy)", State: "running", health: "unhealthy" },
  { Status: "Up 5 minutes (Paused)", State: "paused", health: "starting" },
  { Status: "Restarting (1) 4 seconds ago", State: "restarting", health: "starting" },
])("the health of $Status is $health", ({ Status, State, health }) => {
  expect(workloadOf(listed({ Status, State })).health).toBe(health);
});

it("a newer engine's health field takes precedence over its text", () => {
  expect(
    workloadOf(
      listed({ Health: { Status: "unhealthy" }, Status: "Up 5 minutes (Paused)", State: "paused" }),
    ).health,
  ).toBe("unhealthy");
  expect(workloadOf(listed({ Health: { Status: "none" } })).health).toBe("none");
});
