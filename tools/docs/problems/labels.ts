import { SETTING_NAMES } from "../../../src/config/settings.ts";
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { composeProject, singleContainer } from "../../../src/core/domain/party.ts";
import {
  MAX_ITEMS_PER_LABEL,
  MAX_LABEL_NAME_CHARACTERS,
  MAX_LABEL_VALUE_CHARACTERS,
  MAX_LABELS_PER_CONTAINER,
  MAX_PROBLEMS_PER_CONTAINER,
  MAX_ROUTES_PER_CONTAINER,
} from "../../../src/core/labels/limits.ts";
import { decoded, exposure, route, tcp, workload } from "../../../test/support/builders.ts";
import {
  ALL_ROUTES_CLOSED_OR_KEPT,
  type Entry,
  ROUTE_CLOSED_OR_KEPT,
  type ShownProblem,
  sh,
  yaml,
} from "./entry.ts";
import { type Case, foreignLabelProblems, problemsOfCases } from "./run.ts";
import { desired } from "./worlds.ts";

/** What a container of this project asks for. */
const claim = (workload: string, project: string, more: Partial<Exposure>): Exposure =>
  exposure("wiki.example.com", { workload, party: composeProject(project), ...more });

const problemsOf = (...exposures: readonly Exposure[]): readonly ShownProblem[] =>
  desired(...exposures).problems;

/** Whether this version reads the labels of other tools. */
const READS = SETTING_NAMES.includes("CFAUTH_READ_LABELS");

const values = (key: string, ...texts: readonly string[]): readonly Case[] =>
  texts.map((text) => ({ labels: { [key]: text } }));

const numbered = (
  count: number,
  label: (n: number) => readonly [string, string],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => label(n)));

/** At least one case for every sentence that rejects a value. */
const VALUES: readonly Case[] = [
  ...values(
    "hostname",
    "https://wiki.example.com",
    "wiki.example.com/docs",
    "wiki.example.com:8443",
    "my_wiki.example.com",
    "Host(wiki.example.com)",
    `${"w".repeat(1_000)}.example.com`,
  ),
  { labels: { hostname: "wiki" }, settings: { domain: undefined } },
  ...values("port", "http"),
  ...values("scheme", "htp"),
  ...values("network", "bridge"),
  { labels: { network: "bridge" }, container: { networks: { bridge: { ip: "172.17.0.2" } } } },
  ...values(
    "service",
    "wiki:80",
    "http://wiki:80/docs",
    "http://ann:secret@wiki:80",
    "http://wiki:70000",
  ),
  ...values("path", "docs", "//docs", "/docs/*", `/${"w".repeat(1_000)}`),
  ...values("access", "pubic", "none"),
  ...values("access.groups", "", "family,,admins"),
  ...values("access.policies", ""),
  ...values("access.service-tokens", ""),
  ...values("access.emails", "", "ann@", "*@example.org"),
  ...values("access.session", "24", "31d"),
  ...values("access.bypass", "", "/"),
  { labels: { path: "/docs", "access.bypass": "/hooks" } },
  ...values("wait-healthy", "no", "maybe", "yes"),
  ...values("app.name", "", "Wiki\u009b", "W".repeat(251)),
  ...values("app.icon", "wiki.png"),
  ...values("share-with", "My Blog"),
  ...values("origin.keepAliveConnections", "many"),
  ...values("origin.connectTimeout", "1500ms", "25h"),
  ...values("origin.proxyType", "http"),
  ...values("origin.httpHostHeader", "", "http://wiki"),
  ...values("origin.caPool", "/etc/ssl/home-ca.pem"),
];

export const LABELS = {
  "CFA-LABEL-UNKNOWN": {
    title: "a label that cfauth does not have",
    messages: () => [
      ...problemsOfCases({ labels: { acess: "public" } }, { labels: { colour: "green" } }),
      ...foreignLabelProblems({ "access.group": "family", colour: "green" }),
    ],
    meaning:
      "A label begins with cfauth's prefix, but cfauth has no label of that name. Letter case counts.",
    reason:
      "A misspelled label may be the one that should protect the page, so cfauth does not open a route whose labels it does not understand.",
    solution: [
      "Write the label as the message says, or look it up in [labels.md](labels.md). A named route needs a label after its name: `cfauth.web.hostname`, not `cfauth.web`.",
    ],
    effect: `${ALL_ROUTES_CLOSED_OR_KEPT}${READS ? " For labels of other tools (`CFAUTH_READ_LABELS`) it is a warning, and the route opens behind a login." : ""}`,
  },
  "CFA-LABEL-VALUE": {
    title: "a label with an invalid value",
    messages: () => problemsOfCases(...VALUES),
    meaning: "A label has an invalid value.",
    reason: "A guess could open something else, or admit other people.",
    solution: [
      "Write what the message says. In a Compose file, put numbers, `true` and `false` in quotes, because labels are text. [labels.md](labels.md) has an example for every label.",
    ],
    effect: `${ROUTE_CLOSED_OR_KEPT} For an invalid hostname this applies to all routes of the container, because it may have been meant as a path inside one of them.`,
  },
  "CFA-LABEL-NO-HOSTNAME": {
    title: "labels without a hostname",
    messages: () => problemsOfCases({ nameless: true, labels: { port: "8080" } }),
    meaning: "The container has labels of cfauth, but none of them sets a hostname.",
    reason: "Without a hostname there is nothing to open.",
    solution: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com"),
      'Or `cfauth.enable: "true"`, if the hostname should come from the Compose service. Each named route needs its own hostname: `cfauth.web.hostname`.',
    ],
    effect: ALL_ROUTES_CLOSED_OR_KEPT,
  },
  "CFA-LABEL-CLASH": {
    title: "two labels that contradict each other",
    messages: () =>
      problemsOfCases(
        { labels: { access: "public", "access.session": "24h" } },
        { labels: { port: "80", service: "http://wiki:80" } },
        { labels: { "again.hostname": "wiki.example.com" } },
      ),
    meaning: "Two labels contradict each other.",
    reason:
      "Only you know which of the two is meant. With `access: public` and a list of groups, a wrong guess would show the page to everyone.",
    solution: [
      "Remove one of the two, as the message says. Two routes of one container need different hostnames or paths.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-HOST-NO-ZONE": {
    title: "a hostname outside the zones of the account",
    messages: () =>
      problemsOfCases(
        { labels: { hostname: "app.other.net" } },
        { settings: { zones: [] } },
        {
          labels: { hostname: "x.dev.example.com" },
          settings: { excludedZones: ["dev.example.com"] },
        },
      ),
    meaning:
      "The hostname is not in any Cloudflare zone (domain) that cfauth may use. The most specific zone decides: if the account has a zone `dev.example.com`, then `x.dev.example.com` belongs to it, even if `CFAUTH_ZONES` lists only `example.com`.",
    reason: "Without the zone cfauth cannot create a DNS record.",
    solution: [
      "- Look for a typo in the hostname.\n- Check that the domain is in the same Cloudflare account and that the API token covers its zone: **Zone · Zone · Read** and **Zone · DNS · Edit**. A token without Zone · Read sees no zones.\n- If `CFAUTH_ZONES` is set, add the zone there.",
      "While a zone is missing, cfauth reads the zones again at each resync (`CFAUTH_RESYNC_INTERVAL`). A restart of cfauth does so at once.",
    ],
    effect: ALL_ROUTES_CLOSED_OR_KEPT,
  },
  "CFA-HOST-TOO-DEEP": {
    title: "a hostname that the free certificate does not cover",
    messages: () => problemsOfCases({ labels: { hostname: "grafana.lab.example.com" } }),
    meaning:
      "The hostname is more than one level below the domain. Cloudflare's free certificate (Universal SSL) covers `example.com` and `*.example.com`, and nothing below.",
    warning: true,
    reason:
      "With an advanced certificate everything works, and cfauth's permissions do not show whether there is one. Without one, browsers refuse the page.",
    solution: [
      "Use a hyphen instead of the dot, or order an advanced certificate (or enable Total TLS) under SSL/TLS → Edge Certificates. The warning then stays and can be ignored.",
    ],
    effect: "None: the route opens.",
  },
  "CFA-HOST-TAKEN": {
    title: "a hostname or path that another container has",
    messages: () => [
      ...problemsOf(
        claim("wiki", "docs", { created: 1 }),
        claim("wiki-new", "docs", { created: 2 }),
      ),
      ...problemsOf(claim("wiki", "docs", { created: 1 }), claim("shop", "shop", { created: 2 })),
      ...problemsOf(
        claim("wiki", "docs", { created: 1, route: route("wiki.example.com/docs") }),
        claim("shop", "shop", { created: 2 }),
      ),
    ],
    meaning:
      "Two containers ask for the same hostname and path, or a container asks for a hostname that another Compose project holds. The container or project that has it keeps it while it runs, even with faulty labels, and for the grace period after that. A free hostname goes to the older container. A free path in a shared hostname goes first to a container of the project that holds the hostname. Replicas of one Compose service with the same labels count as one and do not conflict.",
    reason:
      "If the newer container took over, a forgotten test container could replace a page that people use.",
    solution: [
      "Give one of them another hostname, or stop the one that has it: the other takes over after the grace period. Within one project, a `path` of its own is enough. When a hostname goes to another project, its Access application is replaced and everyone has to log in again.",
    ],
    effect:
      "The container that the message names as holder keeps the route. The other one gets none.",
  },
  "CFA-HOST-SHARE": {
    title: "a path inside another project's hostname",
    messages: () => {
      const inside = route("wiki.example.com/login");
      return [
        ...problemsOf(
          claim("wiki", "docs", { created: 1 }),
          claim("shop", "shop", { created: 2, route: inside }),
        ),
        ...problemsOf(claim("wiki", "docs", { created: 1 }), {
          ...claim("shop", "shop", { created: 2, route: inside }),
          party: singleContainer("shop"),
        }),
        ...problemsOf(
          claim("wiki", "docs", { created: 1, shareLabel: undefined }),
          claim("shop", "shop", { created: 2, route: inside }),
        ),
      ];
    },
    meaning:
      "A container asks for a path inside a hostname that another Compose project holds and does not share with it.",
    reason:
      "A container that answers under another project's hostname could show a fake login page there and would receive its cookies.",
    solution: [
      "If both are yours, add the label to the container that holds the hostname. It takes the names of Compose projects, as `docker compose ls` shows them, separated by commas. A container without a project has no such name: only `*`, which stands for every project, admits it.",
      yaml(
        "    labels:",
        "      cfauth.hostname: wiki.example.com",
        "      cfauth.share-with: shop",
      ),
      "Otherwise give the other container its own hostname.",
    ],
    effect:
      "The path does not open; if it is open, it closes at once. The holder's routes stay as they are.",
  },
  "CFA-PORT-MANY": {
    title: "an image with several ports",
    messages: () => problemsOfCases({ container: { ports: [tcp(80), tcp(443), tcp(8443)] } }),
    meaning: "The image exposes several ports, and no label says which one to use.",
    reason: "The wrong one may serve an administration page.",
    solution: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com", '      cfauth.port: "80"'),
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-PORT-NONE": {
    title: "an unknown port",
    messages: () =>
      problemsOfCases({ container: { ports: [] } }, { settings: { target: "published" } }),
    meaning:
      "cfauth does not know on which port the container listens, because its image exposes none. With `CFAUTH_TARGET=published`, cfauth looks among the published ports and does not find it there.",
    reason: "Without a port there is no address to send visitors to.",
    solution: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com", '      cfauth.port: "8080"'),
      "For cloudflared in Docker no port has to be published. For cloudflared on the host (`CFAUTH_TARGET=published`), publish it on loopback:",
      yaml("    ports:", '      - "127.0.0.1:80:80"'),
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-NETWORK-MISSING": {
    title: "a container that is not on cloudflared's network",
    messages: () =>
      problemsOfCases(
        { container: { networks: { default: { ip: "172.19.0.2" } } } },
        { container: { networks: { host: { ip: undefined } } } },
      ),
    meaning: "The container is not on cloudflared's network.",
    reason: "cloudflared could not reach it, and visitors would get error 502.",
    solution: [
      yaml(
        "services:",
        "  wiki:",
        "    networks: [tunnel]",
        "",
        "networks:",
        "  tunnel:",
        "    external: true      # created by the Compose file that runs cloudflared",
      ),
      "If the container also needs its old network (for a database, for example), list both: `networks: [default, tunnel]`. If your tunnel network has another name, set `CFAUTH_NETWORK`. A container with `network_mode` (`host`, `service:vpn`) has no network of its own, so cloudflared cannot reach it this way.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-LIMIT": {
    title: "too many labels, or labels that are too long",
    messages: () =>
      problemsOfCases(
        { labels: numbered(MAX_LABELS_PER_CONTAINER + 1, (n) => [`origin${n}.port`, "80"]) },
        { labels: { [`${"w".repeat(MAX_LABEL_NAME_CHARACTERS)}.port`]: "80" } },
        { labels: { "app.description": "w".repeat(MAX_LABEL_VALUE_CHARACTERS + 1) } },
        {
          labels: {
            "access.emails": Array.from(
              { length: MAX_ITEMS_PER_LABEL + 1 },
              (_, n) => `ann${n}@example.com`,
            ).join(","),
          },
        },
        {
          labels: numbered(9, (n) => [
            `r${n}.app.description`,
            "w".repeat(MAX_LABEL_VALUE_CHARACTERS - 10),
          ]),
        },
        {
          labels: numbered(MAX_ROUTES_PER_CONTAINER + 1, (n) => [
            `r${n}.hostname`,
            `wiki${n}.example.com`,
          ]),
        },
        { labels: numbered(MAX_PROBLEMS_PER_CONTAINER + 4, (n) => [`prot${n}`, "80"]) },
      )
        .concat(
          decoded([workload({ "cfauth.hostname": "wiki.example.com" }, { unreadLabels: 9_500 })])
            .problems,
        )
        .filter(({ code }) => code === "CFA-LIMIT")
        .map(({ message, fix, code }) => ({
          code,
          fix,
          message: message.replace("w".repeat(MAX_LABEL_NAME_CHARACTERS), "www…"),
        })),
    meaning:
      "The container has more labels than cfauth reads: too many, too long, or for too many routes ([all limits](reliability.md#limits)).",
    reason:
      "The labels of one container must not use up the time, memory or API requests that others need. The labels that cfauth did not read may ask for protection, so it does not obey the rest either.",
    solution: [
      "Remove labels that are not needed, or give each container only the labels of its own routes.",
    ],
    effect: ALL_ROUTES_CLOSED_OR_KEPT,
  },
  "CFA-NAME-AMBIGUOUS": {
    title: "another container with the same name and short id",
    messages: () =>
      decoded([
        workload(
          { "cfauth.hostname": "wiki.example.com" },
          { name: "wiki", id: "0123456789abcdef", networks: { tunnel: { ip: undefined } } },
        ),
        workload({}, { name: "mallory", id: "a", claimedNames: ["wiki"] }),
        workload({}, { name: "trudy", id: "b", claimedNames: ["0123456789ab"] }),
      ]).problems,
    meaning:
      "On one of cloudflared's networks, another container uses both the name and the short id of this one, and this one has no address there yet. A taken name alone is not a problem: the rule then uses the short id, and if that is taken too, the address. The status page shows this with the route.",
    reason:
      "Docker answers with either of the two. A visitor of one container could reach the other, without the protection that the other asks for.",
    solution: [
      "No container uses another container's id by accident: find out which one does, and why. Remove the aliases from its Compose file, or disconnect it from the network:",
      sh("docker network disconnect tunnel mallory"),
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-SERVICE-FORBIDDEN": {
    title: "`service` points away from the container",
    messages: () => [
      ...problemsOfCases({ labels: { service: "http://192.168.1.1:80" } }),
      ...foreignLabelProblems({ service: "http://192.168.1.1:80" }),
    ],
    meaning: "The label `service` points to something other than its own container.",
    reason:
      "Otherwise anyone who may label containers could publish any machine in your network. That is the operator's decision.",
    solution: [
      "For the container itself, use `cfauth.port` and `cfauth.scheme`. To let labels publish other machines, set this for cfauth:",
      yaml("    environment:", '      CFAUTH_ALLOW_SERVICE: "true"'),
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
  "CFA-PUBLIC-FORBIDDEN": {
    title: "a public route or path, which a setting forbids",
    messages: () =>
      problemsOfCases(
        { labels: { access: "public" }, settings: { allowPublic: false } },
        { labels: { "access.bypass": "/hooks" }, settings: { allowPublic: false } },
      ),
    meaning:
      "A label asks for a page or a path without a login, and this cfauth does not allow that.",
    reason:
      "This is the purpose of `CFAUTH_ALLOW_PUBLIC=false`: people who write labels cannot open anything to everyone.",
    solution: [
      "Remove the label. Or, if you run cfauth and want this, set `CFAUTH_ALLOW_PUBLIC=true` (the default).",
    ],
    effect:
      "A public route does not open, and closes if it is open. With `access.bypass`, the paths close; a route that is not open yet does not open, and an open one continues without them.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
