/** Both ends of a login in sandboxes, one or more cfauths that manage it, and the claims of a person who logs in. */
import type { Authentik as AuthentikClient } from "../../../../src/clients/authentik/authentik.ts";
import type { DesiredState } from "../../../../src/core/plan/types.ts";
import type { ResourceDriver } from "../../../../src/resources/contract/driver.ts";
import { createLoginDriver } from "../../../../src/resources/login/driver.ts";
import { loginPrerequisite } from "../../../../src/resources/login/propose.ts";
import type { LoginChange, ObservedLogin } from "../../../../src/resources/login/types.ts";
import { addGroup } from "../../../sandbox/authentik/people.ts";
import type { Provider, ScopeMapping } from "../../../sandbox/authentik/state.ts";
import type { Opened as OpenedAuthentik, Wired } from "../../../sandbox/authentik/testing.ts";
import type { VersionName } from "../../../sandbox/authentik/versions.ts";
import { claimsAfterLogin } from "../../../sandbox/authentik/visitor.ts";
import type { IdentityProvider } from "../../../sandbox/cloudflare/state.ts";
import type { Opened as OpenedCloudflare } from "../../../sandbox/cloudflare/testing.ts";
import { authentik, cloudflare, owner } from "../../../support/observed-state.ts";

/** One cfauth that manages the login. */
export interface LoginHand {
  readonly api: ResourceDriver<ObservedLogin, LoginChange>;
  look(): Promise<ObservedLogin>;
  /** Observes everything and applies proposals until there are none. @throws the first failure */
  settle(desired: DesiredState, from?: ObservedLogin): Promise<ObservedLogin>;
}

export interface LoginScene extends AsyncDisposable {
  readonly cf: OpenedCloudflare;
  readonly ak: OpenedAuthentik;
  readonly authentik: AuthentikClient;
  /** @param more - differences from the owner `home` with the default flow and public URL */
  hand(more?: {
    readonly owner?: string;
    readonly flow?: string;
    readonly publicUrl?: string;
  }): LoginHand;
}

/** Both ends of a login. */
export async function loginScene({
  version,
  ready,
}: {
  readonly version?: VersionName;
  readonly ready?: boolean;
} = {}): Promise<LoginScene> {
  const cf = await cloudflare();
  const ak = await authentik(version, ready);
  const base = { cloudflare: cf.client, authentik: ak.client, account: cf.account };
  return {
    cf: cf.sandbox,
    ak: ak.sandbox,
    authentik: ak.client,
    hand: ({
      owner: name,
      flow = "default-provider-authorization-explicit-consent",
      publicUrl = "https://auth.example.com",
    } = {}) => {
      const api = createLoginDriver({
        ...base,
        owner: owner(name),
        settings: { slug: "cf-tunnel-access", publicUrl },
        flow,
      });
      const look = () => api.observe("all", undefined);
      return {
        api,
        look,
        settle: async (desired, from) => settled(api, desired, from ?? (await look())),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await ak[Symbol.asyncDispose]();
      await cf[Symbol.asyncDispose]();
    },
  };
}

async function settled(
  api: ResourceDriver<ObservedLogin, LoginChange>,
  desired: DesiredState,
  from: ObservedLogin,
): Promise<ObservedLogin> {
  let observed = from;
  for (let wave = 0; wave < 10; wave += 1) {
    const { changes } = loginPrerequisite.propose({ login: observed }, desired);
    if (changes.length === 0) return observed;
    const applied = await api.apply(changes, observed);
    if (applied.failures[0] !== undefined) throw applied.failures[0].error;
    observed = applied.observed;
  }
  throw new Error("the login never settles");
}

/** @throws if there is not exactly one */
export function only<T>(list: Iterable<T>): T {
  const [first, ...others] = list;
  if (first === undefined || others.length > 0)
    throw new Error(`one was expected, not ${others.length + Number(first !== undefined)}`);
  return first;
}

export const providerIn = ({ ak }: LoginScene): Provider => only(ak.state.providers);
export const methodIn = ({ cf }: LoginScene): IdentityProvider =>
  only(cf.state.identityProviders.values());

/** The scope mappings that Authentik did not create itself. */
export const mappingsIn = ({ ak }: LoginScene): readonly ScopeMapping[] =>
  ak.state.scopeMappings.filter(({ managed }) => managed === null);
export const mappingIn = (world: LoginScene): ScopeMapping => only(mappingsIn(world));
const wiredIn = (world: LoginScene): Wired => ({
  provider: providerIn(world),
  application: only(world.ak.state.applications),
});

/** The claims that Access receives when alice logs in, as its login method requests them. */
export const claimsOfAlice = (world: LoginScene) => {
  const scopes = methodIn(world).config["scopes"] as readonly string[];
  return claimsAfterLogin(world.ak, wiredIn(world), scopes.join(" "));
};

/** Puts alice into `kids`, which is in `family`. */
export function nested({ ak }: LoginScene): void {
  addGroup(ak.state, { name: "kids", parents: ["family"] });
  for (const user of ak.state.users) if (user.username === "alice") user.groups = ["kids"];
}
