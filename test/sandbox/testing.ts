/** A sandbox with one protected hostname that was set up by hand: tunnel, records, login method, application. */

import { asking, flowKey, wire } from "./authentik/testing.ts";
import {
  seedApp,
  seedConfiguration,
  seedIdentityProvider,
  seedPolicy,
  seedRecord,
  seedServiceToken,
  seedTunnel,
} from "./cloudflare/seed.ts";
import type { AccessApplication, ServiceToken } from "./cloudflare/state.ts";
import { type Browser, browser, type Page } from "./edge/testing/browser.ts";
import { originStub } from "./edge/testing/origin-stub.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "./index.ts";

export const APP = "app.home.localhost";
export const AUTH = "auth.home.localhost";

export interface Household extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The application of the protected hostname. */
  readonly app: AccessApplication;
  /** A service token that the application admits without a login. */
  readonly machine: ServiceToken;
  /** Opens the protected hostname and logs in as alice if Authentik asks. */
  visit(by?: Browser): Promise<Page>;
}

/** Authentik's hostname has a rule in the tunnel too. It has no effect if the sandbox serves the hostname directly. */
export async function household(options: SandboxOptions = {}): Promise<Household> {
  const stack = new AsyncDisposableStack();
  const sandbox = stack.use(await startSandbox(options));
  const origin = stack.use(await originStub());
  const { cloudflare, authentik, edge } = sandbox;
  const { state } = cloudflare;
  const tunnel = seedTunnel(state);
  for (const name of [APP, AUTH])
    seedRecord(state, { name, type: "CNAME", content: `${tunnel.id}.cfargotunnel.com` });
  const idp = seedIdentityProvider(state, {
    name: "Authentik",
    type: "oidc",
    config: await loginMethod(sandbox),
  });
  const machine = seedServiceToken(state, "machine");
  const people = seedPolicy(state, { name: "People", include: [{ login_method: { id: idp.id } }] });
  const machines = seedPolicy(state, {
    name: "Machines",
    decision: "non_identity",
    include: [{ service_token: { token_id: machine.id } }],
  });
  const app = seedApp(state, {
    domain: APP,
    allowed_idps: [idp.id],
    auto_redirect_to_identity: true,
    policies: [machines, people].map(({ id }, index) => ({ id, precedence: index + 1 })),
  });
  const access = { required: true, teamName: state.team, audTag: [app.aud] };
  seedConfiguration(state, tunnel, {
    ingress: [
      { hostname: APP, service: origin.service, originRequest: { access } },
      { hostname: AUTH, service: authentik.url },
    ],
  });
  const visit = async (by = browser()): Promise<Page> => {
    const page = await by.open(edge.url(APP));
    return page.body.includes('id="log-in"')
      ? by.submit(page.url.href, { username: "alice", password: "alice-password" })
      : page;
  };
  return { sandbox, app, machine, visit, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Creates a provider without a consent page. @returns its settings for Cloudflare's login method */
async function loginMethod({
  authentik,
  cloudflare,
  environment,
}: Sandbox): Promise<Record<string, unknown>> {
  const url = `https://${cloudflare.state.team}.cloudflareaccess.com/cdn-cgi/access/callback`;
  const { provider } = await wire(
    { ask: asking(authentik), state: authentik.state },
    {
      authorization_flow: flowKey(
        authentik.state,
        "default-provider-authorization-implicit-consent",
      ),
      redirect_uris: [{ matching_mode: "strict", url, redirect_uri_type: "authorization" }],
    },
  );
  const below = `${environment["AUTHENTIK_URL"]}/application/o`;
  return {
    client_id: provider.client_id,
    client_secret: provider.client_secret,
    auth_url: `${below}/authorize/`,
    token_url: `${below}/token/`,
    certs_url: `${below}/cf-tunnel-access/jwks/`,
    scopes: ["openid", "email", "profile"],
    claims: ["groups"],
    pkce_enabled: true,
  };
}
