/** Changes that people make in Authentik, and the login that the next resync repairs. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AuthentikState } from "../../sandbox/authentik/state.ts";
import type { VersionName } from "../../sandbox/authentik/versions.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

/** A home with one protected page that people have already logged in to. */
async function scene(version: VersionName): Promise<Home> {
  const at = await home({ version });
  await at.run("wiki", { "access.groups": "family" });
  await at.settle();
  expect(await newcomer(at)).toBe("this is wiki: /");
  return at;
}

/** What alice sees from a browser without cookies. */
const newcomer = (at: Home): Promise<string> => visitor(at.sandbox, "alice").open(at.host("wiki"));

function rotateSecret({ providers, secrets }: AuthentikState): void {
  for (const provider of providers)
    provider.client_secret = "another-secret-of-128-characters".repeat(4);
  for (const secret of secrets) secret.value = "another-secret-of-128-characters".repeat(4);
}

function rename({ applications }: AuthentikState): void {
  for (const application of applications)
    if (application.slug === "cf-tunnel-access") application.slug = "zero-trust";
}

function deleteKey({ providers, certificates }: AuthentikState): void {
  const [old] = certificates.splice(0, 1);
  certificates.push({
    ...(old as AuthentikState["certificates"][number]),
    pk: randomUUID(),
    name: "A new one",
  });
  for (const provider of providers) provider.signing_key = null;
}

function dropMapping({ providers, scopeMappings }: AuthentikState): void {
  const ours = scopeMappings.find(({ name }) => name.startsWith("cfauth"))?.pk;
  for (const provider of providers)
    provider.property_mappings = provider.property_mappings.filter((pk) => pk !== ours);
}

const DEEDS = [
  { name: "a new client secret", deed: rotateSecret },
  { name: "a new slug of the application", deed: rename },
  { name: "a replacement of the deleted signing key", deed: deleteKey },
  { name: "the removal of the groups from the provider", deed: dropMapping },
];

describe.each(["2024.12", "2026.8", "2026.11"] as const)("Authentik %s", (version) => {
  it.each(DEEDS)(
    `$name in Authentik ${version} breaks the login until the next resync, and the one after writes nothing`,
    async ({ deed }) => {
      await using at = await scene(version);
      deed(at.sandbox.authentik.state);
      expect(await newcomer(at)).not.toBe("this is wiki: /");

      expect((await at.resync()).errors).toEqual([]);

      expect(await newcomer(at)).toBe("this is wiki: /");
      expect(at.live).toEqual([at.host("wiki")]);
      at.sandbox.controls.clear();
      await at.resync();
      expect(at.sandbox.controls.writes()).toEqual([]);
    },
  );

  it(`people can still log in after the signing key was replaced in Authentik ${version}`, async () => {
    await using at = await scene(version);
    const { certificates, providers } = at.sandbox.authentik.state;
    const pk = randomUUID();
    certificates.push({
      ...(certificates[0] as (typeof certificates)[number]),
      pk,
      name: "A new one",
    });
    for (const provider of providers) provider.signing_key = pk;
    await at.resync();
    expect(await newcomer(at)).toBe("this is wiki: /");
    expect(providers.map(({ signing_key }) => signing_key)).toEqual([pk]);
  });

  it(`existing sessions stay valid while the login of Authentik ${version} is broken, and no one else gets in`, async () => {
    await using at = await scene(version);
    const alice = visitor(at.sandbox, "alice");
    await alice.open(at.host("wiki"));
    const leaks: string[] = [];
    at.sandbox.controls.hook(async ({ write, method, path }, moment) => {
      if (write && moment === "after" && (await stranger(at.sandbox, at.host("wiki"))) !== "log in")
        leaks.push(`${method} ${path}`);
    });
    for (const { deed } of DEEDS) deed(at.sandbox.authentik.state);
    await at.resync();
    expect(leaks).toEqual([]);
    expect(await alice.still(at.host("wiki"))).toBe("this is wiki: /");
    expect(await newcomer(at)).toBe("this is wiki: /");
  });
});

describe("an authorization flow that the settings misname", () => {
  it("a missing authorization flow is reported, and group members still reach a container that moved", async () => {
    await using at = await scene("2026.8");
    for (const flow of at.sandbox.authentik.state.flows)
      if (flow.slug.includes("explicit")) flow.slug = "my-authorization";
    const daemon = await at.another();
    await daemon.settle();
    expect([daemon.problems.map(({ code }) => code), daemon.live]).toEqual([
      ["CFA-AK-NO-FLOW"],
      [at.host("wiki")],
    ]);
    await at.run("wiki", { "access.groups": "family" }, "wiki, elsewhere");
    await daemon.settle();
    expect(await newcomer(at)).toBe("this is wiki, elsewhere: /");
  });
});

describe("a changed AUTHENTIK_URL", () => {
  it("Cloudflare sends people to a changed AUTHENTIK_URL after the next start", async () => {
    await using at = await home({ settings: { AUTHENTIK_URL: "https://login.example.org" } });
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const [before] = [...at.sandbox.cloudflare.state.identityProviders.values()];
    expect(before?.config).toMatchObject({
      auth_url: "https://login.example.org/application/o/authorize/",
    });

    const daemon = await at.another({ AUTHENTIK_URL: at.sandbox.edge.url("auth.home.localhost") });
    expect((await daemon.settle()).errors).toEqual([]);

    expect([...at.sandbox.cloudflare.state.identityProviders.values()]).toMatchObject([
      { id: before?.id },
    ]);
    expect(daemon.live).toEqual([at.host("wiki")]);
    expect(await newcomer(at)).toBe("this is wiki: /");
  });
});
