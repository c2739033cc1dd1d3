import type { Authentik } from "../../../src/clients/authentik/authentik.ts";
import type { AddressBook } from "../../../src/clients/authentik/destination.ts";
import {
  authentikConnectionError,
  authentikResponseError,
  invalidAuthentikResponse,
  oversizedAuthentikResponse,
} from "../../../src/clients/authentik/errors.ts";
import { allowedAddresses } from "../../../src/clients/authentik/lookup.ts";
import {
  AUTHENTIK_OPERATIONS,
  type AuthentikOperationName,
} from "../../../src/clients/authentik/operations.ts";
import { BeyondLimit, largerThan } from "../../../src/clients/limited.ts";
import { MAX_ANSWER_VALUES, MAX_LIST_MS } from "../../../src/clients/limits.ts";
import type { AuthentikContainer } from "../../../src/core/domain/authentik-container.ts";
import { diagnoseLoginBehindAccess } from "../../../src/resources/access-application/login-behind-access.ts";
import { slugOf } from "../../../src/resources/library-tile/desired.ts";
import { areTilesUnavailable, libraryTiles } from "../../../src/resources/library-tile/propose.ts";
import { NO_TILES, type ObservedLibraryTiles } from "../../../src/resources/library-tile/types.ts";
import { observePrerequisites } from "../../../src/resources/login/prerequisites.ts";
import { authentikIs, exposure, key } from "../../../test/support/builders.ts";
import { emptyWorld, OWNER } from "../../../test/unit/core/plan/model.ts";
import { AS_IT_WAS, type Entry, type Said, sh, yaml } from "./entry.ts";
import { labels, theirs, thrown } from "./run.ts";
import { converged, desired } from "./worlds.ts";

const failed = (operation: AuthentikOperationName) => ({
  operation: AUTHENTIK_OPERATIONS[operation],
  url: "http://authentik-server:9000",
  hide: [],
});

/** @param body - what Authentik answers; absent where it is not JSON */
const answered = (operation: AuthentikOperationName, status: number, body?: unknown) =>
  authentikResponseError(failed(operation), { status, body });

/** What cfauth says where the name leads to these addresses, and its own networks to none of Authentik's. */
const misled = (resolved: readonly string[], book: AddressBook): Promise<Said> =>
  thrown(() =>
    allowedAddresses({
      host: "authentik-server",
      dockers: true,
      plain: true,
      isNear: () => false,
      resolve: async () => resolved,
      book: async () => book,
    }),
  );

const silent = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

const FLOW = "default-provider-authorization-explicit-consent";
const SCOPES = ["openid", "email", "profile"].map((scope_name) => ({
  pk: scope_name,
  name: scope_name,
  scope_name,
  expression: "",
}));

/** What cfauth says of an Authentik that has these authorization flows, no key, and the usual scopes where it has any flow. */
async function lacking(flows: readonly string[]): Promise<readonly Said[]> {
  const has: Readonly<Record<string, readonly unknown[]>> = {
    "flows.list": flows.map((slug) => ({ pk: slug, slug })),
    "scopes.list": flows.length === 0 ? [] : SCOPES,
  };
  const authentik = {
    list: async (operation: string) => has[operation] ?? [],
  } as unknown as Authentik;
  const { prerequisites } = await observePrerequisites(authentik, FLOW);
  return "code" in prerequisites ? [prerequisites] : [];
}

/** A wildcard of cfauth's own that covers Authentik's hostname and is in place. */
function around(): readonly Said[] {
  const wildcard = desired(exposure("*.example.com", { workload: "wiki" }));
  return diagnoseLoginBehindAccess(converged(wildcard), wildcard);
}

function behind(): readonly Said[] {
  const empty = emptyWorld();
  const homelab = {
    id: "t",
    name: "Homelab",
    type: "self_hosted",
    destinations: ["*.example.com"],
    bypasses: false,
    unmanagedFields: {},
  };
  return diagnoseLoginBehindAccess(
    { ...empty, access: { ...empty.access, theirs: [homelab] } },
    desired(),
  );
}

/** What is said where the tile of wiki.example.com cannot be as it should. */
function tile(more: Partial<ObservedLibraryTiles>): readonly Said[] {
  const seen = { ...NO_TILES, me: { pk: 1, superuser: true }, ...more };
  const live = new Set([key("wiki.example.com")]);
  return libraryTiles(OWNER, true)(
    { tile: seen, lookups: { groups: { found: [] } } },
    desired(exposure("wiki.example.com", { workload: "wiki" })),
    live,
  ).problems;
}

function tilesSaid(): readonly Said[] {
  const slug = slugOf(OWNER, key("wiki.example.com"));
  const error = answered("tiles.create", 400, { meta_icon: ["Enter a valid URL."] });
  return [
    ...tile({ taken: new Set([slug]) }),
    ...tile({ failed: new Map([[slug, error]]) }),
    areTilesUnavailable(answered("tiles.list", 404, {})),
  ];
}

/** Each thing that can be known of Authentik's container. */
const WHICH: readonly AuthentikContainer[] = [
  { kind: "unnamed" },
  { kind: "absent", name: "authentik-server" },
  {
    kind: "ambiguous",
    name: "authentik-server",
    containers: ["login-authentik-server-1", "other-authentik-server-1"],
  },
  authentikIs("authentik-server"),
];

/** The container of the example is Authentik. */
const ITSELF = { login: { host: "auth.example.com", path: "", container: authentikIs("wiki") } };

const OWN_HOSTNAME = yaml(
  "services:",
  "  authentik-server:",
  "    networks: [tunnel]",
  "    labels:",
  "      cfauth.hostname: auth.example.com",
  '      cfauth.port: "9000"',
);

export const ofAuthentik = {
  "CFA-AK-OWN-HOST": {
    says: () => [
      ...WHICH.flatMap((container) =>
        labels({
          labels: { hostname: "auth.example.com" },
          settings: { login: { host: "auth.example.com", path: "", container } },
        }),
      ),
      ...labels({
        labels: { hostname: "auth.example.com", "access.groups": "family" },
        settings: ITSELF,
      }),
      ...labels({
        labels: { hostname: "auth.example.com,wiki.example.com", "access.groups": "family" },
        settings: ITSELF,
      }),
      ...around(),
      ...theirs({ hostname: "auth.example.com", service: "http://wiki:9000" }, ITSELF),
    ],
    so: "A container that is not Authentik asks for the hostname of `AUTHENTIK_URL`, or for a path in it. Or a label asks for a login in front of Authentik itself, or a route of yours, such as a wildcard, covers Authentik's hostname.",
    why: "A container that answers under Authentik's hostname could serve keys and tokens of its own, and so log in as anyone, everywhere. And no one can log in at a login page that asks for a login first.",
    mend: [
      "Authentik's own container is the one that the host of `AUTHENTIK_API_URL` names: by its container name, `<name>.<network>`, its short id or its Compose service. Where that address is public, or leads elsewhere, name the container:",
      yaml("  cfauth:", "    environment:", "      CFAUTH_AUTHENTIK_CONTAINER: authentik-server"),
      "Only Authentik itself may be named there. Any other container needs a hostname of its own. If several containers have the name, give Authentik's a `container_name`, or start cfauth in the same Compose project. If Authentik has moved to another project, restart cfauth.",
      "Where the problem is a label of Authentik's own container, remove it; who may log in at all is decided in Authentik. Where one label protects several hostnames, give Authentik's a route of its own (`cfauth.login.hostname`). For a wildcard, Authentik's container needs a label with its own hostname:",
      OWN_HOSTNAME,
    ],
    effect:
      "Another container gets nothing of Authentik's hostname. Authentik's own is open, without the protection that a label asks for. Other routes are as their labels say.",
  },
  "CFA-AK-BEHIND-ACCESS": {
    says: behind,
    so: "An Access application that somebody else made, often one for `*.example.com`, stands before Authentik.",
    why: "To log in one would have to be logged in. cfauth does not touch an application that is not its own.",
    mend: [
      "Give Authentik's container a label with its hostname. cfauth then makes an application of its own for it, which is closer and lets everybody through to the login page:",
      OWN_HOSTNAME,
      "Or, if Authentik's hostname is routed by hand: under Zero Trust → Access → Applications add one for just this hostname, with a policy whose action is Bypass and that includes Everyone.",
    ],
    effect:
      "Routes are opened, but new logins fail until it is mended. Nobody gets in who may not.",
  },
  "CFA-AK-STRANGER": {
    says: async () => [
      await misled(["172.20.0.9"], {
        own: [],
        name: undefined,
        others: new Map([["172.20.0.9", "blog"]]),
      }),
      await misled(["192.168.1.9"], {
        own: ["172.21.0.2"],
        name: "authentik-server",
        others: new Map(),
      }),
    ],
    so: "The name in `AUTHENTIK_API_URL` leads to something else than Authentik's container. Docker answers a name with whichever container has it as an alias, on the first network by name; while no container has it, the DNS outside is asked.",
    why: "The server that receives the token can use it.",
    mend: [
      "Authentik's container is the one that `CFAUTH_AUTHENTIK_CONTAINER` names, else the one that the host of `AUTHENTIK_API_URL` names. If several have the name, the one in cfauth's own Compose project counts. Give the container a name, name it, and reach it over a network that nothing else is on:",
      yaml(
        "  authentik-server:",
        "    container_name: authentik-server",
        "    networks: [authentik-api]",
        "  cfauth:",
        "    environment:",
        "      CFAUTH_AUTHENTIK_CONTAINER: authentik-server",
        "      AUTHENTIK_API_URL: http://authentik-server.authentik-api:9000",
        "    networks: [authentik-api]",
      ),
    ],
    effect: AS_IT_WAS,
  },
  "CFA-AK-PLAIN-HTTP": {
    says: async () => [
      await misled(["203.0.113.9"], { own: [], name: undefined, others: new Map() }),
    ],
    so: "The name in `AUTHENTIK_API_URL` leads to an address on the internet, and the address begins with `http://`.",
    why: "Anybody on the way could read the token.",
    mend: ["Write `https://`, or give the name a private address in your DNS."],
    effect: AS_IT_WAS,
  },
  "CFA-AK-UNREACHABLE": {
    says: () => [
      authentikConnectionError(failed("flows.list"), silent),
      answered("flows.list", 500),
      answered("flows.list", 200),
    ],
    so: "Authentik does not answer, answers with an error of its own, or something else answers in its place.",
    why: "What Authentik has is not known then, and a guess could open or shut something by mistake.",
    mend: [
      "- Does it run? `docker compose ps` and `docker compose logs authentik-server`\n- Does `AUTHENTIK_API_URL` lead to it from inside cfauth's container? Usually `http://authentik-server:9000`; `localhost` is cfauth itself.\n- Is cfauth on a network with Authentik?\n- \"Something that is not Authentik's API\": a login page or a proxy stands between. Let cfauth speak to Authentik directly.",
      "`ENOTFOUND` or `EAI_AGAIN` in brackets means that the name is not known on cfauth's networks, `ECONNREFUSED` that nobody listens at that port.",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-AK-TOKEN": {
    says: () => [answered("flows.list", 403, { detail: "Token invalid/expired" })],
    so: "Authentik refuses the token in `AUTHENTIK_TOKEN`.",
    why: "Nothing can be read or written without it.",
    mend: [
      "- Tokens with **Expiring** on are replaced after 30 minutes: switch it off.\n- The intent must be **API Token**. What a service account shows when it is made is an app password, which the API refuses.\n- In the example Compose file the token is set at Authentik's very first start only. Changing `.env` afterwards changes what cfauth sends, not what Authentik takes.",
      "After a new token:",
      sh("docker compose up -d --force-recreate cfauth"),
    ],
    effect: AS_IT_WAS,
  },
  "CFA-AK-PERMISSION": {
    says: () => [
      answered("groups.list", 403, {
        detail: "You do not have permission to perform this action.",
      }),
    ],
    so: "The token works, but its user lacks a permission, which is named.",
    why: "cfauth would see only a part and take it for the whole.",
    mend: [
      "Give the role of the token's user the permission that is named, as a global one. All that cfauth needs, in one call to copy: [an account with few permissions](authentik.md#an-account-with-few-permissions).",
    ],
    effect:
      "Where only labels that name groups need it, only those routes wait. Where only tiles need it, it is a warning and routes go on. Else nothing is changed, and what is open stays open.",
  },
  "CFA-AK-NO-FLOW": {
    says: () => lacking(["my-authorization", "my-other-authorization"]),
    so: "Authentik has no flow of the name in `CFAUTH_AUTHENTIK_FLOW`. The default is the one that Authentik brings along and that asks once for consent.",
    why: "The flow decides what a person has to do to log in; cfauth does not choose another one for you.",
    mend: [
      "Set it to one of those that are named:",
      yaml("    environment:", "      CFAUTH_AUTHENTIK_FLOW: my-authorization"),
    ],
    effect:
      "No route is opened until then. If the login was whole before, what is open goes on, and new routes are opened.",
  },
  "CFA-AK-NO-KEY": {
    says: () => lacking([FLOW]),
    so: "Authentik has no certificate with an RSA or EC key that cfauth may use. The one that Authentik makes for its own tokens, and Ed25519 or Ed448 keys, do not do: Cloudflare cannot check them.",
    why: 'Without a signing key Cloudflare refuses every login ("Failed to fetch user/group information from the identity provider").',
    mend: [
      "In Authentik: System → Certificates → Generate, with any name and the algorithm RSA. cfauth takes it by itself.",
    ],
    effect: "As with `CFA-AK-NO-FLOW`.",
  },
  "CFA-AK-NOT-READY": {
    says: async () => [...(await lacking([])), answered("flows.list", 503)],
    so: "Authentik has just been started: its server is not up yet, or its worker has not yet made what it makes at the first start.",
    why: "The login is built of these parts.",
    mend: [
      "Wait. A first start takes a minute or more on a small machine; cfauth comes back by itself within seconds. If it lasts:",
      sh("docker compose logs authentik-worker authentik-server"),
    ],
    effect: AS_IT_WAS,
  },
  "CFA-AK-REFUSED": {
    says: () => [
      answered("providers.create", 400, { redirect_uris: [{ url: ["Enter a valid URL."] }] }),
      answered("providers.update", 400, { client_secret: ["Only ASCII."] }),
      answered("flows.list", 301, {}),
      invalidAuthentikResponse(AUTHENTIK_OPERATIONS["version.get"], "version_current"),
      oversizedAuthentikResponse(
        failed("groups.list"),
        "answer",
        largerThan(MAX_ANSWER_VALUES, "values"),
      ),
      oversizedAuthentikResponse(
        failed("groups.list"),
        "list",
        new BeyondLimit(`takes longer than ${MAX_LIST_MS / 1_000} s`),
      ),
      ...tilesSaid(),
    ],
    so: "Authentik refused something that cfauth asked for, sends it elsewhere, answers more than cfauth reads, or has an application of its own in the place of a tile.",
    why: "The same request would be refused again.",
    mend: [
      "- A redirect: put the address that answers itself into `AUTHENTIK_API_URL`, with `https://` where it asks for it, and with the path prefix if there is one.\n- A field that Authentik names: it may be a value from a label, such as `app.icon`. Else please report it.\n- Several tiles refused for one reason are told once.",
    ],
    effect:
      "Of tiles: a warning, routes go on. Of the login: routes wait for it; what is open stays open.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
