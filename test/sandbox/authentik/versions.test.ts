import { expect, test } from "vitest";
import { CALLBACK, openAuthentik, wholeProvider, wire } from "./testing.ts";
import type { VersionName } from "./versions.ts";
import { authorizeUrl, claimsAfterLogin, visitor } from "./visitor.ts";

const OLD: readonly VersionName[] = ["2024.2", "2024.12", "2025.4", "2025.12"];

test.for(OLD)("%s ignores fields of later versions, and a login still works", async (version) => {
  await using authentik = await openAuthentik({ version });
  const wired = await wire(authentik, version === "2024.2" ? { redirect_uris: CALLBACK } : {});
  expect(await claimsAfterLogin(authentik, wired)).toMatchObject({
    email: "alice@example.com",
    groups: ["family"],
  });
  const { body } = await authentik.ask("GET", `/providers/oauth2/${wired.provider.pk}/`);
  expect(body).not.toHaveProperty("grant_types");
});

test("2024.2 has redirect URIs as text, scopes at another path and no invalidation flow", async () => {
  await using authentik = await openAuthentik({ version: "2024.2", clumsy: true });
  const wanted = wholeProvider(authentik.state);
  expect((await authentik.ask("POST", "/providers/oauth2/", wanted)).status).toBe(400);
  const { status, body } = await authentik.ask("POST", "/providers/oauth2/", {
    ...wanted,
    redirect_uris: `${CALLBACK}\nhttps://other.example.com`,
  });
  expect(status).toBe(201);
  expect(body.redirect_uris).toBe(`${CALLBACK}\nhttps://other.example.com`);
  expect(body).not.toHaveProperty("invalidation_flow");
  expect((await authentik.ask("GET", "/propertymappings/provider/scope/")).status).toBe(404);
  expect((await authentik.ask("GET", "/propertymappings/scope/")).body.results).toHaveLength(5);
  expect(
    (await authentik.ask("GET", "/flows/instances/default-provider-invalidation-flow/")).status,
  ).toBe(404);
  expect((await fetch(`${authentik.url}/-/health/ready/`)).status).toBe(204);
});

test("before 2024.10.3 a dot in a redirect URI matches any character", async () => {
  await using authentik = await openAuthentik({ version: "2024.2" });
  const wired = await wire(authentik, { redirect_uris: CALLBACK });
  const seen = await visitor(authentik).get(
    authorizeUrl(wired, { redirect_uri: CALLBACK.replace("sandbox.cloud", "sandbox-cloud") }),
  );
  expect(seen.location).toMatch("/if/flow/");
});

test("before 2025.12 pages have a hundred rows and icons have their own endpoint", async () => {
  await using authentik = await openAuthentik({ version: "2025.4" });
  for (let n = 0; n < 30; n += 1)
    await authentik.ask("POST", "/core/applications/", {
      name: `a${n}`,
      slug: `a${n}`,
      meta_icon: "https://x.example.com/i.png",
    });
  const list = await authentik.ask("GET", "/core/applications/?superuser_full_list=true");
  expect(list.body.results).toHaveLength(30);
  expect(list.body).not.toHaveProperty("autocomplete");
  expect(list.body.results[0].meta_icon).toBeNull();
  await authentik.ask("POST", "/core/applications/a1/set_icon_url/", {
    url: "https://x.example.com/i.png",
  });
  expect((await authentik.ask("GET", "/core/applications/a1/")).body.meta_icon).toBe(
    "https://x.example.com/i.png",
  );
});

test("from 2025.12 on the endpoint for icons does not exist", async () => {
  await using authentik = await openAuthentik({ version: "2025.12" });
  await wire(authentik);
  expect(
    (
      await authentik.ask("POST", "/core/applications/cf-tunnel-access/set_icon_url/", {
        url: "https://x.example.com/i.png",
      })
    ).status,
  ).toBe(405);
});

test.for<[VersionName, boolean]>([
  ["2025.4", true],
  ["2025.12", false],
])("%s sends email_verified %s", async ([version, verified]) => {
  await using authentik = await openAuthentik({ version });
  expect(await claimsAfterLogin(authentik, await wire(authentik))).toMatchObject({
    email_verified: verified,
  });
});

test("2026.11 reports its full version and checks no schema", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const wired = await wire(authentik);
  expect((await authentik.ask("GET", "/admin/version/")).body).toMatchObject({
    version_current: "2026.11.0",
  });
  expect(
    (await authentik.ask("PATCH", `/providers/oauth2/${wired.provider.pk}/`, { made_up: 1 }))
      .status,
  ).toBe(200);
});
