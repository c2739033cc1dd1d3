import { TOKEN_FORM } from "../../../src/core/links.ts";
import { type Entry, sh, yaml } from "./entry.ts";

const NONE = "None by itself: routes stay as they are.";

/** What only `cfauth doctor` checks. */
export const CHECKS = {
  "CFA-DOCKER-NETWORK": {
    title: "the tunnel network does not exist",
    meaning:
      "There is no Docker network with the name in `CFAUTH_NETWORK` (default `tunnel`), over which cloudflared reaches containers. Compose puts the project's name in front of a network's name (`home_tunnel`) unless the network has an explicit `name`.",
    reason:
      "No container can be on a network that does not exist, so every route would be refused with `CFA-NETWORK-MISSING`.",
    solution: [
      "Create it, with cloudflared and your services on it, or name the existing one:",
      sh("docker network create tunnel"),
      yaml("networks:", "  tunnel:", "    name: tunnel       # without it: <project>_tunnel"),
    ],
    effect: NONE,
  },
  "CFA-CF-ZONE": {
    title: "a zone is missing or pending",
    meaning:
      "`CFAUTH_ZONES` names a domain that the token does not see, or leaves out the zone of `CFAUTH_DOMAIN`. Or a domain is pending: its name servers do not lead to Cloudflare yet.",
    warning: true,
    reason: "cfauth uses the other zones.",
    solution: [
      "- Not seen: give the token Zone · Read and DNS · Edit for it, or correct `CFAUTH_ZONES`.\n- Left out: add the zone of `CFAUTH_DOMAIN` to `CFAUTH_ZONES`, or set another domain.\n- Pending: dash.cloudflare.com → the domain → Overview shows two name servers. Set them at the registrar of the domain and wait: hours, sometimes a day.",
    ],
    effect: "Hostnames of that zone are refused, or nobody can reach them.",
  },
  "CFA-CF-TOKEN-EXPIRES": {
    title: "the Cloudflare token expires soon",
    meaning:
      "The Cloudflare API token expires within two weeks. After that cfauth can change nothing.",
    warning: true,
    reason: "The token works until that day.",
    solution: [
      `[Create a new one](${TOKEN_FORM}), without an end date or with a later one, and put it into \`CLOUDFLARE_API_TOKEN\`.`,
    ],
    effect: NONE,
  },
  "CFA-AK-TOKEN-EXPIRES": {
    title: "Authentik's token expires soon",
    meaning:
      "Authentik's token expires within two weeks. Authentik then replaces its key, and cfauth does not know the new one.",
    warning: true,
    reason: "The token works until that day.",
    solution: [
      "In Authentik: Directory → Tokens and App passwords → cfauth's token → Edit, then switch Expiring off. The key stays the same.",
    ],
    effect: NONE,
  },
  "CFA-AK-PUBLIC-URL": {
    title: "Authentik does not answer at its public address",
    meaning:
      "Authentik does not answer at `AUTHENTIK_URL`, or something else does. cfauth itself uses another address (`AUTHENTIK_API_URL`), but browsers and Cloudflare use this one.",
    warning: true,
    reason:
      "Perhaps only this container cannot reach it, because names may resolve differently inside your network. And if cfauth routes Authentik, the address answers only once that route is open.",
    solution: [
      "Open it in a browser, preferably over a phone's mobile network. If Authentik answers, logins work. If not, correct `AUTHENTIK_URL`, with the path prefix if Authentik has one.",
    ],
    effect: "If browsers cannot reach it either, new logins fail.",
  },
  "CFA-AK-ISSUER": {
    title: "Authentik uses another address than `AUTHENTIK_URL`",
    meaning:
      "Authentik uses another address for itself than `AUTHENTIK_URL`: the proxy in front of it does not pass on the requested hostname, or that https was used.",
    warning: true,
    reason:
      "cfauth writes the right addresses into the login method itself. Other applications in Authentik may be affected.",
    solution: [
      "Let the proxy in front of Authentik pass on `Host` and `X-Forwarded-Proto`. From Authentik 2026.8 on, name the proxy's network in `AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS`; for the tunnel that is the Docker network `tunnel`.",
    ],
    effect: NONE,
  },
  "CFA-AK-LOGIN-REFUSED": {
    title: "the login redirect does not end at Authentik's login page",
    meaning:
      "`cfauth doctor` followed the login redirects like a visitor and did not reach Authentik's login page.",
    warning: true,
    reason: "Routes still open, but visitors would not reach the login page either.",
    solution: [
      "Authentik's own log shows why: Admin interface → Events → Logs. Often the provider was changed by hand; cfauth repairs it at its next resync. See also [invalid_request](#invalid_request-the-request-is-otherwise-malformed-authentik) and [Redirect URI Error](#redirect-uri-error-authentik).",
    ],
    effect: "New logins fail. People who are logged in stay logged in.",
  },
  "CFA-LOGIN-DIFFERS": {
    title: "Cloudflare and Authentik disagree about the login",
    meaning:
      "The login method in Cloudflare and the provider in Authentik do not match: an address, the client secret, a scope or a claim differs. Someone changed one of them.",
    warning: true,
    reason: "`cfauth doctor` only reports; the daemon repairs it.",
    solution: [
      "Nothing, if cfauth runs: it repairs this at the next resync, and the log reports it if that fails. Otherwise start it:",
      sh("docker compose up -d cfauth"),
    ],
    effect: "New logins may fail until then.",
  },
  "CFA-OWNER-SHARED": {
    title: "two cfauths with the same owner",
    meaning:
      "Another machine seems to run cfauth with the same owner: routes with this mark exist that no container here asks for, or something else changes cfauth's routes.",
    warning: true,
    reason:
      "Two cfauths with the same owner mistake each other's routes for their own and close them. There is no list of installations, so this is a guess from what they leave behind. Stopped containers, or a change by hand, look the same.",
    solution: [
      "If there is another one, for example on a clone of this machine, give each its own name before this one continues:",
      yaml("    environment:", "      CFAUTH_OWNER: home-nas"),
      "If there is none, do nothing.",
    ],
    effect:
      "With two installations, routes open and close repeatedly. Nothing is open that should not be.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
