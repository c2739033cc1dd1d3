import { expect, test } from "vitest";
import { parseHostname } from "../../../../src/core/domain/hostname.ts";
import { createDnsRecordDriver } from "../../../../src/resources/dns-record/driver.ts";
import type {
  DnsRecordChange,
  ObservedDnsRecords,
} from "../../../../src/resources/dns-record/types.ts";
import { seedRecord } from "../../../sandbox/cloudflare/seed.ts";
import { zoneId } from "../../../sandbox/cloudflare/testing.ts";
import { cloudflare, owner } from "../../../support/observed-state.ts";

const TUNNEL = "11111111-2222-3333-4444-555555555555.cfargotunnel.com";
const OURS = { type: "CNAME", content: TUNNEL, comment: "cfauth:home" } as const;

async function scene({
  zones = ["example.com"],
  only,
}: {
  readonly zones?: readonly string[];
  readonly only?: readonly string[];
} = {}) {
  const reached = await cloudflare({ zones });
  const api = createDnsRecordDriver({
    cloudflare: reached.client,
    account: reached.account,
    owner: owner(),
    zones: only,
  });
  const names = () =>
    [...reached.sandbox.state.records.values()].map(({ name }) => name).toSorted();
  const open = (name: string, zone = "example.com"): DnsRecordChange => ({
    kind: "dns",
    action: "create",
    key: name,
    subject: name,
    desired: {
      zone: zoneId(reached.sandbox, zone),
      name: hostname(name),
      content: TUNNEL,
      comment: "cfauth:home",
    },
  });
  return {
    ...reached,
    api,
    names,
    open,
    calls: () =>
      reached.sandbox.controls.calls.map(
        ({ method, path }) => `${method} ${path.split("/").slice(3).join("/") || path}`,
      ),
  };
}

function hostname(text: string) {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

const close = (observed: ObservedDnsRecords, name: string): DnsRecordChange => {
  const at = observed.mine.get(hostname(name));
  if (at === undefined) throw new Error(`not ours: ${name}`);
  return { kind: "dns", action: "delete", key: name, subject: name, existing: at };
};

test("only a DNS record with exactly our comment is ours", async () => {
  await using world = await scene();
  seedRecord(world.sandbox.state, { name: "ours.example.com", ...OURS });
  seedRecord(world.sandbox.state, { name: "other.example.com", ...OURS, comment: "cfauth:home2" });
  seedRecord(world.sandbox.state, { name: "hand.example.com", comment: null });
  seedRecord(world.sandbox.state, {
    name: "sub.example.com",
    type: "NS",
    content: "ns1.example.net",
    proxied: false,
  });
  seedRecord(world.sandbox.state, {
    name: "text.example.com",
    type: "TXT",
    content: "hello",
    proxied: false,
    comment: "cfauth:home",
  });
  const observed = await world.api.observe("all", undefined);
  expect(
    [...observed.mine.values()].map(({ name, content, proxied }) => ({ name, content, proxied })),
  ).toEqual([{ name: "ours.example.com", content: TUNNEL, proxied: true }]);
  expect([...observed.theirs.keys()].toSorted()).toEqual([
    "hand.example.com",
    "other.example.com",
    "sub.example.com",
  ]);
});

test("zones that CFAUTH_ZONES excludes are not observed", async () => {
  await using world = await scene({ zones: ["example.com", "example.org"], only: ["Example.org"] });
  const observed = await world.api.observe("all", undefined);
  expect(observed.zones.map(({ name }) => name)).toEqual(["example.org"]);
  expect(observed.excludedZones).toEqual(["example.com"]);
  expect((await world.api.observe("routes", observed)).excludedZones).toEqual(["example.com"]);
});

test("a resync reads only the zones in use and remembers the others", async () => {
  await using world = await scene({ zones: ["example.com", "example.org"] });
  seedRecord(world.sandbox.state, { name: "ours.example.com", ...OURS });
  seedRecord(world.sandbox.state, { name: "hand.example.org" });
  const before = await world.api.observe("all", undefined);
  seedRecord(world.sandbox.state, { name: "new.example.com" });
  world.sandbox.controls.clear();
  const observed = await world.api.observe("routes", before);
  expect(world.calls()).toEqual(["GET dns_records"]);
  expect([...observed.theirs.keys()].toSorted()).toEqual(["hand.example.org", "new.example.com"]);
  expect(observed.zones).toEqual(before.zones);
});

test("one DNS record is written by itself, several of a zone in one transaction", async () => {
  await using world = await scene();
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.clear();
  const one = await world.api.apply([world.open("a.example.com")], observed);
  const more = await world.api.apply(
    [
      world.open("b.example.com"),
      world.open("c.example.com"),
      close(one.observed, "a.example.com"),
    ],
    one.observed,
  );
  expect(world.calls()).toEqual(["POST dns_records", "POST dns_records/batch"]);
  expect(world.names()).toEqual(["b.example.com", "c.example.com"]);
  expect([...more.observed.mine.keys()].toSorted()).toEqual(["b.example.com", "c.example.com"]);
  expect(more.observed).toEqual(await world.api.observe("all", undefined));
});

test("a written DNS record is a proxied CNAME with our comment", async () => {
  await using world = await scene();
  await world.api.apply([world.open("a.example.com")], await world.api.observe("all", undefined));
  expect([...world.sandbox.state.records.values()]).toMatchObject([
    {
      name: "a.example.com",
      type: "CNAME",
      content: TUNNEL,
      proxied: true,
      ttl: 1,
      comment: "cfauth:home",
    },
  ]);
});

test("a DNS record of ours that leads elsewhere is corrected", async () => {
  await using world = await scene();
  const record = seedRecord(world.sandbox.state, {
    name: "a.example.com",
    ...OURS,
    content: "elsewhere.example.net",
    proxied: false,
  });
  const observed = await world.api.observe("all", undefined);
  const at = observed.mine.get(hostname("a.example.com"));
  if (at === undefined) throw new Error("not ours");
  const wish = { zone: at.zone, name: at.name, content: TUNNEL, comment: "cfauth:home" };
  const applied = await world.api.apply(
    [{ kind: "dns", action: "update", key: "a", subject: "a", existing: at, desired: wish }],
    observed,
  );
  expect(applied.failures).toEqual([]);
  expect(world.sandbox.state.records.get(record.id)).toMatchObject({
    content: TUNNEL,
    proxied: true,
  });
});

test("a refused DNS record does not stop the others of its batch", async () => {
  await using world = await scene();
  const observed = await world.api.observe("all", undefined);
  seedRecord(world.sandbox.state, { name: "b.example.com" });
  const applied = await world.api.apply(
    [world.open("a.example.com"), world.open("b.example.com"), world.open("c.example.com")],
    observed,
  );
  expect(applied.applied.map(({ key }) => key)).toEqual(["a.example.com", "c.example.com"]);
  expect(applied.failures).toMatchObject([
    { change: { key: "b.example.com" }, error: { code: "CFA-CF-REFUSED" } },
  ]);
  expect(world.names()).toEqual(["a.example.com", "b.example.com", "c.example.com"]);
});

test("more DNS records than a batch allows are written in several batches", async () => {
  await using world = await scene();
  const changes = Array.from({ length: 201 }, (_, n) => world.open(`n${n}.example.com`));
  const applied = await world.api.apply(changes, await world.api.observe("all", undefined));
  expect(applied.applied).toHaveLength(201);
  expect(
    world.sandbox.controls.writes().map(({ path }) => path.split("/").slice(3).join("/")),
  ).toEqual(["dns_records/batch", "dns_records"]);
});

test("the DNS records of each zone are written separately", async () => {
  await using world = await scene({ zones: ["example.com", "example.org"] });
  const applied = await world.api.apply(
    [world.open("a.example.com"), world.open("a.example.org", "example.org")],
    await world.api.observe("all", undefined),
  );
  expect(applied.failures).toEqual([]);
  expect(world.names()).toEqual(["a.example.com", "a.example.org"]);
});

test("a DNS record that no longer exists counts as deleted", async () => {
  await using world = await scene();
  const record = seedRecord(world.sandbox.state, { name: "a.example.com", ...OURS });
  const observed = await world.api.observe("all", undefined);
  world.sandbox.state.records.delete(record.id);
  const applied = await world.api.apply([close(observed, "a.example.com")], observed);
  expect(applied).toMatchObject({ failures: [], outcomeUnknown: false });
  expect(applied.observed.mine.size).toBe(0);
});

test("a batch without an answer is not sent again, and its outcome is unknown", async () => {
  await using world = await scene();
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  const applied = await world.api.apply(
    [world.open("a.example.com"), world.open("b.example.com")],
    observed,
  );
  expect(applied).toMatchObject({ applied: [], outcomeUnknown: true });
  expect(world.sandbox.controls.writes()).toHaveLength(1);
});
