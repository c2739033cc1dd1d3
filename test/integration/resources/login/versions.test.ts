import { describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../../src/clients/authentik/permissions.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { createLookupDriver } from "../../../../src/resources/contract/lookups.ts";
import { loginPrerequisite } from "../../../../src/resources/login/propose.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import type { VersionName } from "../../../sandbox/authentik/versions.ts";
import { wishing, wishingGroups } from "../../../support/observed-state.ts";
import {
  claimsOfAlice,
  type LoginScene,
  loginScene,
  methodIn,
  nested,
  providerIn,
} from "./scene.ts";

/** From the first version that is supported to the one that is foreseen; schemas of all but the last are held against every call. */
const VERSIONS: readonly { readonly version: VersionName }[] = [
  { version: "2024.2" },
  { version: "2024.12" },
  { version: "2025.4" },
  { version: "2025.12" },
  { version: "2026.8" },
  { version: "2026.11" },
];

const writes = ({ ak, cf }: LoginScene) => [...ak.controls.writes(), ...cf.controls.writes()];

describe.each(VERSIONS)("Authentik $version", ({ version }) => {
  it("and Cloudflare come to agree on a login without groups, and then nothing is left to do", async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const observed = await hand.settle(wishing());
    expect(await hand.look()).toEqual(observed);
    expect(loginPrerequisite.propose({ login: observed }, wishing())).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
    expect(methodIn(world)).toMatchObject({
      type: "oidc",
      config: {
        client_id: providerIn(world).client_id,
        client_secret: secretOf(world),
        scopes: ["openid", "email", "profile"],
      },
    });
    expect(providerIn(world)).toMatchObject({ include_claims_in_id_token: true });
    expect(providerIn(world).signing_key).toBeTruthy();
  });

  it("brings inherited groups along from nothing, and then nothing is left to do", async () => {
    await using world = await loginScene({ version });
    nested(world);
    const hand = world.hand();
    const observed = await hand.settle(wishingGroups("family"));
    expect(await hand.look()).toEqual(observed);
    expect(loginPrerequisite.propose({ login: observed }, wishingGroups("family"))).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
    expect(await claimsOfAlice(world)).toMatchObject({
      email: "alice@example.com",
      cfauth_groups_home: ["family"],
    });
  });

  it("is not written to by a resync, nor is Cloudflare", async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const before = await hand.settle(wishingGroups("family"));
    world.ak.controls.clear();
    world.cf.controls.clear();
    const resynced = await hand.api.observe("routes", before);
    expect(resynced).toEqual(before);
    await hand.settle(wishingGroups("family"), resynced);
    await hand.settle(wishingGroups("family"));
    expect(writes(world)).toEqual([]);
  });

  it("has a login that was spoilt by hand mended", async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const before = await hand.settle(wishingGroups("family"));
    Object.assign(providerIn(world), {
      signing_key: null,
      redirect_uris: [],
      property_mappings: [],
      include_claims_in_id_token: false,
    });
    await hand.settle(wishingGroups("family"), await hand.api.observe("routes", before));
    expect(await claimsOfAlice(world)).toMatchObject({
      email: "alice@example.com",
      cfauth_groups_home: ["family"],
    });
  });
});

/** What the provider proves a client by. */
function secretOf(world: LoginScene): string | undefined {
  const { secret, client_secret } = providerIn(world);
  return secret === null
    ? client_secret
    : world.ak.state.secrets.find(({ pk }) => pk === secret)?.value;
}

describe("Authentik 2026.11, where client secrets are objects of their own", () => {
  it("whose provider comes without one is given one, and people can log in", async () => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    const hand = world.hand();
    const observed = await hand.settle(wishingGroups("family"));
    expect(await hand.look()).toEqual(observed);
    expect(world.ak.state.secrets).toHaveLength(1);
    expect(providerIn(world).secret).toBe(world.ak.state.secrets[0]?.pk);
    expect(methodIn(world).config["client_secret"]).toBe(world.ak.state.secrets[0]?.value);
    expect(await claimsOfAlice(world)).toMatchObject({ cfauth_groups_home: ["family"] });
  });

  it("whose secret was deleted has another one, and Cloudflare has it", async () => {
    await using world = await loginScene({ version: "2026.11" });
    const hand = world.hand();
    const before = await hand.settle(wishing());
    await world.ak.ask("DELETE", `/secrets/secrets/${providerIn(world).secret}/`);
    expect(providerIn(world).secret).toBeNull();
    await hand.settle(wishing(), await hand.api.observe("routes", before));
    expect(providerIn(world).secret).not.toBeNull();
    expect(methodIn(world).config["client_secret"]).toBe(secretOf(world));
  });

  it("whose secret was rotated has the new one in Cloudflare, and nothing is written to Authentik", async () => {
    await using world = await loginScene({ version: "2026.11" });
    const hand = world.hand();
    const before = await hand.settle(wishing());
    for (const secret of world.ak.state.secrets) secret.value = "rotated";
    world.ak.controls.clear();
    await hand.settle(wishing(), await hand.api.observe("routes", before));
    expect(methodIn(world).config["client_secret"]).toBe("rotated");
    expect(world.ak.controls.writes()).toEqual([]);
  });

  it.each<{ readonly permission: string }>([
    { permission: "authentik_secrets.add_secret" },
    { permission: "authentik_secrets.view_secret_value" },
  ])("names $permission where the token lacks it", async ({ permission }) => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    const documented = [...permissions, ...secretPermissions];
    world.ak.state.apiToken.permissions = new Set(documented);
    expect(secretPermissions).toContain(permission);
    world.ak.state.apiToken.permissions = new Set(documented.filter((it) => it !== permission));
    await expect(world.hand().settle(wishing())).rejects.toMatchObject({
      code: "CFA-AK-PERMISSION",
      fix: expect.stringContaining(permission),
    });
  });

  it("takes no more than what is documented for it", async () => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    world.ak.state.apiToken.permissions = new Set([...permissions, ...secretPermissions]);
    expect(await told(world)).toEqual([]);
  });
});

/** Everything that the login and the directory ever do to Authentik. Answers the permissions that are asked for in what is told. */
async function told(world: LoginScene): Promise<readonly string[]> {
  const directory = createLookupDriver({
    authentik: world.authentik,
    cloudflare: undefined as never,
    account: "",
  });
  const hand = world.hand();
  const life = async (): Promise<readonly string[]> => {
    const { groups } = await directory.observe({ groups: new Set(["family"]), tokens: new Set() });
    const first = await hand.settle(wishingGroups("family"));
    for (const application of world.ak.state.applications)
      Object.assign(application, { meta_launch_url: "", meta_hide: false });
    const observed: ObservedLogin = await hand.settle(
      wishingGroups("admins"),
      await hand.api.observe("routes", first),
    );
    const { problems } = loginPrerequisite.propose(
      { login: observed },
      wishingGroups("admins", "family"),
    );
    return [...problems, ...("fault" in groups ? [groups.fault] : [])].map(
      ({ message, fix }) => `${message} ${fix}`,
    );
  };
  const texts = await life().catch((error: unknown) => {
    if (error instanceof ServiceError) return [`${error.message} ${error.fix}`];
    throw error;
  });
  return [...new Set(texts.flatMap((text) => text.match(/authentik_\w+\.\w+/g) ?? []))].toSorted();
}

const OAUTH = "authentik_providers_oauth2";

describe("a token of few permissions", () => {
  it("needs these, and what is documented is made of them", () => {
    expect(permissions).toEqual([
      "authentik_core.add_application",
      "authentik_core.change_application",
      "authentik_core.delete_application",
      "authentik_core.view_application",
      "authentik_core.view_group",
      "authentik_crypto.view_certificatekeypair",
      "authentik_flows.view_flow",
      "authentik_policies.add_policybinding",
      "authentik_policies.delete_policybinding",
      "authentik_policies.view_policybinding",
      "authentik_providers_oauth2.add_oauth2provider",
      "authentik_providers_oauth2.add_scopemapping",
      "authentik_providers_oauth2.change_oauth2provider",
      "authentik_providers_oauth2.change_scopemapping",
      "authentik_providers_oauth2.view_oauth2provider",
      "authentik_providers_oauth2.view_scopemapping",
    ]);
    expect(secretPermissions).toEqual([
      "authentik_secrets.add_secret",
      "authentik_secrets.view_secret_value",
    ]);
  });

  it.each(VERSIONS.slice(0, -1))(
    "does all that a login with groups takes of Authentik $version",
    async ({ version }) => {
      await using world = await loginScene({ version });
      world.ak.state.apiToken.permissions = new Set(permissions);
      expect(await told(world)).toEqual([]);
      expect(await claimsOfAlice(world)).toMatchObject({ cfauth_groups_home: ["family"] });
    },
  );

  it.each<{ readonly without: string; readonly names: readonly string[] }>([
    { without: "authentik_core.add_application", names: ["authentik_core.add_application"] },
    { without: "authentik_core.change_application", names: ["authentik_core.change_application"] },
    { without: "authentik_core.view_application", names: ["authentik_core.view_application"] },
    { without: "authentik_core.view_group", names: ["authentik_core.view_group"] },
    {
      without: "authentik_crypto.view_certificatekeypair",
      names: ["authentik_crypto.view_certificatekeypair"],
    },
    { without: "authentik_flows.view_flow", names: ["authentik_flows.view_flow"] },
    { without: `${OAUTH}.add_oauth2provider`, names: [`${OAUTH}.add_oauth2provider`] },
    // Whoever lacks the one will need the other with the next group.
    {
      without: `${OAUTH}.add_scopemapping`,
      names: [`${OAUTH}.add_scopemapping`, `${OAUTH}.change_scopemapping`],
    },
    { without: `${OAUTH}.change_oauth2provider`, names: [`${OAUTH}.change_oauth2provider`] },
    { without: `${OAUTH}.change_scopemapping`, names: [`${OAUTH}.change_scopemapping`] },
    { without: `${OAUTH}.view_oauth2provider`, names: [`${OAUTH}.view_oauth2provider`] },
    { without: `${OAUTH}.view_scopemapping`, names: [`${OAUTH}.view_scopemapping`] },
  ])("is told which one it lacks: $without", async ({ without, names }) => {
    await using world = await loginScene();
    world.ak.state.apiToken.permissions = new Set(permissions.filter((it) => it !== without));
    expect(await told(world)).toEqual(names);
  });

  it("needs those of tiles for tiles alone", async () => {
    await using world = await loginScene();
    world.ak.state.apiToken.permissions = new Set(
      permissions.filter((it) => !/policybinding|delete_application/.test(it)),
    );
    expect(await told(world)).toEqual([]);
  });
});
