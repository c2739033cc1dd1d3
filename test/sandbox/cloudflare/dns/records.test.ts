import { expect, test } from "vitest";
import { seedRecord } from "../seed.ts";
import { openCloudflare, zoneId } from "../testing.ts";

const cname = {
  type: "CNAME",
  name: "app.example.com",
  content: "tunnel.cfargotunnel.com",
  proxied: true,
  ttl: 1,
};

test("a record is returned in Cloudflare's spelling", async () => {
  await using cloudflare = await openCloudflare();
  const records = `/zones/${zoneId(cloudflare)}/dns_records`;
  const sent = {
    ...cname,
    name: "Bücher.Example.com.",
    content: "Tunnel.cfargotunnel.com",
    ttl: 300,
  };
  const { status, result } = await cloudflare.ask("POST", records, sent);
  expect(status).toBe(200);
  expect(result).toMatchObject({
    name: "xn--bcher-kva.example.com",
    content: "tunnel.cfargotunnel.com",
    ttl: 1,
    comment: null,
    tags: [],
    proxiable: true,
  });
});

test("a name outside the zone gets the zone appended", async () => {
  await using cloudflare = await openCloudflare();
  const { result } = await cloudflare.ask("POST", `/zones/${zoneId(cloudflare)}/dns_records`, {
    ...cname,
    name: "app.other.org",
  });
  expect(result.name).toBe("app.other.org.example.com");
});

test.for([
  { name: "a CNAME with the name of an address", there: { type: "A" }, sent: cname, code: 81053 },
  {
    name: "a CNAME identical to an existing one",
    there: { type: "CNAME", content: cname.content },
    sent: cname,
    code: 81053,
  },
  {
    name: "an address with the name of a CNAME",
    there: { type: "CNAME", content: "x.example.net" },
    sent: { ...cname, type: "A", content: "203.0.113.9" },
    code: 81054,
  },
  {
    name: "an identical record",
    there: {},
    sent: { ...cname, type: "A", content: "203.0.113.7" },
    code: 81058,
  },
  {
    name: "the same address, not proxied",
    there: {},
    sent: { ...cname, type: "A", content: "203.0.113.7", proxied: false },
    code: 81057,
  },
  {
    name: "a ttl of five seconds",
    there: { name: "other.example.com" },
    sent: { ...cname, proxied: false, ttl: 5 },
    code: 9021,
  },
  {
    name: "a comment over 100 characters",
    there: { name: "other.example.com" },
    sent: { ...cname, comment: "x".repeat(101) },
    code: 9041,
  },
])("$name is refused", async ({ there, sent, code }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  seedRecord(cloudflare.state, { name: "app.example.com", ...there });
  expect(
    await cloudflare.ask("POST", `/zones/${zoneId(cloudflare)}/dns_records`, sent),
  ).toMatchObject({
    status: 400,
    code,
  });
  expect(cloudflare.state.records.size).toBe(1);
});

test("a PATCH keeps omitted fields, a PUT resets them", async () => {
  await using cloudflare = await openCloudflare();
  const { id, zone_id } = seedRecord(cloudflare.state, { ...cname, comment: "mine" });
  const record = `/zones/${zone_id}/dns_records/${id}`;
  expect(
    (await cloudflare.ask("PATCH", record, { content: "b.cfargotunnel.com" })).result,
  ).toMatchObject({
    content: "b.cfargotunnel.com",
    comment: "mine",
  });
  expect((await cloudflare.ask("PUT", record, cname)).result).toMatchObject({ comment: null });
});

test("a deleted record is no longer found", async () => {
  await using cloudflare = await openCloudflare();
  const { id, zone_id } = seedRecord(cloudflare.state, cname);
  expect(await cloudflare.ask("DELETE", `/zones/${zone_id}/dns_records/${id}`)).toMatchObject({
    status: 200,
    result: { id },
  });
  expect(await cloudflare.ask("DELETE", `/zones/${zone_id}/dns_records/${id}`)).toMatchObject({
    status: 404,
    code: 81044,
  });
});

test.for([
  { query: "name=a.example.com", found: ["a"] },
  { query: "name.exact=a.example.com", found: ["a"] },
  { query: "comment.startswith=cfauth:", found: ["a", "b"] },
  { query: "comment.exact=cfauth:home", found: ["a"] },
  { query: "comment.absent=true", found: ["c"] },
  { query: "type=TXT", found: ["c"] },
  { query: "content=x.cfargotunnel.com&type=CNAME", found: ["a", "b"] },
  { query: "name.startswith=b&comment.exact=cfauth:home&match=any", found: ["a", "b"] },
])("a listing with ?$query finds $found", async ({ query, found }) => {
  await using cloudflare = await openCloudflare();
  seedRecord(cloudflare.state, {
    ...cname,
    name: "a.example.com",
    content: "x.cfargotunnel.com",
    comment: "cfauth:home",
  });
  seedRecord(cloudflare.state, {
    ...cname,
    name: "b.example.com",
    content: "x.cfargotunnel.com",
    comment: "cfauth:work",
  });
  seedRecord(cloudflare.state, {
    name: "c.example.com",
    type: "TXT",
    content: "x",
    proxied: false,
  });
  const { result } = await cloudflare.ask(
    "GET",
    `/zones/${zoneId(cloudflare)}/dns_records?${query}`,
  );
  expect(result.map((record: { name: string }) => record.name.split(".")[0])).toEqual(found);
});

test("a batch runs its deletes first", async () => {
  await using cloudflare = await openCloudflare();
  const old = seedRecord(cloudflare.state, { name: "app.example.com" });
  const { result } = await cloudflare.ask(
    "POST",
    `/zones/${zoneId(cloudflare)}/dns_records/batch`,
    {
      posts: [cname],
      deletes: [{ id: old.id }],
    },
  );
  expect(result).toMatchObject({
    deletes: [{ id: old.id }],
    patches: [],
    puts: [],
    posts: [{ name: "app.example.com", type: "CNAME" }],
  });
  expect([...cloudflare.state.records.values()]).toMatchObject([{ type: "CNAME" }]);
});

test("one bad item undoes the whole batch", async () => {
  await using cloudflare = await openCloudflare();
  const old = seedRecord(cloudflare.state, { name: "app.example.com" });
  const posts = [{ ...cname, name: "new.example.com" }, cname];
  const reply = await cloudflare.ask("POST", `/zones/${zoneId(cloudflare)}/dns_records/batch`, {
    posts,
  });
  expect(reply).toMatchObject({ status: 400, code: 81053 });
  expect([...cloudflare.state.records.values()]).toEqual([old]);
});
