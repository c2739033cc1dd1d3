import { ORIGIN_OPTIONS } from "./catalogue.ts";
import { type Label, type Labels, stripQuotes } from "./grouping.ts";

/**
 * Label dialects of other tools that cfauth can read, each named after the prefix of its labels. If
 * a container has labels of two dialects, the first in this list wins label by label, as in
 * DockFlare.
 *
 * - `dockflare`: DockFlare (ChrispyBacon-dev/DockFlare, app/core/docker_handler.py and utils.py of
 *   3.1.2, 2026-05)
 * - `cloudflare.tunnel`: DockFlare's older prefix, which it still reads, and
 *   docker-cloudflare-tunnel-sync (Darkdragon14/docker-cloudflare-tunnel-sync,
 *   internal/labels/parser.go and docs/labels.md, 2026-04)
 */
export const LABEL_DIALECTS = ["dockflare", "cloudflare.tunnel"] as const;
export type LabelDialect = (typeof LABEL_DIALECTS)[number];

/** Foreign keys that cfauth reads, each with its own key. None of them may say who may enter. */
const TRANSLATED: ReadonlyMap<string, string> = new Map([
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

/** Foreign keys that cfauth does not need: it uses the longest zone that covers the hostname. */
const REDUNDANT = ["zonename", "dns.zone"];

/** The labels of another tool, translated into cfauth's. */
export interface Translation {
  /** If undefined, the other tool would ignore this container too. */
  readonly enable: Label | undefined;
  /**
   * By route name, as in `groupByRoute`. Every route has a hostname and a service. A missing one is
   * empty, which is a fault.
   */
  readonly routes: ReadonlyMap<string, Labels>;
  /** Names of labels that say who may enter: cfauth never reads them. */
  readonly access: readonly string[];
  /** Names of labels that cfauth does not know. */
  readonly unknown: readonly string[];
}

/** The labels that another tool would read, unchanged. */
export const foreignLabels = (
  labels: Readonly<Record<string, string>>,
  reads: readonly LabelDialect[],
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      reads.some((dialect) => prefixesOf(dialect).some((prefix) => name.startsWith(prefix))),
    ),
  );

/** docker-cloudflare-tunnel-sync uses a second prefix for Access. */
const prefixesOf = (dialect: LabelDialect): readonly string[] =>
  dialect === "cloudflare.tunnel" ? ["cloudflare.tunnel.", "cloudflare.access."] : [`${dialect}.`];

/**
 * Translates the labels of other tools into ours. Each label keeps its name, for problems. Never
 * throws.
 *
 * | label            | tool                          | route                                     |
 * |------------------|-------------------------------|-------------------------------------------|
 * | `enable`         | both                          | the container; without it no route        |
 * | `hostname`       | both                          | the unnamed one                           |
 * | `0.hostname`     | DockFlare                     | one more, which inherits unnamed labels   |
 * | `hostname.admin` | docker-cloudflare-tunnel-sync | one more, which inherits nothing          |
 */
export function translateLabels(
  labels: Readonly<Record<string, string>>,
  reads: readonly LabelDialect[],
): Translation {
  const all = LABEL_DIALECTS.filter((dialect) => reads.includes(dialect)).flatMap((dialect) =>
    classifyLabels(labels, dialect),
  );
  const placed = all
    .flatMap(({ label, place }) => (typeof place === "string" ? [] : [{ label, ...place }]))
    .toReversed();
  const byRoute = new Map(
    [...Map.groupBy(placed, ({ route }) => route)].map(([route, group]) => [
      route,
      indexByKey(group),
    ]),
  );
  const base = byRoute.get("") ?? new Map<string, Label>();
  const named = [...byRoute].filter(([route]) => route !== "");
  const hasUnnamed = base.has("hostname") || named.length === 0;
  const enable = all.find(({ place }) => place === "enable")?.label;
  const routes = [...(hasUnnamed ? [["", base] as const] : []), ...named].map(([route, own]) => {
    const routeLabels = /^\d/.test(route) ? inheritLabels(own, base) : own;
    return [route, withRequiredLabels(routeLabels, route, enable)] as const;
  });
  return {
    enable,
    routes: new Map(routes.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    access: all.filter(({ place }) => place === "access").map(({ label }) => label.name),
    unknown: all.filter(({ place }) => place === "unknown").map(({ label }) => label.name),
  };
}

/**
 * cfauth's key for a foreign label, `hostname` for `dockflare.0.hostname`; undefined if there is
 * none.
 */
export function toOwnKey(name: string): string | undefined {
  const places = LABEL_DIALECTS.filter((dialect) => name.startsWith(`${dialect}.`)).map((dialect) =>
    placeOf(name.slice(dialect.length + 1), dialect),
  );
  return places.flatMap((place) => (typeof place === "string" ? [] : [place.key]))[0];
}

type Place =
  | { readonly route: string; readonly key: string }
  | "enable"
  | "access"
  | "redundant"
  | "unknown";

function classifyLabels(
  labels: Readonly<Record<string, string>>,
  dialect: LabelDialect,
): readonly { readonly label: Label; readonly place: Place }[] {
  return Object.keys(foreignLabels(labels, [dialect]))
    .toSorted()
    .map((name) => ({
      label: { name, text: stripQuotes(labels[name] ?? "") },
      place: name.startsWith(`${dialect}.`)
        ? placeOf(name.slice(dialect.length + 1), dialect)
        : "access",
    }));
}

function placeOf(rest: string, dialect: LabelDialect): Place {
  if (rest === "enable") return "enable";
  const [, index = "", key = rest] = /^(\d{1,4})\.(.+)$/.exec(rest) ?? [];
  if (/^access(\.|$)/.test(key)) return "access";
  if (REDUNDANT.includes(key)) return "redundant";
  const ownKey = TRANSLATED.get(key);
  if (ownKey !== undefined) return { route: index, key: ownKey };
  return dialect === "cloudflare.tunnel" ? placeOfSuffixed(rest) : "unknown";
}

/** For `hostname.admin` the route name is `.admin`, so it never equals a numbered one. */
function placeOfSuffixed(rest: string): Place {
  const isRedundant = REDUNDANT.some((key) => rest.startsWith(`${key}.`));
  const [key, ownKey] =
    [...TRANSLATED].find(([it]) => rest.startsWith(`${it}.`) && rest.length > it.length + 1) ?? [];
  if (key === undefined || ownKey === undefined) return isRedundant ? "redundant" : "unknown";
  return { route: rest.slice(key.length), key: ownKey };
}

/** Of two labels with one key the last wins. */
const indexByKey = (
  placed: readonly { readonly key: string; readonly label: Label }[],
): ReadonlyMap<string, Label> =>
  new Map(
    placed.map(({ key, label }) => [
      key,
      isFlag(key) ? { ...label, text: normaliseFlag(label.text) } : label,
    ]),
  );

const isFlag = (key: string): boolean =>
  ORIGIN_OPTIONS[key.slice("origin.".length)]?.takes === "boolean";

const inheritLabels = (own: Labels, base: Labels): Labels =>
  new Map([...[...base].filter(([key]) => key !== "hostname"), ...own]);

/**
 * Adds each label that both tools require and that is missing, with an empty text. It is then
 * reported as faulty, and cfauth guesses nothing.
 */
function withRequiredLabels(labels: Labels, route: string, enable: Label | undefined): Labels {
  const name = [...labels.values()][0]?.name ?? enable?.name ?? "";
  const dialect = LABEL_DIALECTS.find((it) => name.startsWith(`${it}.`)) ?? LABEL_DIALECTS[0];
  const missing = (key: string): Label => ({
    name: /^\d/.test(route) ? `${dialect}.${route}.${key}` : `${dialect}.${key}${route}`,
    text: "",
  });
  return new Map([["hostname", missing("hostname")], ["service", missing("service")], ...labels]);
}

/**
 * Reads a flag as both tools do (a list in DockFlare's Python, Go's ParseBool). Any other text
 * stays unchanged, for the problem.
 */
export function normaliseFlag(text: string): string {
  if (/^(true|t|yes|1)$/i.test(text)) return "true";
  return /^(false|f|no|0)$/i.test(text) ? "false" : text;
}
