/** What `cfauth doctor` says of a household in which one thing is ill, in the words that somebody reads. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../src/clients/authentik/permissions.ts";
import { problemUrl, TOKEN_FORM } from "../../../src/core/links.ts";
import { VERSION } from "../../../src/core/version.ts";
import type { Provider, Token } from "../../sandbox/authentik/state.ts";
import { seedApp, seedRecord } from "../../sandbox/cloudflare/seed.ts";
import type { Tunnel } from "../../sandbox/cloudflare/state.ts";
import { tcp, workload } from "../../support/builders.ts";
import { reportOf } from "../../unit/doctor/report.ts";
import { type Clinic, clinic } from "./clinic.ts";
import { mayOnly } from "./others.ts";

/** What is not well, in the words on the terminal: ports and the long link are named, links to the documentation left out. */
const told = (out: string): string =>
  out
    .replaceAll(TOKEN_FORM, "<token form>")
    .replaceAll(/:\d{5}\b/g, ":<port>")
    .split("\n")
    .filter(
      (line) => !/^(✓|cfauth doctor|$)/.test(line) && !line.includes("/docs/troubleshooting.md#"),
    )
    .join("\n");

const tunnels = ({ at }: Clinic, change: Partial<Tunnel>): void => {
  const { tunnels: all } = at.sandbox.cloudflare.state;
  for (const [id, tunnel] of all) all.set(id, { ...tunnel, ...change });
};

const without = ({ at }: Clinic, ...lacking: readonly string[]): void =>
  mayOnly(
    at.sandbox,
    permissions.filter((it) => !lacking.includes(it)),
  );

const provider = ({ at }: Clinic): Provider => {
  const [found] = at.sandbox.authentik.state.providers;
  if (found === undefined) throw new Error("no provider");
  return found;
};

/** What Cloudflare has of the login method. */
const method = ({ at }: Clinic): Record<string, unknown> =>
  [...at.sandbox.cloudflare.state.identityProviders.values()].find(({ type }) => type === "oidc")
    ?.config ?? {};

const token = (expiring: boolean, identifier = "cfauth"): Token => ({
  pk: "7c1d0000-0000-4000-8000-000000000001",
  identifier,
  intent: "api",
  username: "akadmin",
  expiring,
  expires: "2026-12-01T10:00:00Z",
});

const toAccess = {
  status: 302,
  location: "https://home.cloudflareaccess.com/cdn-cgi/access/login/auth.home.localhost?kid=x",
  body: "",
};

interface Illness {
  readonly name: string;
  readonly ill: (at: Clinic) => unknown;
  readonly code: 0 | 1;
  readonly says: string;
}

const ILLNESSES: readonly Illness[] = [
  {
    name: "the socket may not be opened",
    ill: (at) => (at.engine.broken = "EACCES"),
    code: 1,
    says: `✗ Docker      not allowed to open unix:///run/nowhere/docker.sock                            CFA-DOCKER-DENIED
    cfauth runs as user 65532 with groups 65532
    → add group_add: ["<what stat -Lc %g /var/run/docker.sock prints>"] to cfauth in compose.yaml, or put a
      socket proxy in between
– Routes      not checked: needs Docker
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "no engine answers",
    ill: (at) => (at.engine.broken = "ECONNREFUSED"),
    code: 1,
    says: `✗ Docker      does not answer at unix:///run/nowhere/docker.sock (ECONNREFUSED)         CFA-DOCKER-UNREACHABLE
    Nothing is torn down
    → check that Docker runs, and that /run/nowhere/docker.sock is mounted into cfauth's container
– Routes      not checked: needs Docker
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "a socket proxy refuses the list of containers",
    ill: (at) => at.engine.refused.push("/containers/json"),
    code: 1,
    says: `✗ Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · listing containers is refused
              CFA-DOCKER-PROXY
    The socket proxy at unix:///run/nowhere/docker.sock refuses GET /containers/json (403)
    → allow GET /containers/json in the socket proxy, beside /events and /info
– Routes      not checked: needs Docker
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "a socket proxy refuses the events",
    ill: (at) => at.engine.refused.push("/events"),
    code: 0,
    says: `! Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · GET /events refused          CFA-DOCKER-PROXY
    The socket proxy at unix:///run/nowhere/docker.sock refuses GET /events (403), so changes are noticed only
    at each resync
    → allow GET /events in the socket proxy, beside /containers/json and /info
1 warning. cfauth can work.`,
  },
  {
    name: "a socket proxy refuses images",
    ill: (at) => at.engine.refused.push("/images/<id>/json"),
    code: 0,
    says: `! Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · GET /images/<id>/json refused
              CFA-IMAGE-UNKNOWN
    The images of wiki cannot be inspected (the socket proxy at unix:///run/nowhere/docker.sock refuses GET
    /images/<id>/json (403)); labels there that grant access without a login, adopt objects or point elsewhere
    are ignored
    → let the socket proxy allow GET /images/<id>/json
    → or set CFAUTH_IMAGE_LABELS=true on cfauth, which obeys the labels of every image
1 warning. cfauth can work.`,
  },
  {
    name: "the tunnel network has another name",
    ill: (at) =>
      Object.assign(at.engine, {
        networks: [],
        containers: [workload({}, { name: "blog", networks: { home_tunnel: { ip: undefined } } })],
      }),
    code: 1,
    says: `✗ Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · no network tunnel          CFA-DOCKER-NETWORK
    There is no network tunnel through which cloudflared could reach containers; a network home_tunnel exists
    → set CFAUTH_NETWORK: home_tunnel on cfauth
    → or add name: tunnel to that network in compose.yaml
1 problem. 7 groups are fine.`,
  },
  {
    name: "two permissions of the Cloudflare token are missing",
    ill: (at) => at.at.sandbox.cloudflare.state.denied.add("apps:edit").add("login"),
    code: 1,
    says: `✗ Cloudflare  token valid, but 2 of 5 permissions are missing                                CFA-CF-PERMISSION
    ✓ Account · Cloudflare Tunnel · Edit
    ✗ Account · Access: Apps and Policies · Edit
    ✗ Account · Access: Organizations, Identity Providers, and Groups · Edit
    ✓ Zone · DNS · Edit
    ✓ Zone · Zone · Read
    → dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add them (the token stays
      the same)
    → or create a new token with everything ticked:
      <token form>
– Zero Trust  not checked: needs Access: Organizations, Identity Providers, and Groups · Edit
– Login       not checked: needs Zero Trust
– Routes      not checked: needs Access: Apps and Policies · Edit
1 problem. 4 groups are fine, 3 were not checked.`,
  },
  {
    name: "the Cloudflare token may only read tunnels",
    ill: (at) => at.at.sandbox.cloudflare.state.denied.add("tunnel:edit"),
    code: 1,
    says: `✗ Cloudflare  token valid, but 1 of 5 permissions is missing                                 CFA-CF-PERMISSION
    ✗ Account · Cloudflare Tunnel · Edit
    ✓ Account · Access: Apps and Policies · Edit
    ✓ Account · Access: Organizations, Identity Providers, and Groups · Edit
    ✓ Zone · DNS · Edit
    ✓ Zone · Zone · Read
    → dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add it (the token stays the
      same)
    → or create a new token with everything ticked:
      <token form>
– Tunnel      not checked: needs Cloudflare Tunnel · Edit
– Routes      not checked: needs Tunnel
1 problem. 5 groups are fine, 2 were not checked.`,
  },
  {
    name: "the Cloudflare token may only read records",
    ill: (at) => at.at.sandbox.cloudflare.state.denied.add("dns:edit"),
    code: 1,
    says: `✗ Cloudflare  token valid, but 1 of 5 permissions is missing                                 CFA-CF-PERMISSION
    ✓ Account · Cloudflare Tunnel · Edit
    ✓ Account · Access: Apps and Policies · Edit
    ✓ Account · Access: Organizations, Identity Providers, and Groups · Edit
    ✗ Zone · DNS · Edit
    ✓ Zone · Zone · Read
    → dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add it (the token stays the
      same)
    → or create a new token with everything ticked:
      <token form>
– Routes      not checked: needs DNS · Edit
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "the Cloudflare token sees no zone",
    ill: (at) => at.at.sandbox.cloudflare.state.denied.add("zones"),
    code: 1,
    says: `✗ Cloudflare  token valid, but 1 of 5 permissions is missing                                 CFA-CF-PERMISSION
    ✓ Account · Cloudflare Tunnel · Edit
    ✓ Account · Access: Apps and Policies · Edit
    ✓ Account · Access: Organizations, Identity Providers, and Groups · Edit
    – Zone · DNS · Edit  unknown until a zone is visible
    ✗ Zone · Zone · Read  missing, or the token covers no zone: it sees none
    → dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add it (the token stays the
      same)
    → or create a new token with everything ticked:
      <token form>
– Routes      not checked: needs Zone · Read
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "one zone does not lead to Cloudflare yet, and a setting names one that the token does not see",
    ill: (at) => {
      const { zones } = at.at.sandbox.cloudflare.state;
      for (const [id, zone] of zones) zones.set(id, { ...zone, status: "pending" });
      at.settings["CFAUTH_ZONES"] = `${at.at.sandbox.zone},example.org`;
    },
    code: 0,
    says: `! Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost                CFA-CF-ZONE
    ! CFAUTH_ZONES names example.org, which the token does not see
    → give the token Zone · Read and DNS · Edit for example.org
    → or correct CFAUTH_ZONES
    ! home.localhost is pending: its name servers do not point to Cloudflare yet, so no hostname in it is
      reachable
    → dash.cloudflare.com → home.localhost → Overview shows the two name servers to set at the domain's
      registrar
2 warnings. cfauth can work.`,
  },
  {
    name: "bare hostnames are completed into a zone that CFAUTH_ZONES leaves out, below one that it allows",
    ill: (at) => {
      const { zones } = at.at.sandbox.cloudflare.state;
      const [first] = zones.values();
      if (first === undefined) throw new Error("the sandbox has no zone");
      zones.set("dev", { ...first, id: "dev", name: `dev.${at.at.sandbox.zone}` });
      at.settings["CFAUTH_ZONES"] = at.at.sandbox.zone;
      at.settings["CFAUTH_DOMAIN"] = `dev.${at.at.sandbox.zone}`;
    },
    code: 0,
    says: `! Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost                CFA-CF-ZONE
    CFAUTH_DOMAIN dev.home.localhost belongs to the zone dev.home.localhost, which CFAUTH_ZONES leaves out
    → add dev.home.localhost to CFAUTH_ZONES
    → or set CFAUTH_DOMAIN to a domain in one of the listed zones
1 warning. cfauth can work.`,
  },
  {
    name: "a socket proxy hides the engine's id, and no owner is named",
    ill: (at) => {
      at.engine.refused.push("/info");
      at.settings["CFAUTH_OWNER"] = "";
    },
    code: 1,
    says: `✗ Docker      engine at unix:///run/nowhere/docker.sock · GET /info refused                   CFA-DOCKER-PROXY
    The socket proxy at unix:///run/nowhere/docker.sock refuses GET /info (403)
    → allow GET /info in the socket proxy, beside /containers/json and /events
– Routes      not checked: needs Docker
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "the Cloudflare token is refused",
    ill: (at) => (at.settings["CLOUDFLARE_API_TOKEN"] = "another-token-than-that"),
    code: 1,
    says: `✗ Cloudflare  rejects the token (from CLOUDFLARE_API_TOKEN)                                       CFA-CF-TOKEN
    It is wrong, expired or deleted
    → put a new token into CLOUDFLARE_API_TOKEN, then: docker compose up -d --force-recreate cfauth; the form
      with everything ticked:
      <token form>
– Tunnel      not checked: needs Cloudflare
– Zero Trust  not checked: needs Cloudflare
– Login       not checked: needs Cloudflare
– Routes      not checked: needs Cloudflare
1 problem. 3 groups are fine, 4 were not checked.`,
  },
  {
    name: "the Cloudflare token ends soon",
    ill: (at) => (at.at.sandbox.cloudflare.state.tokenExpires = "2026-11-28T10:00:00Z"),
    code: 0,
    says: `! Cloudflare  token valid, expires 2026-11-28 · 5 of 5 permissions · zone home.localhost  CFA-CF-TOKEN-EXPIRES
    Expires 2026-11-28: cfauth cannot change anything after that
    → put a new token into CLOUDFLARE_API_TOKEN, then: docker compose up -d --force-recreate cfauth; the form
      with everything ticked:
      <token form>
1 warning. cfauth can work.`,
  },
  {
    name: "whether a permission is there cannot be found out",
    ill: (at) =>
      at.at.sandbox.controls.fault(
        ({ method, path }) => method === "PUT" && path.includes("/access/apps/"),
        { kind: "status", status: 500, body: {} },
        9,
      ),
    code: 0,
    says: `! Cloudflare  token valid, never expires · 4 of 5 permissions, 1 unknown · zone home.localhost
    ✓ Account · Cloudflare Tunnel · Edit
    ! Account · Access: Apps and Policies · Edit  unknown: Cloudflare answered 500
    ✓ Account · Access: Organizations, Identity Providers, and Groups · Edit
    ✓ Zone · DNS · Edit
    ✓ Zone · Zone · Read
    → run cfauth doctor again; if this persists, dash.cloudflare.com → My Profile → API Tokens shows the
      token's permissions
1 warning. cfauth can work.`,
  },
  {
    name: "Zero Trust is not set up",
    ill: (at) => (at.at.sandbox.cloudflare.state.zeroTrust = false),
    code: 1,
    says: `✗ Zero Trust  not set up on this account (Cloudflare 9999)                                CFA-CF-NO-ZERO-TRUST
    Only you can take this first step, because it chooses the team name and accepts a plan; it takes a minute,
    and the Free plan is enough
    → open https://one.dash.cloudflare.com, choose the account, pick a team name and the Free plan (it may ask
      for a payment method); then run cfauth doctor again
– Login       not checked: needs Zero Trust
– Routes      not checked: needs Zero Trust
1 problem. 5 groups are fine, 2 were not checked.`,
  },
  {
    name: "no cloudflared is connected",
    ill: (at) => tunnels(at, { status: "down" }),
    code: 1,
    says: `✗ Tunnel      cfauth: cloudflared is not connected                                             CFA-TUNNEL-DOWN
    No cloudflared is connected to the tunnel cfauth, so every hostname answers 530 (error 1033)
    → docker compose up -d cloudflared, then see: docker compose logs cloudflared
    → check that cloudflared runs with the token of the tunnel cfauth
1 problem. 7 groups are fine.`,
  },
  {
    name: "cloudflared runs older rules than Cloudflare has",
    ill: ({ at }) => {
      // With a document that names a CA file that it does not have.
      const { state } = at.sandbox.cloudflare;
      at.sandbox.cloudflare.propagation.view();
      state.caFiles = new Set();
      for (const [id, { version, config, ...rest }] of state.configurations)
        state.configurations.set(id, {
          ...rest,
          version: version + 1,
          config: { ...config, originRequest: { caPool: "/gone.pem" } },
        });
    },
    code: 1,
    says: `✗ Tunnel      cfauth: cloudflared runs older rules                                           CFA-TUNNEL-BEHIND
    A cloudflared of the tunnel cfauth still runs older rules than those that cfauth wrote, so what was closed
    or narrowed may still be open
    → read in docker compose logs cloudflared which rule it refuses and correct that label; else restart it:
      docker compose restart cloudflared
1 problem. 7 groups are fine.`,
  },
  {
    name: "the tunnel takes its rules from its own machine",
    ill: (at) => tunnels(at, { config_src: "local" }),
    code: 1,
    says: `✗ Tunnel      the tunnel cfauth takes its rules from a local config.yml                       CFA-TUNNEL-LOCAL
    So cfauth cannot set any
    → migrate it under Zero Trust → Networks → Tunnels, or name another tunnel in CFAUTH_TUNNEL
– Routes      not checked: needs a remotely managed tunnel
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "the tunnel of the settings is gone",
    ill: (at) => (at.settings["CFAUTH_TUNNEL"] = "11111111-2222-4333-8444-555555555555"),
    code: 1,
    says: `✗ Tunnel      the tunnel 11111111-2222-4333-8444-555555555555 of CFAUTH_TUNNEL is not in this account, or was
              deleted                                                                       CFA-TUNNEL-MISSING
    → set CFAUTH_TUNNEL to the id or the name of an existing tunnel (Zero Trust → Networks → Tunnels)
– Routes      not checked: needs Tunnel
1 problem. 6 groups are fine, 1 was not checked.`,
  },
  {
    name: "Authentik does not answer",
    ill: (at) => (at.settings["AUTHENTIK_API_URL"] = "http://127.0.0.1:9"),
    code: 1,
    says: `✗ Authentik   at http://127.0.0.1:9 did not answer (ECONNREFUSED) when asked to say its version
              CFA-AK-UNREACHABLE
    → check that Authentik runs, that AUTHENTIK_API_URL leads to it, and that cfauth is on its network
– Login       not checked: needs Authentik
– Routes      not checked: needs Authentik
1 problem. 5 groups are fine, 2 were not checked.`,
  },
  {
    name: "another container answers to Authentik's name",
    ill: (at) => {
      at.stranger = { host: "authentik-server", address: "172.19.0.9", container: "blog" };
    },
    code: 0,
    says: `! Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expiry unknown · superuser, all permissions
              CFA-AK-STRANGER
    The name authentik-server in AUTHENTIK_API_URL also resolves to 172.19.0.9, which is container blog;
    cfauth sends its token only to Authentik's container
    → set CFAUTH_AUTHENTIK_CONTAINER to the name of Authentik's container, and AUTHENTIK_API_URL to
      http://<that name>.<network>:9000 with a network that only cfauth and Authentik are on
1 warning. cfauth can work.`,
  },
  {
    name: "the Authentik token is refused",
    ill: (at) => (at.settings["AUTHENTIK_TOKEN"] = "another-token-than-that"),
    code: 1,
    says: `✗ Authentik   answers at http://127.0.0.1:<port> but rejects the token (from AUTHENTIK_TOKEN)      CFA-AK-TOKEN
    It has expired or was replaced; Authentik renews API tokens every 30 minutes unless "Expiring" is off
    → http://auth.home.localhost:<port>/if/admin/#/core/tokens → Create: intent "API Token", Expiring off; put
      the key into AUTHENTIK_TOKEN, then: docker compose up -d --force-recreate cfauth
– Login       not checked: needs Authentik
– Routes      not checked: needs Authentik
1 problem. 5 groups are fine, 2 were not checked.`,
  },
  {
    name: "the Authentik token expires soon",
    ill: (at) => at.at.sandbox.authentik.state.tokens.push(token(true)),
    code: 0,
    says: `! Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expires 2026-12-01 · superuser, all
              permissions                                                                 CFA-AK-TOKEN-EXPIRES
    Expires 2026-12-01: cfauth cannot change anything after that
    → http://auth.home.localhost:<port>/if/admin/#/core/tokens: edit cfauth's token and turn off Expiring;
      otherwise Authentik replaces the key when it expires
1 warning. cfauth can work.`,
  },
  {
    name: "a permission of the Authentik token is missing",
    ill: (at) => without(at, "authentik_core.add_application"),
    code: 1,
    says: `✗ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, but 1 of 16 permissions is missing
              CFA-AK-PERMISSION
    ✗ authentik_core.add_application
    → http://auth.home.localhost:<port>/if/admin/#/identity/roles → the role of the token's user → Permissions:
      assign authentik_core.add_application
1 problem. 7 groups are fine.`,
  },
  {
    name: "permissions are missing that only tiles need",
    ill: (at) =>
      without(at, "authentik_policies.add_policybinding", "authentik_core.delete_application"),
    code: 0,
    says: `! Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, but 2 of 16 permissions are missing
              CFA-AK-PERMISSION
    ! authentik_core.delete_application  missing: without it tiles of removed routes stay
    ! authentik_policies.add_policybinding  missing: without it tiles with groups are not created
    → http://auth.home.localhost:<port>/if/admin/#/identity/roles → the role of the token's user → Permissions:
      assign the missing permissions
1 warning. cfauth can work.`,
  },
  {
    name: "without what is read first, what comes after it is not looked at",
    ill: (at) => without(at, "authentik_flows.view_flow", "authentik_core.add_application"),
    code: 1,
    says: `✗ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, but 2 of 16 permissions are missing
              CFA-AK-PERMISSION
    ✗ authentik_core.add_application
    ✗ authentik_flows.view_flow
    → http://auth.home.localhost:<port>/if/admin/#/identity/roles → the role of the token's user → Permissions:
      assign the missing permissions
– Login       not checked: needs authentik_flows.view_flow
– Routes      not checked: needs authentik_flows.view_flow
1 problem. 5 groups are fine, 2 were not checked.`,
  },
  {
    name: "the client secret was changed in Authentik",
    ill: (at) => (provider(at).client_secret = "y".repeat(64)),
    code: 0,
    says: `! Login       cf-tunnel-access differs between Cloudflare and Authentik                      CFA-LOGIN-DIFFERS
    The login method in Cloudflare was given a client secret that differs from the provider's current one
    → cfauth corrects it at its next resync; docker compose logs cfauth shows an error if it cannot
1 warning. cfauth can work.`,
  },
  {
    name: "the login method has another client than the provider",
    ill: (at) => (method(at)["client_id"] = "other"),
    code: 0,
    says: `! Login       cf-tunnel-access differs between Cloudflare and Authentik
    ! The login method in Cloudflare has a different client_id than the provider in Authentik
      CFA-LOGIN-DIFFERS
    → cfauth corrects it at its next resync; docker compose logs cfauth shows an error if it cannot
    ! The login redirect ends at "Client ID Error" (400) instead of Authentik's login page
      CFA-AK-LOGIN-REFUSED
    → nothing else to do: it may be gone when cfauth has corrected the difference
2 warnings. cfauth can work.`,
  },
  {
    name: "the provider lost its signing key",
    ill: (at) => (provider(at).signing_key = null),
    code: 0,
    says: `! Login       Authentik's signing keys are missing
    ! The provider cf-tunnel-access in Authentik is not set up as Cloudflare logins need it  CFA-LOGIN-DIFFERS
    → cfauth corrects it at its next resync; docker compose logs cfauth shows an error if it cannot
    ! Authentik publishes no signing key for the provider, so Cloudflare cannot verify logins    CFA-AK-NO-KEY
    → nothing else to do: cfauth gives the provider a key when it corrects the login
2 warnings. cfauth can work.`,
  },
  {
    name: "Authentik shows no key, though the provider has one",
    ill: (at) => at.pages.set("/jwks/", { status: 200, location: undefined, body: "{}" }),
    code: 1,
    says: `✗ Login       Authentik's signing keys are missing                                               CFA-AK-NO-KEY
    Authentik publishes no signing key for the provider, so Cloudflare cannot verify logins
    → Authentik → Applications → Providers → the provider → Edit: choose a Signing Key
1 problem. 7 groups are fine.`,
  },
  {
    name: "an Access application of another owner protects Authentik",
    ill: (at) =>
      seedApp(at.at.sandbox.cloudflare.state, { domain: "*.home.localhost", name: "Homelab" }),
    code: 1,
    says: `✗ Login       Authentik itself is behind Access                                           CFA-AK-BEHIND-ACCESS
    The Access application "Homelab" (*.home.localhost), which is not cfauth's, protects auth.home.localhost,
    Authentik itself: logging in would require a login
    → give Authentik's container the label hostname: auth.home.localhost (cfauth keeps it open by itself), or
      add an Access application for auth.home.localhost with a Bypass policy
! Routes      1 requested, 1 live · 1 warning · no other daemon uses owner app             CFA-CONFLICT-ACCESS
    wiki.home.localhost (container wiki): the Access application "Homelab" (*.home.localhost), which is not
    cfauth's, also covers wiki.home.localhost: cfauth's own is more specific and decides who enters
    → set cfauth.adopt: "true" on container wiki if that is intended, or choose another hostname
1 problem, 1 warning. 6 groups are fine.`,
  },
  {
    name: "Authentik's pages redirect to a login of Access",
    ill: (at) => at.pages.set("/.well-known/openid-configuration", toAccess),
    code: 1,
    says: `✗ Login       Authentik itself is behind Access                                           CFA-AK-BEHIND-ACCESS
    auth.home.localhost redirects to home.cloudflareaccess.com: people would have to log in before they could
    log in
    → give Authentik's container the label cfauth.hostname: auth.home.localhost (cfauth keeps it open by
      itself)
    → or add an Access application for auth.home.localhost with a Bypass policy
1 problem. 7 groups are fine.`,
  },
  {
    name: "browsers do not reach Authentik",
    ill: (at) => at.pages.set("/openid-configuration", { why: "ENOTFOUND" }),
    code: 1,
    says: `✗ Login       Authentik is not reachable at AUTHENTIK_URL                                    CFA-AK-PUBLIC-URL
    http://auth.home.localhost:<port> does not answer from here (ENOTFOUND)
    → open it in a browser: if it answers there, only this container cannot reach it, and logins work
    → or correct AUTHENTIK_URL: it is the address at which browsers and Cloudflare reach Authentik
1 problem. 7 groups are fine.`,
  },
  {
    name: "AUTHENTIK_URL leads to something else",
    ill: (at) =>
      at.pages.set("/openid-configuration", { status: 404, location: undefined, body: "not here" }),
    code: 1,
    says: `✗ Login       Authentik is not reachable at AUTHENTIK_URL                                    CFA-AK-PUBLIC-URL
    http://auth.home.localhost:<port> answers, but not with Authentik's discovery document (404)
    → correct AUTHENTIK_URL: it is the address at which browsers and Cloudflare reach Authentik, with its path
      prefix if it has one
1 problem. 7 groups are fine.`,
  },
  {
    name: "a proxy hides from Authentik under which name it is asked",
    ill: (at) =>
      at.pages.set("/openid-configuration", {
        status: 200,
        location: undefined,
        body: JSON.stringify({
          issuer: "http://authentik-server:9000/application/o/cf-tunnel-access/",
        }),
      }),
    code: 0,
    says: `! Login       Authentik sees a different hostname than AUTHENTIK_URL                             CFA-AK-ISSUER
    Authentik calls itself http://authentik-server:9000/application/o/cf-tunnel-access/, not
    http://auth.home.localhost:<port>: the proxy in front of it does not pass on the requested hostname
    → let the proxy in front of Authentik pass on Host and X-Forwarded-Proto; from 2026.8 on, list its network
      in AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS
1 warning. cfauth can work.`,
  },
  {
    name: "Authentik refuses the login",
    ill: (at) =>
      at.pages.set("/authorize/", {
        status: 400,
        location: undefined,
        body: "<title>authentik</title><h1 class='x'>Redirect URI\n Error</h1>",
      }),
    code: 1,
    says: `✗ Login       Authentik refuses the login                                                 CFA-AK-LOGIN-REFUSED
    The login redirect ends at "Redirect URI Error" (400) instead of Authentik's login page
    → http://auth.home.localhost:<port>/if/admin/#/events/log shows why Authentik refused it
1 problem. 7 groups are fine.`,
  },
  {
    name: "a hostname is deeper than the free certificate covers",
    ill: (at) =>
      at.engine.containers.push(
        workload(
          { "cfauth.hostname": "grafana.lab.home.localhost" },
          { name: "grafana", ports: [tcp(3000)] },
        ),
      ),
    code: 0,
    says: `! Routes      2 requested, 1 live · 1 to be opened by cfauth · 1 warning · no other daemon uses owner app
              CFA-HOST-TOO-DEEP
    Container grafana: Cloudflare's free certificate does not cover grafana.lab.home.localhost, only
    home.localhost and one label below it
    → use grafana-lab.home.localhost, or order an advanced certificate
1 warning. cfauth can work.`,
  },
  {
    name: "labels cannot be read",
    ill: (at) =>
      at.engine.containers.push(
        workload(
          {
            "cfauth.hostname": "blog.home.localhost",
            "cfauth.acess": "public",
            "cfauth.access.emails": "bob@@example.com",
          },
          { name: "blog", ports: [tcp(3000)] },
        ),
      ),
    code: 1,
    says: `✗ Routes      2 requested, 1 live · 2 problems · no other daemon uses owner app
    ✗ Container blog: cfauth.acess is not a label of cfauth; nothing is opened, since it might have asked for
      protection                                                                             CFA-LABEL-UNKNOWN
    → write cfauth.access
    ✗ blog.home.localhost (container blog): cfauth.access.emails="(an e-mail address)" is neither an e-mail
      address nor a domain                                                                     CFA-LABEL-VALUE
    → write (an e-mail address), or @example.com for everyone there
2 problems. 7 groups are fine.`,
  },
  {
    name: "a route of this owner came from elsewhere while the daemon ran",
    ill: (at) => Object.assign(at, { beside: reportOf([]) }).engine.containers.pop(),
    code: 0,
    says: `! Routes      0 requested, 0 live · 1 warning                                                 CFA-OWNER-SHARED
    1 route carries the mark of owner app, but no container here requests it: wiki.home.localhost. Another
    machine may run cfauth with owner app, and then each removes the other's routes; or somebody may have
    changed it by hand
    → if there is another one, give each its own CFAUTH_OWNER
    → if there is none, there is nothing to do: cfauth closes what nobody requests by itself
1 warning. cfauth can work.`,
  },
  {
    name: "routes of the named owner stand that nobody here asks for, before cfauth was ever started here",
    ill: (at) => Object.assign(at, { beside: undefined }).engine.containers.pop(),
    code: 0,
    says: `! Routes      0 requested, 0 live · 1 warning                                                 CFA-OWNER-SHARED
    1 route carries the mark of owner app, but no container here requests it: wiki.home.localhost. Another
    machine may run cfauth with owner app, and then each removes the other's routes; or their containers may
    just be stopped
    → if there is another one, give each its own CFAUTH_OWNER before cfauth starts here, because it closes
      them after 5 min
    → if there is none, there is nothing to do: cfauth closes what nobody requests by itself
1 warning. cfauth can work.`,
  },
  {
    name: "a record was changed behind the daemon's back",
    ill: (at) => at.at.sandbox.cloudflare.state.records.clear(),
    code: 0,
    says: `! Routes      1 requested, 0 live · 1 to be opened by cfauth · 1 warning                      CFA-OWNER-SHARED
    wiki.home.localhost is not as cfauth left it at 10:42 UTC. Another machine may run cfauth with owner app,
    and then each removes the other's routes; or somebody may have changed it by hand
    → if there is another one, give each its own CFAUTH_OWNER
    → if there is none, there is nothing to do: cfauth corrects it by itself
1 warning. cfauth can work.`,
  },
  {
    name: "the authorization flow has another name than the setting says",
    ill: ({ at }) => {
      for (const flow of at.sandbox.authentik.state.flows)
        if (flow.slug.includes("explicit")) flow.slug = "my-authorization";
    },
    code: 1,
    says: `✗ Login       Authentik lacks prerequisites of cf-tunnel-access                                 CFA-AK-NO-FLOW
    Authentik has no authorization flow default-provider-authorization-explicit-consent
    → set CFAUTH_AUTHENTIK_FLOW to one that is there: default-provider-authorization-implicit-consent,
      my-authorization
1 problem. 7 groups are fine.`,
  },
  {
    name: "it is a dry run",
    ill: (at) => (at.settings["CFAUTH_DRY_RUN"] = "true"),
    code: 0,
    says: `! Settings    8 set · dry run
    CFAUTH_DRY_RUN is on: cfauth logs what it would do and writes nothing
    → remove CFAUTH_DRY_RUN to let cfauth write, then: docker compose up -d
1 warning. cfauth can work.`,
  },
];

describe("one thing is ill", () => {
  let at: Clinic;
  beforeAll(async () => {
    // Each look takes some forty calls, and an hour's worth of them is made in seconds.
    at = await clinic({ rateLimit: { quota: 100_000, windowSeconds: 300 } });
  });
  afterAll(() => at[Symbol.asyncDispose]());

  it.each(ILLNESSES)("$name", async ({ ill, code, says }) => {
    at.cure();
    await ill(at);
    const before = JSON.stringify([...everything(at)]);
    const secrets = secretsOf(at);
    const { text, json } = await at.both();
    expect(told(text.out)).toBe(says);
    expect([text.code, json.code, json.read.ok]).toEqual([code, code, code === 0]);
    for (const id of json.read.groups.flatMap(({ checks }) =>
      checks.map((check) => check["id"] ?? ""),
    ))
      expect(id).toMatch(DOCUMENTED);
    for (const secret of secrets) expect(`${text.out}${json.out}`).not.toContain(secret);
    expect(`${text.out}${json.out}`).not.toMatch(/[\w.]+@[\w-]+\.\w/);
    expect(JSON.stringify([...everything(at)])).toBe(before);
  });
});

/** The ids as docs/commands.md has them: `….dns` goes on from the one before, and what stands in <> is anything. */
const DOCUMENTED = documented(
  readFileSync(resolve(import.meta.dirname, "../../../docs/commands.md"), "utf8"),
);

function documented(page: string): RegExp {
  const [, rest = ""] = page.split("| group | ids |");
  const [table = ""] = rest.split("\n\n");
  const ids = [...table.matchAll(/`([^`]+)`/g)].map(([, id = ""]) =>
    id.replace("….", "cloudflare.permission."),
  );
  return new RegExp(
    `^(${ids.map((id) => id.replaceAll(".", "\\.").replace(/<.*>/, ".+")).join("|")})$`,
  );
}

/** All that doctor could have changed. */
const everything = ({ at: { sandbox } }: Clinic): readonly unknown[] => [
  ...Object.values(sandbox.cloudflare.state).map((part) =>
    part instanceof Map ? [...part] : part,
  ),
  sandbox.authentik.state,
];

const secretsOf = ({ at: { sandbox }, settings }: Clinic): readonly string[] => [
  settings["CLOUDFLARE_API_TOKEN"] ?? sandbox.cloudflare.state.token,
  settings["AUTHENTIK_TOKEN"] ?? sandbox.authentik.state.apiToken.key,
  ...[...sandbox.cloudflare.state.tunnels.values()].map(({ secret }) => secret),
  ...sandbox.authentik.state.providers.map(({ client_secret }) => client_secret),
];

describe("all is well", () => {
  it("one line for each group, with the fact that matters, and no fault", async () => {
    await using at = await clinic();
    const { code, out } = await at.text();
    expect(lines(out)).toEqual([
      `cfauth doctor ${VERSION}`,
      "✓ Settings    7 set",
      "✓ Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · network tunnel, 1 container",
      "✓ Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost",
      "✓ Tunnel      cfauth, managed from the dashboard · 4 connections, cloudflared 2026.8.2",
      "✓ Zero Trust  home.cloudflareaccess.com",
      "✓ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expiry unknown · superuser, all permissions",
      "✓ Login       cf-tunnel-access matches on both sides · 1 signing key (RS256) · a login reaches Authentik",
      "✓ Routes      1 requested, 1 live · no other daemon uses owner app",
      "Everything cfauth needs is in place.",
    ]);
    expect(code).toBe(0);
  });

  it("before cfauth was ever started nothing is called ill that it makes by itself", async () => {
    await using at = await clinic({ fresh: true });
    const { code, out } = await at.text();
    expect(lines(out).slice(-4)).toEqual([
      "✓ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expiry unknown · superuser, all permissions",
      "✓ Login       cf-tunnel-access, not created yet: cfauth creates both ends when it starts",
      "✓ Routes      1 requested, 0 live · 1 to be opened by cfauth · owner app",
      "Everything cfauth needs is in place.",
    ]);
    expect([
      code,
      at.at.sandbox.cloudflare.state.apps.size,
      at.at.sandbox.authentik.state.providers.length,
    ]).toEqual([0, 0, 0]);
  });

  it("what is not made though the daemon runs is a warning", async () => {
    await using at = await clinic({ fresh: true });
    at.beside = reportOf([]);
    const { code, out } = await at.text();
    expect(told(out).split("\n").slice(0, 3)).toEqual([
      "! Login       cf-tunnel-access, not created yet, although cfauth runs                        CFA-LOGIN-DIFFERS",
      "    cfauth runs but has not created the login yet",
      "    → docker compose logs cfauth shows what it is waiting for",
    ]);
    expect(code).toBe(0);
  });

  it("with the daemon down, nothing is called ill that it only has to be started for", async () => {
    await using at = await clinic();
    at.beside = undefined;
    expect(lines((await at.text()).out).at(-2)).toBe(
      "✓ Routes      1 requested, 1 live · owner app",
    );
  });

  it.each([
    { version: "2024.2", all: 16 },
    { version: "2025.12", all: 16 },
    { version: "2026.11", all: 18 },
  ] as const)(
    "in Authentik $version an ordinary user's permissions are read, each of $all",
    async ({ version, all }) => {
      await using at = await clinic({ version });
      mayOnly(at.at.sandbox, [...permissions, ...(all === 18 ? secretPermissions : [])]);
      at.at.sandbox.authentik.state.tokens.push({ ...token(false), username: "cfauth" });
      expect(lines((await at.text()).out)[6]).toMatch(
        new RegExp(`· token valid, never expires · ${all} of ${all} permissions$`),
      );
      without(at, "authentik_core.add_application");
      expect((await at.text()).out).toMatch(
        new RegExp(`token valid, but ${all === 18 ? 3 : 1} of ${all} permissions`),
      );
    },
  );

  it("the token of an account, not of a user, is known as well", async () => {
    await using at = await clinic();
    const { controls } = at.at.sandbox;
    controls.fault(({ path }) => path === "/user/tokens/verify", { kind: "status", ...refused });
    controls.fault(({ path }) => /^\/accounts\/\w+\/tokens\/verify$/.test(path), {
      kind: "status",
      ...accepted,
    });
    expect(lines((await at.text()).out)[3]).toBe(
      "✓ Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost",
    );
  });
});

describe("--json", () => {
  it("has every check once under a stable id, in the order of the groups, and says what each skipped one needs", async () => {
    await using at = await clinic();
    at.at.sandbox.cloudflare.state.denied.add("tunnel");
    const { read, code } = await at.json();
    expect([code, read.formatVersion, read.ok]).toEqual([1, "1.0", false]);
    expect(read.groups.map(({ id, result }) => `${id} ${result}`)).toEqual([
      "settings pass",
      "docker pass",
      "cloudflare fail",
      "tunnel skip",
      "zero-trust pass",
      "authentik pass",
      "login pass",
      "routes skip",
    ]);
    const checks = read.groups.flatMap((group) => group.checks);
    expect(checks.filter(({ result }) => result === "skip")).toEqual([
      { id: "tunnel", title: "Tunnel", result: "skip", needs: "cloudflare.permission.tunnel" },
      { id: "routes", title: "Routes", result: "skip", needs: "tunnel" },
    ]);
    expect(checks.find(({ id }) => id === "cloudflare.permission.tunnel")).toEqual({
      id: "cloudflare.permission.tunnel",
      title: "Account · Cloudflare Tunnel · Edit",
      result: "fail",
      detail: "missing",
      code: "CFA-CF-PERMISSION",
      fix: "dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add it (the token stays the same)",
      alternative: `or create a new token with everything ticked: ${TOKEN_FORM}`,
      docs: problemUrl("CFA-CF-PERMISSION"),
    });
    const counted = Object.fromEntries(
      ["pass", "warn", "fail", "skip"].map((it) => [
        it,
        checks.filter(({ result }) => result === it).length,
      ]),
    );
    expect(read.counts).toEqual(counted);
  });

  it("no address of somebody's home is in it, though the terminal tells it", async () => {
    await using at = await clinic();
    seedRecord(at.at.sandbox.cloudflare.state, {
      name: at.at.host("photos"),
      content: "203.0.113.7",
    });
    at.engine.containers.push(
      workload({ "cfauth.hostname": at.at.host("photos") }, { name: "photos", ports: [tcp(80)] }),
    );
    expect((await at.text()).out).toContain("203.0.113.7");
    const { out, read } = await at.json();
    expect(out).not.toContain("203.0.113.7");
    expect(read.groups.at(-1)?.checks.find(({ id }) => id === "routes.conflict-dns")).toMatchObject(
      {
        result: "fail",
        hostname: at.at.host("photos"),
        container: "photos",
        label: "cfauth.hostname",
        detail: expect.stringContaining("(an address)"),
      },
    );
  });
});

const lines = (out: string): readonly string[] =>
  out
    .replaceAll(/:\d{5}\b/g, ":<port>")
    .trimEnd()
    .split("\n");

const refused = {
  status: 401,
  body: {
    success: false,
    errors: [{ code: 1000, message: "Invalid API Token" }],
    messages: [],
    result: null,
  },
};

const accepted = {
  status: 200,
  body: {
    success: true,
    errors: [],
    messages: [],
    result: { id: "0123456789abcdef0123456789abcdef", status: "active" },
  },
};
