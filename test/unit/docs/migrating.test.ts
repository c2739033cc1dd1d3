import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Protection } from "../../../src/core/domain/exposure.ts";
import { LABEL_KEYS } from "../../../src/core/labels/catalogue.ts";
import { LABEL_DIALECTS, translateLabels } from "../../../src/core/labels/dialects.ts";
import { decoded, tcp, workload } from "../../support/builders.ts";
import { KNOWN } from "../core/labels/known.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../../docs/migrating.md"), "utf8");

/** The container of each Compose snippet below its heading, in the order of the page. */
const snippets = PAGE.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => {
    const labels = [...yaml.matchAll(/^ {6}(\S+): (.+)$/gm)].map(([, name = "", text = ""]) => [
      name,
      text.startsWith('"') ? JSON.parse(text) : text,
    ]);
    const networks = /^ {4}networks: \[(.*)\]$/m.exec(yaml)?.[1]?.split(", ") ?? [];
    return {
      heading: section.split("\n")[0] ?? "",
      service: /^ {2}(\S+):$/m.exec(yaml)?.[1] ?? "",
      networks,
      labels: Object.fromEntries(labels) as Record<string, string>,
    };
  }),
);

const who = (protection: Protection): string => {
  if (protection.kind !== "authentik") return protection.kind;
  const { groups, emails } = protection.audience;
  return [...groups, ...emails].join() || "everyone who logs in";
};

/**
 * The result of a snippet with labels of other tools: the origin of each route, who may enter, and
 * whether it adopts.
 */
function run({ service, networks, labels }: (typeof snippets)[number]) {
  const container = workload(labels, {
    name: service,
    service: { project: "home", name: service },
    networks: Object.fromEntries(networks.map((network) => [network, { ip: "172.18.0.2" }])),
    ports: service === "unifi" ? [tcp(8080), tcp(8443)] : [tcp(3000)],
  });
  const { exposures, problems } = decoded([container], { lookups: KNOWN, reads: LABEL_DIALECTS });
  return {
    opens: exposures.map(
      ({ route, origin, protection, adopt }) =>
        `${route.hostname}${route.path ?? ""} → ${origin.service} ${who(protection)}${adopt ? ", takes over" : ""}`,
    ),
    problems: problems.map(({ severity, label }) => `${severity} ${label}`),
  };
}

const WIKI = "wiki.example.com → http://wiki.tunnel:3000";

describe("the snippets of docs/migrating.md", () => {
  it.each<{ at: number; name: string; opens: readonly string[]; problems: readonly string[] }>([
    { at: 0, name: "The order", opens: [`${WIKI} family, takes over`], problems: [] },
    {
      at: 1,
      name: "From DockFlare",
      opens: [
        `${WIKI} everyone who logs in`,
        "wiki.example.com/hooks → http://wiki.tunnel:3000 everyone who logs in",
      ],
      problems: ["warning dockflare.0.access.policy"],
    },
    {
      at: 2,
      name: "From DockFlare",
      opens: [
        `${WIKI} family, takes over`,
        "wiki.example.com/hooks → http://wiki.tunnel:3000 public, takes over",
      ],
      problems: [],
    },
    {
      at: 3,
      name: "From docker-cloudflare-tunnel-sync",
      opens: [
        `${WIKI} everyone who logs in`,
        "admin.example.com → https://wiki.tunnel:3443 everyone who logs in",
      ],
      problems: ["warning cloudflare.access.app.name"],
    },
    {
      at: 4,
      name: "From docker-cloudflare-tunnel-sync",
      opens: [
        "admin.example.com → https://wiki.tunnel:3443 ann@example.com, takes over",
        `${WIKI} ann@example.com, takes over`,
      ],
      problems: [],
    },
    {
      at: 5,
      name: "From Traefik with forward auth",
      opens: [`${WIKI} family, takes over`],
      problems: [],
    },
    {
      at: 6,
      name: "From public hostnames made by hand",
      opens: ["unifi.example.com → https://unifi.tunnel:8443 ann@example.com, takes over"],
      problems: [],
    },
  ])("the snippet $at under $name has the described result", ({ at, name, opens, problems }) => {
    const snippet = snippets[at];
    if (snippet === undefined) throw new Error(`docs/migrating.md has no snippet ${at}`);
    const as = run(snippet);
    expect(snippet.heading).toBe(name);
    expect(as.opens.toSorted()).toEqual(opens.toSorted());
    expect(as.problems).toEqual(problems);
  });

  it("every snippet of docs/migrating.md is run", () => {
    expect(snippets.length).toBe(7);
  });
});

describe("the tables of docs/migrating.md", () => {
  const documented = [...PAGE.matchAll(/`cfauth\.([\w.-]+[\w])(?:: [^`]*)?`/g)].map(
    ([, key = ""]) => key.replace(/^(api|admin)\./, ""),
  );

  it("the tables of docs/migrating.md name only existing labels", () => {
    expect([...new Set(documented)].filter((key) => !LABEL_KEYS.includes(key))).toEqual([]);
    expect(new Set(documented).size).toBeGreaterThan(15);
  });

  it("the tables of docs/migrating.md translate every label of other tools that is read", () => {
    const rows = PAGE.split("\n").filter((line) =>
      /^\| `(dockflare|cloudflare\.tunnel)\./.test(line),
    );
    const keys = rows.flatMap((row) =>
      [...row.matchAll(/`((?:dockflare|cloudflare\.tunnel)\.[\w.-]+)/g)].map(
        ([, name = ""]) => name,
      ),
    );
    const read = keys.filter((name) =>
      [...translateLabels({ [name]: "x" }, LABEL_DIALECTS).routes.values()].some((labels) =>
        [...labels.values()].some((it) => it.text !== ""),
      ),
    );
    expect(read).toEqual([
      "dockflare.hostname",
      "dockflare.service",
      "dockflare.path",
      "dockflare.0.hostname",
      "dockflare.no_tls_verify",
      "dockflare.originsrvname",
      "dockflare.httpHostHeader",
      "dockflare.http2_origin",
      "dockflare.disable_chunked_encoding",
      "dockflare.match_sni_to_host",
      "cloudflare.tunnel.hostname",
      "cloudflare.tunnel.service",
      "cloudflare.tunnel.path",
      "cloudflare.tunnel.hostname.admin",
      "cloudflare.tunnel.origin.no-tls-verify",
      "cloudflare.tunnel.origin.server-name",
    ]);
  });
});
