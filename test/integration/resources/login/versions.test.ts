import { describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../../src/clients/authentik/permissions.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { createLookupDriver } from "../../../../src/resources/contract/lookups.ts";
import { loginPrerequisite } from "../../../../src/resources/login/propose.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import type { VersionName } from "../../../sandbox/authentik/versions.ts";
import { desiredFor, desiredForGroups } from "../../../support/observed-state.ts";
import {
  claimsOfAlice,
  type LoginScene,
  loginScene,
  methodIn,
  nested,
  providerIn,
} from "./scene.ts";

/** From the first supported version to the next expected one. Every call is checked against the schemas of all but the last. */
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
  it(`a login without groups converges in Authentik ${version} and Cloudflare`, async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const observed = await hand.settle(desiredFor());
    expect(await hand.look()).toEqual(observed);
    expect(loginPrerequisite.propose({ login: observed }, desiredFor())).toEqual({
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

  it(`a login with inherited groups converges in Authentik ${version} and Cloudflare`, async () => {
    await using world = await loginScene({ version });
    nested(world);
    const hand = world.hand();
    const observed = await hand.settle(desiredForGroups("family"));
    expect(await hand.look()).toEqual(observed);
    expect(loginPrerequisite.propose({ login: observed }, desiredForGroups("family"))).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
    expect(await claimsOfAlice(world)).toMatchObject({
      email: "alice@example.com",
      cfauth_groups_home: ["family"],
    });
  });

  it(`a resync writes neither to Authentik ${version} nor to Cloudflare`, async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const before = await hand.settle(desiredForGroups("family"));
    world.ak.controls.clear();
    world.cf.controls.clear();
    const resynced = await hand.api.observe("routes", before);
    expect(resynced).toEqual(before);
    await hand.settle(desiredForGroups("family"), resynced);
    await hand.settle(desiredForGroups("family"));
    expect(writes(world)).toEqual([]);
  });

  it(`a login that was changed by hand in Authentik ${version} is corrected`, async () => {
    await using world = await loginScene({ version });
    const hand = world.hand();
    const before = await hand.settle(desiredForGroups("family"));
    Object.assign(providerIn(world), {
      signing_key: null,
      redirect_uris: [],
      property_mappings: [],
      include_claims_in_id_token: false,
    });
    await hand.settle(desiredForGroups("family"), await hand.api.observe("routes", before));
    expect(await claimsOfAlice(world)).toMatchObject({
      email: "alice@example.com",
      cfauth_groups_home: ["family"],
    });
  });
});

/** The provider's client secret. */
function secretOf(world: LoginScene): string | undefined {
  const { secret, client_secret } = providerIn(world);
  return secret === null
    ? client_secret
    : world.ak.state.secrets.find(({ pk }) => pk === secret)?.value;
}

describe("Authentik 2026.11, where client secrets are objects of their own", () => {
  it("a provider that Authentik 2026.11 creates without a secret gets one, and people can log in", async () => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    const hand = world.hand();
    const observed = await hand.settle(desiredForGroups("family"));
    expect(await hand.look()).toEqual(observed);
    expect(world.ak.state.secrets).toHaveLength(1);
    expect(providerIn(world).secret).toBe(world.ak.state.secrets[0]?.pk);
    expect(methodIn(world).config["client_secret"]).toBe(world.ak.state.secrets[0]?.value);
    expect(await claimsOfAlice(world)).toMatchObject({ cfauth_groups_home: ["family"] });
  });

  it("a deleted secret in Authentik 2026.11 is replaced, and Cloudflare gets the new one", async () => {
    await using world = await loginScene({ version: "2026.11" });
    const hand = world.hand();
    const before = await hand.settle(desiredFor());
    await world.ak.ask("DELETE", `/secrets/secrets/${providerIn(world).secret}/`);
    expect(providerIn(world).secret).toBeNull();
    await hand.settle(desiredFor(), await hand.api.observe("routes", before));
    expect(providerIn(world).secret).not.toBeNull();
    expect(methodIn(world).config["client_secret"]).toBe(secretOf(world));
  });

  it("a rotated secret in Authentik 2026.11 reaches Cloudflare, and nothing is written to Authentik", async () => {
    await using world = await loginScene({ version: "2026.11" });
    const hand = world.hand();
    const before = await hand.settle(desiredFor());
    for (const secret of world.ak.state.secrets) secret.value = "rotated";
    world.ak.controls.clear();
    await hand.settle(desiredFor(), await hand.api.observe("routes", before));
    expect(methodIn(world).config["client_secret"]).toBe("rotated");
    expect(world.ak.controls.writes()).toEqual([]);
  });

  it.each<{ readonly permission: string }>([
    { permission: "authentik_secrets.add_secret" },
    { permission: "authentik_secrets.view_secret_value" },
  ])("the error names $permission if the token lacks it", async ({ permission }) => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    const documented = [...permissions, ...secretPermissions];
    world.ak.state.apiToken.permissions = new Set(documented);
    expect(secretPermissions).toContain(permission);
    world.ak.state.apiToken.permissions = new Set(documented.filter((it) => it !== permission));
    await expect(world.hand().settle(desiredFor())).rejects.toMatchObject({
      code: "CFA-AK-PERMISSION",
      fix: expect.stringContaining(permission),
    });
  });

  it("the documented permissions are enough for Authentik 2026.11", async () => {
    await using world = await loginScene({ version: "2026.11" });
    world.ak.state.secretMadeByItself = false;
    world.ak.state.apiToken.permissions = new Set([...permissions, ...secretPermissions]);
    expect(await told(world)).toEqual([]);
  });
});

/** Does everything that the login and the directory ever do to Authentik. @returns the permissions that the errors name */
async function told(world: LoginScene): Promise<readonly string[]> {
  const directory = createLookupDriver({
    authentik: world.authentik,
    cloudflare: undefined as never,
    account: "",
  });
  const hand = world.hand();
  const life = async (): Promise<readonly string[]> => {
    const { groups } = await directory.observe({ groups: new Set(["family"]), tokens: new Set() });
    const first = await hand.settle(desiredForGroups("family"));
    for (const application of world.ak.state.applications)
      Object.assign(application, { meta_launch_url: "", meta_hide: false });
    const observed: ObservedLogin = await hand.settle(
      desiredForGroups("admins"),
      await hand.api.observe("routes", first),
    );
    const { problems } = loginPrerequisite.propose(
      { login: observed },
      desiredForGroups("admins", "family"),
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

describe("a token with the documented permissions", () => {
  it("the documented permissions are exactly these", () => {
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
    "the documented permissions are enough for a login with groups in Authentik $version",
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
    // A token without the first permission needs the second one for the next group.
    {
      without: `${OAUTH}.add_scopemapping`,
      names: [`${OAUTH}.add_scopemapping`, `${OAUTH}.change_scopemapping`],
    },
    { without: `${OAUTH}.change_oauth2provider`, names: [`${OAUTH}.change_oauth2provider`] },
    { without: `${OAUTH}.change_scopemapping`, names: [`${OAUTH}.change_scopemapping`] },
    { without: `${OAUTH}.view_oauth2provider`, names: [`${OAUTH}.view_oauth2provider`] },
    { without: `${OAUTH}.view_scopemapping`, names: [`${OAUTH}.view_scopemapping`] },
  ])(
    "the error for a token without $without names the missing permission",
    async ({ without, names }) => {
      await using world = await loginScene();
      world.ak.state.apiToken.permissions = new Set(permissions.filter((it) => it !== without));
      expect(await told(world)).toEqual(names);
    },
  );

  it("the permissions for tiles are needed only for tiles", async () => {
    await using world = await loginScene();
    world.ak.state.apiToken.permissions = new Set(
      permissions.filter((it) => !/policybinding|delete_application/.test(it)),
    );
    expect(await told(world)).toEqual([]);
  });
});
