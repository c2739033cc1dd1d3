/** One protected hostname with an origin, and a provider that logs everyone in at once. */

import type { AccessApplication, IngressRule } from "../../cloudflare/state.ts";
import { type EdgeOptions, startEdge } from "../index.ts";
import type { Seen } from "../visit.ts";
import { type Browser, browser } from "./browser.ts";
import { signingKey } from "./edge.ts";
import { oidcStub } from "./oidc-stub.ts";
import { originStub } from "./origin-stub.ts";
import { application, policy, provider, type World, world } from "./world.ts";

export const HOME = "app.example.localhost";
export const TEAM = "acme.cloudflareaccess.localhost";
export const members = policy("members", "allow", [{ login_method: { id: "authentik" } }]);
export const onlyBob = policy("members", "allow", [{ email: { email: "bob@example.com" } }]);
export const INSTANT = { auto_redirect_to_identity: true, allowed_idps: ["authentik"] };

export async function house(
  over: Partial<AccessApplication> = {},
  options: Partial<EdgeOptions> = {},
) {
  const stack = new AsyncDisposableStack();
  const seen: Seen[] = [];
  let stands: { -readonly [K in keyof World]: World[K] } = {};
  const edge = stack.use(
    await startEdge({
      view: () => world(stands),
      team: "acme",
      signingKey: await signingKey,
      onRequest: (one) => seen.push(one),
      ...options,
    }),
  );
  const idp = stack.use(await oidcStub(edge.url("auth.example.localhost")));
  await edge.addDirectHost("auth.example.localhost", `http://127.0.0.1:${idp.port}`);
  const origin = stack.use(await originStub());
  const app = application(HOME, [members], { ...INSTANT, ...over });
  const guard: IngressRule = {
    hostname: HOME,
    service: origin.service,
    originRequest: { access: { required: true, teamName: "acme", audTag: [app.aud] } },
  };
  stands = {
    names: [HOME],
    rules: [guard],
    apps: [app],
    policies: [members],
    identityProviders: [provider("authentik", idp.config)],
  };
  const visit = (by: Browser = browser(), path = "/") => by.open(edge.url(HOME) + path);
  return {
    idp,
    origin,
    app,
    stands,
    edge,
    seen,
    visit,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
