import { ORIGIN_OPTIONS } from "./catalogue.ts";
import { type Label, type Labels, stripQuotes } from "./grouping.ts";

/**
 * Label families of other tools that may be read as ours, each named by what its labels begin with. Who carries labels of two is
 * read as DockFlare does: the first of this list wins, label by label.
 *
 * - `dockflare`: DockFlare (ChrispyBacon-dev/DockFlare, app/core/docker_handler.py and utils.py of 3.1.2, 2026-05)
 * - `cloudflare.tunnel`: DockFlare's older prefix, which it still reads, and docker-cloudflare-tunnel-sync
 *   (Darkdragon14/docker-cloudflare-tunnel-sync, internal/labels/parser.go and docs/labels.md, 2026-04)
 */
export const LABEL_DIALECTS = ["dockflare", "cloudflare.tunnel"] as const;
export type LabelDialect = (typeof LABEL_DIALECTS)[number];

/** Their keys that are taken, with ours for each. None of ours says who may enter, and none of them may. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ["hostname", "hostname"],
  ["service", "service"],
  ["path", "path"],
  ["no_tls_verify", "origin.noTLSVerify"],
  ["originsrvname", "origin.originServerName"],
  ["httpHostHeader", "origin.httpHostHeader"],
  ["http2_origin", "origin.http2Origin"],
  ["disable_chunked_encoding", "origin.disableChunkedEncoding"],
  ["match_sni_to_host", "origin.matchSNItoHost"],
  ["origin.no-tls-verify", "origin.noTLSVerify"],
  ["origin.server-name", "origin.originServerName"],
]);

/** Their keys that ask for nothing: the zone is the longest that covers the hostname. */
const IDLE = ["zonename", "dns.zone"];

/** What the labels of another tool say, in our words. */
export interface Translation {
  /** Undefined: the other tool would not look at this container either. */
  readonly enable: Label | undefined;
  /** By route, as `groupByRoute` sorts ours; a route always has a hostname and a service, if need be an empty one, which is a fault. */
  readonly routes: ReadonlyMap<string, Labels>;
  /** Names of labels that say who may enter: never read. */
  readonly access: readonly string[];
  /** Names of labels that say what nobody here understands. */
  readonly unknown: readonly string[];
}

/** The labels that another tool would read, as they stand. */
export const foreignLabels = (
  labels: Readonly<Record<string, string>>,
  reads: readonly LabelDialect[],
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      reads.some((family) => heads(family).some((head) => name.startsWith(head))),
    ),
  );

/** docker-cloudflare-tunnel-sync has a prefix of its own for what concerns Access. */
const heads = (family: LabelDialect): readonly string[] =>
  family === "cloudflare.tunnel" ? ["cloudflare.tunnel.", "cloudflare.access."] : [`${family}.`];

/**
 * Reads the labels of other tools as ours; each label keeps its name, for problems. Never throws.
 *
 * | label            | whose                           | route                                                   |
 * |------------------|---------------------------------|---------------------------------------------------------|
 * | `enable`         | both                            | the container: without it none                          |
 * | `hostname`       | both                            | the unnamed one                                         |
 * | `0.hostname`     | DockFlare                       | one more; what it leaves out is as in the unnamed labels |
 * | `hostname.admin` | docker-cloudflare-tunnel-sync   | one more; nothing is handed down                        |
 */
export function translateLabels(
  labels: Readonly<Record<string, string>>,
  reads: readonly LabelDialect[],
): Translation {
  const said = LABEL_DIALECTS.filter((family) => reads.includes(family)).flatMap((family) =>
    spoken(labels, family),
  );
  const placed = said
    .flatMap(({ label, place }) => (typeof place === "string" ? [] : [{ label, ...place }]))
    .toReversed();
  const given = new Map(
    [...Map.groupBy(placed, ({ route }) => route)].map(([route, of]) => [route, keyed(of)]),
  );
  const base = given.get("") ?? new Map<string, Label>();
  const named = [...given].filter(([route]) => route !== "");
  const unnamed = base.has("hostname") || named.length === 0;
  const enable = said.find(({ place }) => place === "enable")?.label;
  return {
    enable,
    routes: new Map(
      [...(unnamed ? [["", base] as const] : []), ...named]
        .map(
          ([route, own]) =>
            [route, whole(/^\d/.test(route) ? inherit(own, base) : own, route, enable)] as const,
        )
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
    access: said.filter(({ place }) => place === "access").map(({ label }) => label.name),
    unknown: said.filter(({ place }) => place === "unknown").map(({ label }) => label.name),
  };
}

/** Ours for a label of theirs, `hostname` for `dockflare.0.hostname`; undefined where there is none. */
export function ourKey(name: string): string | undefined {
  const places = LABEL_DIALECTS.filter((family) => name.startsWith(`${family}.`)).map((family) =>
    placeOf(name.slice(family.length + 1), family),
  );
  return places.flatMap((place) => (typeof place === "string" ? [] : [place.key]))[0];
}

type Place =
  | { readonly route: string; readonly key: string }
  | "enable"
  | "access"
  | "idle"
  | "unknown";

function spoken(
  labels: Readonly<Record<string, string>>,
  family: LabelDialect,
): readonly { readonly label: Label; readonly place: Place }[] {
  return Object.keys(foreignLabels(labels, [family]))
    .toSorted()
    .map((name) => ({
      label: { name, text: stripQuotes(labels[name] ?? "") },
      place: name.startsWith(`${family}.`)
        ? placeOf(name.slice(family.length + 1), family)
        : "access",
    }));
}

function placeOf(rest: string, family: LabelDialect): Place {
  if (rest === "enable") return "enable";
  const [, index = "", key = rest] = /^(\d{1,4})\.(.+)$/.exec(rest) ?? [];
  if (/^access(\.|$)/.test(key)) return "access";
  if (IDLE.includes(key)) return "idle";
  const ours = TAKEN.get(key);
  if (ours !== undefined) return { route: index, key: ours };
  return family === "cloudflare.tunnel" ? suffixed(rest) : "unknown";
}

/** `hostname.admin`: the route is `.admin`, so that it is none of the numbered ones. */
function suffixed(rest: string): Place {
  const idle = IDLE.some((key) => rest.startsWith(`${key}.`));
  const [key, ours] =
    [...TAKEN].find(([it]) => rest.startsWith(`${it}.`) && rest.length > it.length + 1) ?? [];
  if (key === undefined || ours === undefined) return idle ? "idle" : "unknown";
  return { route: rest.slice(key.length), key: ours };
}

/** Of two labels for one key the last wins. */
const keyed = (
  placed: readonly { readonly key: string; readonly label: Label }[],
): ReadonlyMap<string, Label> =>
  new Map(
    placed.map(({ key, label }) => [
      key,
      isFlag(key) ? { ...label, text: flag(label.text) } : label,
    ]),
  );

const isFlag = (key: string): boolean =>
  ORIGIN_OPTIONS[key.slice("origin.".length)]?.takes === "boolean";

const inherit = (own: Labels, base: Labels): Labels =>
  new Map([...[...base].filter(([key]) => key !== "hostname"), ...own]);

/** With an empty text for what both tools demand and is missing: it is named as faulty, and nothing is guessed. */
function whole(labels: Labels, route: string, enable: Label | undefined): Labels {
  const name = [...labels.values()][0]?.name ?? enable?.name ?? "";
  const family = LABEL_DIALECTS.find((it) => name.startsWith(`${it}.`)) ?? LABEL_DIALECTS[0];
  const missing = (key: string): Label => ({
    name: /^\d/.test(route) ? `${family}.${route}.${key}` : `${family}.${key}${route}`,
    text: "",
  });
  return new Map([["hostname", missing("hostname")], ["service", missing("service")], ...labels]);
}

/** As both tools read a switch (Python's list of theirs, Go's ParseBool); anything else is left for the problem. */
export const flag = (text: string): string =>
  /^(true|t|yes|1)$/i.test(text) ? "true" : /^(false|f|no|0)$/i.test(text) ? "false" : text;
