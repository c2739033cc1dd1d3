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
import { ALL_SHUT_OR_KEPT, type Entry, type Said, SHUT_OR_KEPT, sh, yaml } from "./entry.ts";
import { all, type Case, theirs } from "./run.ts";
import { desired } from "./worlds.ts";

/** What a container of that project asks for. */
const claim = (workload: string, project: string, more: Partial<Exposure>): Exposure =>
  exposure("wiki.example.com", { workload, party: composeProject(project), ...more });

const problemsOf = (...exposures: readonly Exposure[]): readonly Said[] =>
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

/** At least one for every sentence that a value can be refused with. */
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

export const ofLabels = {
  "CFA-LABEL-UNKNOWN": {
    says: () => [
      ...all({ labels: { acess: "public" } }, { labels: { colour: "green" } }),
      ...theirs({ "access.group": "family", colour: "green" }),
    ],
    so: "A label begins with the prefix, and cfauth has none of that name. Letter case counts.",
    why: "A misspelt label may be the very one that was to protect the page. What cfauth cannot read it does not open.",
    mend: [
      "Write it as it says, or look it up in [labels.md](labels.md). A route with a name of its own needs a label behind the name: `cfauth.web.hostname`, not `cfauth.web`.",
    ],
    effect: `${ALL_SHUT_OR_KEPT}${READS ? " Of labels of other tools (`CFAUTH_READ_LABELS`) it is a warning, and the route opens, behind a login." : ""}`,
  },
  "CFA-LABEL-VALUE": {
    says: () => all(...VALUES),
    so: "A label has a value that it cannot take.",
    why: "Guessing what was meant could open something else, or to somebody else.",
    mend: [
      "Write what it says. In a Compose file numbers, `true` and `false` go between quotes, since labels are text. Every label with an example is in [labels.md](labels.md).",
    ],
    effect: `${SHUT_OR_KEPT} Of a hostname this holds for all routes of the container: it may have been meant for a place inside another of them.`,
  },
  "CFA-LABEL-NO-HOSTNAME": {
    says: () => all({ nameless: true, labels: { port: "8080" } }),
    so: "The container has labels of cfauth, but none that says under which hostname it is to be found.",
    why: "Without a hostname there is nothing to open.",
    mend: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com"),
      'Or `cfauth.enable: "true"`, where the Compose service is to give the name. Each named route needs a hostname of its own: `cfauth.web.hostname`.',
    ],
    effect: ALL_SHUT_OR_KEPT,
  },
  "CFA-LABEL-CLASH": {
    says: () =>
      all(
        { labels: { access: "public", "access.session": "24h" } },
        { labels: { port: "80", service: "http://wiki:80" } },
        { labels: { "again.hostname": "wiki.example.com" } },
      ),
    so: "Two labels contradict each other.",
    why: "Only you know which of the two is meant. Of `access: public` and a list of groups the wrong guess would show the page to everybody.",
    mend: [
      "Remove one of the two, as it says. Two routes of one container need different hostnames or paths.",
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-HOST-NO-ZONE": {
    says: () =>
      all(
        { labels: { hostname: "app.other.net" } },
        { settings: { zones: [] } },
        {
          labels: { hostname: "x.dev.example.com" },
          settings: { excludedZones: ["dev.example.com"] },
        },
      ),
    so: "The hostname lies in no zone (domain) of Cloudflare that cfauth may use. The most specific zone decides: `x.dev.example.com` belongs to the zone `dev.example.com` where the account has one, also if `CFAUTH_ZONES` lists only `example.com`.",
    why: "Without the zone there can be no DNS record.",
    mend: [
      "- Look for a typo in the hostname.\n- See that the domain is in the same Cloudflare account, and that the API token covers its zone: **Zone · Zone · Read** and **Zone · DNS · Edit**. A token without Zone · Read looks like one without zones.\n- If `CFAUTH_ZONES` is set, add the zone there.",
      "As long as a zone is missing, zones are read again at each resync (`CFAUTH_RESYNC_INTERVAL`); a restart of cfauth does it at once.",
    ],
    effect: ALL_SHUT_OR_KEPT,
  },
  "CFA-HOST-TOO-DEEP": {
    says: () => all({ labels: { hostname: "grafana.lab.example.com" } }),
    so: "The hostname has more than one name below the domain. Cloudflare's free certificate (Universal SSL) covers `example.com` and `*.example.com`, nothing below.",
    goesOn: true,
    why: "with an advanced certificate all is well, and cfauth's permissions do not show whether there is one. Without one browsers refuse the page.",
    mend: [
      "Use a name with a hyphen in place of the dot, or order an advanced certificate (or switch on Total TLS) under SSL/TLS → Edge Certificates. With one the warning stays and can be passed over.",
    ],
    effect: "None: the route is opened.",
  },
  "CFA-HOST-TAKEN": {
    says: () => [
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
    so: "Two containers ask for the same hostname and path, or a container asks for a hostname that another Compose project holds. The container or project that has it keeps it as long as it runs, with good labels or faulty ones, and for the grace period after that. A free one goes to the older container; a free path in a shared hostname first to one of the project that holds it. Replicas of one Compose service with the same labels are one, and no conflict.",
    why: "If the newer one took over, a forgotten test container could put itself in the place of a page that people use.",
    mend: [
      "Give one of them another hostname, or stop the one that has it: the other takes over after the grace period. Within one project a `path` of its own does as well. When a hostname goes to another project, its Access application is replaced: everybody has to log in again.",
    ],
    effect: "The container named first keeps the route. The other one gets none.",
  },
  "CFA-HOST-SHARE": {
    says: () => {
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
    so: "A container asks for a path inside a hostname that another Compose project holds, and that project does not share the hostname with it.",
    why: "A container that answers under another project's hostname could show a false login page there, and would get its cookies.",
    mend: [
      "If both are yours, add the label to the container that holds the hostname. It takes the names of Compose projects, as `docker compose ls` shows them, with commas. A container that belongs to no project has no such name: only `*`, which stands for every project, admits it.",
      yaml(
        "    labels:",
        "      cfauth.hostname: wiki.example.com",
        "      cfauth.share-with: shop",
      ),
      "Else give the other container a hostname of its own.",
    ],
    effect:
      "The path is not opened; one that is open is shut at once. What the holder has stays as it is.",
  },
  "CFA-PORT-MANY": {
    says: () => all({ container: { ports: [tcp(80), tcp(443), tcp(8443)] } }),
    so: "The image exposes several ports, and no label says which.",
    why: "Behind the wrong one there may be an administration page.",
    mend: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com", '      cfauth.port: "80"'),
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-PORT-NONE": {
    says: () => all({ container: { ports: [] } }, { settings: { target: "published" } }),
    so: "cfauth does not know at which port the container listens: its image exposes none. With `CFAUTH_TARGET=published` it is looked for among the published ports, and is not there.",
    why: "There is no address to lead visitors to.",
    mend: [
      yaml("    labels:", "      cfauth.hostname: wiki.example.com", '      cfauth.port: "8080"'),
      "Nothing has to be published for cloudflared in Docker. For cloudflared on the host (`CFAUTH_TARGET=published`) publish it on loopback:",
      yaml("    ports:", '      - "127.0.0.1:80:80"'),
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-NETWORK-MISSING": {
    says: () =>
      all(
        { container: { networks: { default: { ip: "172.19.0.2" } } } },
        { container: { networks: { host: { ip: undefined } } } },
      ),
    so: "The container is not on the network on which cloudflared is.",
    why: "cloudflared could not reach it: visitors would get error 502.",
    mend: [
      yaml(
        "services:",
        "  wiki:",
        "    networks: [tunnel]",
        "",
        "networks:",
        "  tunnel:",
        "    external: true      # made by the Compose file that runs cloudflared",
      ),
      "If the container needs its old network too (a database, say), list both: `networks: [default, tunnel]`. If your tunnel network has another name, set `CFAUTH_NETWORK`. A container with `network_mode` (`host`, `service:vpn`) has no network of its own and cannot be reached this way.",
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-LIMIT": {
    says: () =>
      all(
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
    so: "A container's labels are more than cfauth reads: too many, too long, or for too many routes ([all limits](reliability.md#limits)).",
    why: "The labels of one container must not take the time, the memory or the API requests of the others. What is not read might ask for protection, so the rest is not obeyed either.",
    mend: ["Remove what is not needed, or give each container the labels of its own routes."],
    effect: ALL_SHUT_OR_KEPT,
  },
  "CFA-NAME-AMBIGUOUS": {
    says: () =>
      decoded([
        workload(
          { "cfauth.hostname": "wiki.example.com" },
          { name: "wiki", id: "0123456789abcdef", networks: { tunnel: { ip: undefined } } },
        ),
        workload({}, { name: "mallory", id: "a", claimedNames: ["wiki"] }),
        workload({}, { name: "trudy", id: "b", claimedNames: ["0123456789ab"] }),
      ]).problems,
    so: "Another container has taken both the name and the short id of this one on a network that cloudflared is on, and this one has no address there yet. A name alone is no problem: the rule then has the short id, and if that is taken too, the address. The status page says so with the route.",
    why: "Docker answers with one or the other. A visitor of the one could see the other, without the protection that the other asks for.",
    mend: [
      "No container takes another one's id by accident: find out which one does, and why. Remove the aliases from its Compose file, or take it off the network:",
      sh("docker network disconnect tunnel mallory"),
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-SERVICE-FORBIDDEN": {
    says: () => [
      ...all({ labels: { service: "http://192.168.1.1:80" } }),
      ...theirs({ service: "http://192.168.1.1:80" }),
    ],
    so: "The label `service` leads somewhere else than to the container that carries it.",
    why: "Whoever may label containers could publish any machine in the house. That is the operator's decision, not the label's.",
    mend: [
      "For the container itself use `cfauth.port` and `cfauth.scheme`. If labels may publish other machines, say so on cfauth:",
      yaml("    environment:", '      CFAUTH_ALLOW_SERVICE: "true"'),
    ],
    effect: SHUT_OR_KEPT,
  },
  "CFA-PUBLIC-FORBIDDEN": {
    says: () =>
      all(
        { labels: { access: "public" }, settings: { allowPublic: false } },
        { labels: { "access.bypass": "/hooks" }, settings: { allowPublic: false } },
      ),
    so: "A label asks for a page, or a path, without a login, and this cfauth allows none.",
    why: "`CFAUTH_ALLOW_PUBLIC=false` is there for exactly this: nobody who only writes labels can open something to everyone.",
    mend: [
      "Remove the label. Or, if you run cfauth and mean it, set `CFAUTH_ALLOW_PUBLIC=true` (the default) there.",
    ],
    effect:
      "A public route is not opened, and one that is open is shut. With `access.bypass` the paths are shut; a route that is not open yet is not opened, one that is open goes on without them.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
