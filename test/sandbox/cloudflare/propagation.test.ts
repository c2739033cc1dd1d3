import { expect, test } from "vitest";
import { createPropagation } from "./propagation.ts";
import { seedConfiguration, seedRecord, seedTunnel } from "./seed.ts";
import { openCloudflare } from "./testing.ts";

test("without a lag the edge has the same state as the API", async () => {
  await using cloudflare = await openCloudflare();
  await cloudflare.ask("POST", "@/access/policies", {
    name: "P",
    decision: "allow",
    include: [{ everyone: {} }],
  });
  expect(cloudflare.propagation.view().policies).toMatchObject([{ name: "P" }]);
});

test("a write reaches each part of the edge after that part's lag", async () => {
  await using cloudflare = await openCloudflare();
  const clock = { now: 0 };
  const { state } = cloudflare;
  const propagation = createPropagation(state, { dns: 1000 }, () => clock.now);
  seedRecord(state, { name: "app.example.com" });
  seedConfiguration(state, seedTunnel(state));
  propagation.note();
  clock.now = 999;
  expect([propagation.view().records.length, propagation.view().configurations.size]).toEqual([
    0, 1,
  ]);
  clock.now = 1000;
  expect(propagation.view().records.length).toBe(1);
});

test("writes arrive one after the other, not all together", async () => {
  await using cloudflare = await openCloudflare();
  const clock = { now: 0 };
  const propagation = createPropagation(cloudflare.state, { dns: 1000 }, () => clock.now);
  for (const name of ["a.example.com", "b.example.com"]) {
    seedRecord(cloudflare.state, { name });
    propagation.note();
    clock.now += 500;
  }
  const names = () => propagation.view().records.map(({ name }) => name);
  expect(names()).toEqual(["a.example.com"]);
  clock.now = 1500;
  expect(names()).toEqual(["a.example.com", "b.example.com"]);
});

test("an infinite lag freezes the edge until it is released", async () => {
  await using cloudflare = await openCloudflare({ lag: { access: Infinity } });
  const add = (name: string) =>
    cloudflare.ask("POST", "@/access/policies", {
      name,
      decision: "allow",
      include: [{ everyone: {} }],
    });
  const names = () => cloudflare.propagation.view().policies.map(({ name }) => name);
  await add("first");
  expect(names()).toEqual([]);
  cloudflare.propagation.release();
  expect(names()).toEqual(["first"]);
  await add("second");
  expect(names()).toEqual(["first"]);
  cloudflare.propagation.lag({ access: 0 });
  expect(names()).toEqual(["first", "second"]);
});

test("a delayed state at the edge does not change with the API", async () => {
  await using cloudflare = await openCloudflare();
  const record = seedRecord(cloudflare.state, { name: "app.example.com", content: "203.0.113.7" });
  cloudflare.propagation.lag({ dns: Infinity });
  await cloudflare.ask("PATCH", `/zones/${record.zone_id}/dns_records/${record.id}`, {
    content: "203.0.113.8",
  });
  expect(cloudflare.propagation.view().records).toMatchObject([{ content: "203.0.113.7" }]);
});

test("a connector reports the version that it runs, not the newest one", async () => {
  await using cloudflare = await openCloudflare();
  const tunnel = seedTunnel(cloudflare.state, { status: "healthy" });
  seedConfiguration(cloudflare.state, tunnel);
  cloudflare.propagation.lag({ configuration: Infinity });
  const path = `@/cfd_tunnel/${tunnel.id}`;
  await cloudflare.ask("PUT", `${path}/configurations`, {
    config: { ingress: [{ service: "http_status:503" }] },
  });
  expect((await cloudflare.ask("GET", `${path}/connections`)).result).toMatchObject([
    { config_version: 1 },
  ]);
  expect((await cloudflare.ask("GET", `${path}/configurations`)).result).toMatchObject({
    version: 2,
  });
});
