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
import { emptyAccount, OWNER } from "../../../test/unit/core/plan/model.ts";
import { type Entry, NOTHING_CHANGES, type ShownProblem, sh, yaml } from "./entry.ts";
import { catchServiceError, foreignLabelProblems, labelProblems } from "./run.ts";
import { converged, desired } from "./worlds.ts";

const failedCall = (operation: AuthentikOperationName) => ({
  operation: AUTHENTIK_OPERATIONS[operation],
  url: "http://authentik-server:9000",
  hide: [],
});

/** @param body - absent if Authentik's answer is not JSON */
const responseError = (operation: AuthentikOperationName, status: number, body?: unknown) =>
  authentikResponseError(failedCall(operation), { status, body });

/** The error if the name leads to these addresses and none of them is Authentik's. */
const wrongDestination = (resolved: readonly string[], book: AddressBook): Promise<ShownProblem> =>
  catchServiceError(() =>
    allowedAddresses({
      host: "authentik-server",
      isDockerName: true,
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

/** The problems of an Authentik with these authorization flows, no key, and the default scopes if it has any flow. */
async function prerequisiteProblems(flows: readonly string[]): Promise<readonly ShownProblem[]> {
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

/** cfauth's own wildcard covers Authentik's hostname. */
function wildcardAroundLogin(): readonly ShownProblem[] {
  const wildcard = desired(exposure("*.example.com", { workload: "wiki" }));
  return diagnoseLoginBehindAccess(converged(wildcard), wildcard);
}

function loginBehindAccess(): readonly ShownProblem[] {
  const empty = emptyAccount();
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

/** The problems if the tile of wiki.example.com cannot be created. */
function problemsOfTile(more: Partial<ObservedLibraryTiles>): readonly ShownProblem[] {
  const seen = { ...NO_TILES, me: { pk: 1, superuser: true }, ...more };
  const live = new Set([key("wiki.example.com")]);
  return libraryTiles(OWNER, true)(
    { tile: seen, lookups: { groups: { found: [] } } },
    desired(exposure("wiki.example.com", { workload: "wiki" })),
    live,
  ).problems;
}

function tileProblems(): readonly ShownProblem[] {
  const slug = slugOf(OWNER, key("wiki.example.com"));
  const error = responseError("tiles.create", 400, { meta_icon: ["Enter a valid URL."] });
  return [
    ...problemsOfTile({ taken: new Set([slug]) }),
    ...problemsOfTile({ failed: new Map([[slug, error]]) }),
    areTilesUnavailable(responseError("tiles.list", 404, {})),
  ];
}

/** Each state of cfauth's knowledge about Authentik's container. */
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

/** The example's container is Authentik itself. */
const ITSELF = { login: { host: "auth.example.com", path: "", container: authentikIs("wiki") } };

const OWN_HOSTNAME = yaml(
  "services:",
  "  authentik-server:",
  "    networks: [tunnel]",
  "    labels:",
  "      cfauth.hostname: auth.example.com",
  '      cfauth.port: "9000"',
);

export const AUTHENTIK = {
  "CFA-AK-OWN-HOST": {
    title: "Authentik's own hostname",
    messages: () => [
      ...WHICH.flatMap((container) =>
        labelProblems({
          labels: { hostname: "auth.example.com" },
          settings: { login: { host: "auth.example.com", path: "", container } },
        }),
      ),
      ...labelProblems({
        labels: { hostname: "auth.example.com", "access.groups": "family" },
        settings: ITSELF,
      }),
      ...labelProblems({
        labels: { hostname: "auth.example.com,wiki.example.com", "access.groups": "family" },
        settings: ITSELF,
      }),
      ...wildcardAroundLogin(),
      ...foreignLabelProblems(
        { hostname: "auth.example.com", service: "http://wiki:9000" },
        ITSELF,
      ),
    ],
    meaning:
      "A container that is not Authentik asks for the hostname of `AUTHENTIK_URL`, or for a path in it. Or a label asks for a login in front of Authentik itself. Or one of your routes, such as a wildcard, covers Authentik's hostname.",
    reason:
      "A container that answers under Authentik's hostname could serve its own keys and tokens, and so log in as anyone, everywhere. And a login page that asks for a login first is of no use to anyone.",
    solution: [
      "Authentik's own container is the one that the host of `AUTHENTIK_API_URL` names: by its container name, `<name>.<network>`, its short id or its Compose service. If that address is public or leads elsewhere, name the container:",
      yaml("  cfauth:", "    environment:", "      CFAUTH_AUTHENTIK_CONTAINER: authentik-server"),
      "Name only Authentik itself there. Any other container needs its own hostname. If several containers have the name, give Authentik's a `container_name`, or start cfauth in the same Compose project. If Authentik has moved to another project, restart cfauth.",
      "If the problem is a label of Authentik's own container, remove it; Authentik itself decides who may log in at all. If one label protects several hostnames, give Authentik's hostname a route of its own (`cfauth.login.hostname`). If a wildcard covers it, Authentik's container needs a label with its own hostname:",
      OWN_HOSTNAME,
    ],
    effect:
      "No other container gets Authentik's hostname or a path in it. Authentik's own route is open, without the protection that a label asks for. Other routes follow their labels.",
  },
  "CFA-AK-BEHIND-ACCESS": {
    title: "Authentik is behind a foreign Access application",
    messages: loginBehindAccess,
    meaning:
      "A foreign Access application, often one for `*.example.com`, protects Authentik's hostname.",
    reason:
      "Visitors would have to be logged in to reach the login page. cfauth does not touch an application that it does not own.",
    solution: [
      "Give Authentik's container a label with its hostname. cfauth then creates a more specific application, which lets everyone through to the login page:",
      OWN_HOSTNAME,
      "If you route Authentik's hostname by hand: under Zero Trust → Access → Applications, add an application for just this hostname, with a policy that has the action Bypass and includes Everyone.",
    ],
    effect: "Routes open, but new logins fail until this is fixed. Nobody gets in who should not.",
  },
  "CFA-AK-STRANGER": {
    title: "the API address leads to another container",
    messages: async () => [
      await wrongDestination(["172.20.0.9"], {
        own: [],
        name: undefined,
        others: new Map([["172.20.0.9", "blog"]]),
      }),
      await wrongDestination(["192.168.1.9"], {
        own: ["172.21.0.2"],
        name: "authentik-server",
        others: new Map(),
      }),
    ],
    meaning:
      "The name in `AUTHENTIK_API_URL` does not lead to Authentik's container. Docker answers a name with any container that has it as an alias, on the first network by name. If no container has it, Docker asks the outside DNS.",
    reason: "The server that receives the token could use it.",
    solution: [
      "Authentik's container is the one that `CFAUTH_AUTHENTIK_CONTAINER` names, else the one that the host of `AUTHENTIK_API_URL` names. If several have that name, the one in cfauth's own Compose project counts. Give the container a fixed name, put that name into the setting, and use a network that nothing else is on:",
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
    effect: NOTHING_CHANGES,
  },
  "CFA-AK-PLAIN-HTTP": {
    title: "the token would cross the internet unencrypted",
    messages: async () => [
      await wrongDestination(["203.0.113.9"], { own: [], name: undefined, others: new Map() }),
    ],
    meaning:
      "`AUTHENTIK_API_URL` begins with `http://`, and its name leads to an address on the internet.",
    reason: "Anyone on the way could read the token.",
    solution: ["Write `https://`, or give the name a private address in your DNS."],
    effect: NOTHING_CHANGES,
  },
  "CFA-AK-UNREACHABLE": {
    title: "Authentik does not answer",
    messages: () => [
      authentikConnectionError(failedCall("flows.list"), silent),
      responseError("flows.list", 500),
      responseError("flows.list", 200),
    ],
    meaning:
      "Authentik does not answer, answers with an internal error, or something else answers in its place.",
    reason:
      "Without an answer cfauth does not know what Authentik has. A guess could open or close a route by mistake.",
    solution: [
      "- Does it run? See `docker compose ps` and `docker compose logs authentik-server`.\n- Does `AUTHENTIK_API_URL` lead to it from inside cfauth's container? It is usually `http://authentik-server:9000`; `localhost` is cfauth itself.\n- Is cfauth on a network with Authentik?\n- \"Something that is not Authentik's API\": a login page or a proxy is in between. Let cfauth reach Authentik directly.",
      "In parentheses, `ENOTFOUND` or `EAI_AGAIN` means that the name is unknown on cfauth's networks, and `ECONNREFUSED` that nothing listens on that port.",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-AK-TOKEN": {
    title: "Authentik rejects the token",
    messages: () => [responseError("flows.list", 403, { detail: "Token invalid/expired" })],
    meaning: "Authentik rejects the token in `AUTHENTIK_TOKEN`.",
    reason: "Without a valid token cfauth can read and write nothing.",
    solution: [
      "- Authentik replaces a token with **Expiring** on after 30 minutes: switch it off.\n- The intent must be **API Token**. The password that Authentik shows for a new service account is an app password, which the API rejects.\n- In the example Compose file the token is set only at Authentik's very first start. Changing `.env` later changes what cfauth sends, not what Authentik accepts.",
      "After a new token:",
      sh("docker compose up -d --force-recreate cfauth"),
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-AK-PERMISSION": {
    title: "the token's user lacks a permission",
    messages: () => [
      responseError("groups.list", 403, {
        detail: "You do not have permission to perform this action.",
      }),
    ],
    meaning: "The token works, but its user lacks a permission. The message names it.",
    reason: "cfauth would mistake the part that it sees for the whole.",
    solution: [
      "Give the role of the token's user that permission, as a global one. One call grants all that cfauth needs: [an account with few permissions](authentik.md#an-account-with-few-permissions).",
    ],
    effect:
      "If only labels with groups need the permission, only those routes wait. If only tiles need it, it is a warning and routes are not affected. Otherwise nothing changes, and open routes stay open.",
  },
  "CFA-AK-NO-FLOW": {
    title: "no authorization flow of that name",
    messages: () => prerequisiteProblems(["my-authorization", "my-other-authorization"]),
    meaning:
      "Authentik has no flow with the name in `CFAUTH_AUTHENTIK_FLOW`. The default is Authentik's own flow that asks once for consent.",
    reason:
      "The flow decides what a person has to do to log in, so cfauth does not choose another one for you.",
    solution: [
      "Set it to one of the flows that the message names:",
      yaml("    environment:", "      CFAUTH_AUTHENTIK_FLOW: my-authorization"),
    ],
    effect:
      "No route opens until then. If the login was complete before, open routes keep working and new routes open.",
  },
  "CFA-AK-NO-KEY": {
    title: "no usable certificate",
    messages: () => prerequisiteProblems([FLOW]),
    meaning:
      "Authentik has no certificate with an RSA or EC key that cfauth can use. Neither the certificate for Authentik's own tokens nor an Ed25519 or Ed448 key works: Cloudflare cannot verify them.",
    reason:
      'Without a signing key Cloudflare rejects every login ("Failed to fetch user/group information from the identity provider").',
    solution: [
      "In Authentik: System → Certificates → Generate, with any name and the algorithm RSA. cfauth then uses it without a restart.",
    ],
    effect: "The same as for `CFA-AK-NO-FLOW`.",
  },
  "CFA-AK-NOT-READY": {
    title: "Authentik is still starting",
    messages: async () => [...(await prerequisiteProblems([])), responseError("flows.list", 503)],
    meaning:
      "Authentik is starting: its server does not answer yet, or its worker has not yet created the default flows, scopes and certificate.",
    reason: "The login is built from these objects.",
    solution: [
      "Wait: cfauth keeps trying. A first start takes a minute or more, on a small machine up to three. If it lasts longer:",
      sh("docker compose logs authentik-worker authentik-server"),
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-AK-REFUSED": {
    title: "Authentik refuses a request",
    messages: () => [
      responseError("providers.create", 400, { redirect_uris: [{ url: ["Enter a valid URL."] }] }),
      responseError("providers.update", 400, { client_secret: ["Only ASCII."] }),
      responseError("flows.list", 301, {}),
      invalidAuthentikResponse(AUTHENTIK_OPERATIONS["version.get"], "version_current"),
      oversizedAuthentikResponse(
        failedCall("groups.list"),
        "answer",
        largerThan(MAX_ANSWER_VALUES, "values"),
      ),
      oversizedAuthentikResponse(
        failedCall("groups.list"),
        "list",
        new BeyondLimit(`takes longer than ${MAX_LIST_MS / 1_000} s`),
      ),
      ...tileProblems(),
    ],
    meaning:
      "Authentik refused a request, redirected it, sent a larger answer than cfauth reads, or already has a foreign application with the slug of a tile.",
    reason: "The same request would fail again.",
    solution: [
      "- A redirect: set `AUTHENTIK_API_URL` to the final address, with `https://` if required and with the path prefix if there is one.\n- A field that Authentik names: it may be a value from a label, such as `app.icon`. Otherwise please report it.\n- If Authentik refuses several tiles for the same reason, cfauth reports that once.",
    ],
    effect:
      "For tiles it is a warning, and routes are not affected. For the login, new routes wait and open routes stay open.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
