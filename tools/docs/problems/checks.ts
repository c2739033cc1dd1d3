import { TOKEN_FORM } from "../../../src/core/links.ts";
import { type Entry, sh, yaml } from "./entry.ts";

const NONE = "None by itself: routes are as they were.";

/** What only `cfauth doctor` looks at. Here too an entry counts only where there is such a code. */
export const ofChecks = {
  "CFA-DOCKER-NETWORK": {
    so: "There is no Docker network of the name in `CFAUTH_NETWORK` (`tunnel` unless set), over which cloudflared is to reach containers. Compose puts the project's name in front of a network (`home_tunnel`), unless the network is given a name of its own.",
    why: "Nothing can be on a network that is not there, so every route would be refused with `CFA-NETWORK-MISSING`.",
    mend: [
      "Make it, with cloudflared and your services on it, or name the one that there is:",
      sh("docker network create tunnel"),
      yaml("networks:", "  tunnel:", "    name: tunnel       # without it: <project>_tunnel"),
    ],
    effect: NONE,
  },
  "CFA-CF-ZONE": {
    so: "`CFAUTH_ZONES` names a domain that the token does not see or leaves out the zone of `CFAUTH_DOMAIN`, or a domain is pending: its name servers do not lead to Cloudflare yet.",
    goesOn: true,
    why: "with the other zones.",
    mend: [
      "- Not seen: give the token Zone · Read and DNS · Edit for it, or correct `CFAUTH_ZONES`.\n- Left out: add the zone of `CFAUTH_DOMAIN` to `CFAUTH_ZONES`, or set another domain.\n- Pending: dash.cloudflare.com → the domain → Overview shows two name servers. Set them where the domain is registered, and wait: hours, sometimes a day.",
    ],
    effect: "Hostnames of that zone are refused, or are not reached by anybody.",
  },
  "CFA-CF-TOKEN-EXPIRES": {
    so: "The Cloudflare API token expires within two weeks, and nothing can be changed from then on.",
    goesOn: true,
    why: "until that day.",
    mend: [
      `[Create a new one](${TOKEN_FORM}), without an end or with a later one, and put it into \`CLOUDFLARE_API_TOKEN\`.`,
    ],
    effect: NONE,
  },
  "CFA-AK-TOKEN-EXPIRES": {
    so: "The token of Authentik expires within two weeks. Authentik then puts another key in its place, which cfauth does not know.",
    goesOn: true,
    why: "until that day.",
    mend: [
      "In Authentik: Directory → Tokens and App passwords → the token of cfauth → Edit: switch Expiring off. The key stays the same.",
    ],
    effect: NONE,
  },
  "CFA-AK-PUBLIC-URL": {
    so: "Authentik does not answer at `AUTHENTIK_URL`, or something else does. cfauth speaks to it by another address (`AUTHENTIK_API_URL`), but browsers and Cloudflare come this way.",
    goesOn: true,
    why: "it may be only this container that does not get there, since names may resolve otherwise inside the house; and where cfauth itself is to route Authentik, the address answers only once it has.",
    mend: [
      "Open it in a browser, best over the phone's own network. If Authentik is there, logins go well. If not, correct `AUTHENTIK_URL`, with the path prefix if Authentik has one.",
    ],
    effect: "If browsers do not get there either: new logins fail.",
  },
  "CFA-AK-ISSUER": {
    so: "Authentik calls itself by another address than `AUTHENTIK_URL`: what is in front of it does not tell it under which name it was asked, and whether by https.",
    goesOn: true,
    why: "it writes the right addresses into the login method by itself. Other applications of Authentik may suffer.",
    mend: [
      "Let the proxy in front of Authentik pass on `Host` and `X-Forwarded-Proto`. From Authentik 2026.8 on, name the proxy's network in `AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS`; for the tunnel that is the Docker network `tunnel`.",
    ],
    effect: NONE,
  },
  "CFA-AK-LOGIN-REFUSED": {
    so: "`cfauth doctor` went the way of somebody who is sent to log in, and did not come to Authentik's login page.",
    goesOn: true,
    why: "routes are opened all the same, but visitors would not come to the login page either.",
    mend: [
      "Authentik's own log tells why: Admin interface → Events → Logs. Often the provider was changed by hand; cfauth puts it right at its next resync. See also [invalid_request](#invalid_request-the-request-is-otherwise-malformed-authentik) and [Redirect URI Error](#redirect-uri-error-authentik).",
    ],
    effect: "New logins fail. Who is logged in goes on.",
  },
  "CFA-LOGIN-DIFFERS": {
    so: "The login method in Cloudflare and the provider in Authentik do not agree: another address, client secret, scope or claim. Somebody changed one of them.",
    goesOn: true,
    why: "`cfauth doctor` only looks; the daemon mends it.",
    mend: [
      "Nothing, if cfauth runs: it is put right at the next resync, and the log tells if it cannot be. Else start it:",
      sh("docker compose up -d cfauth"),
    ],
    effect: "New logins may fail until then.",
  },
  "CFA-OWNER-SHARED": {
    so: "It looks as if another machine ran cfauth under the same owner's name: there are routes with this mark that no container here asks for, or routes change behind cfauth's back.",
    goesOn: true,
    why: "it cannot be sure. Two with one name take each other's routes for their own, and close them. There is no list of cfauths to look at, so this is a guess from what they leave behind; containers that are only stopped, or a change by hand, look alike.",
    mend: [
      "If there is another one, a clone of this machine, say, give each a name of its own before this one runs on:",
      yaml("    environment:", "      CFAUTH_OWNER: home-nas"),
      "If there is none, there is nothing to do.",
    ],
    effect: "With two: routes come and go. Nothing is open that should not be.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
