import { randomUUID } from "node:crypto";
import type { Answer, Request, Route } from "../../routes.ts";
import { launchUrl } from "../library.ts";
import { mayOpen } from "../policies.ts";
import { type Application, type AuthentikState, ownedBySuperuser, tokenOwner } from "../state.ts";
import type { Version } from "../versions.ts";
import {
  type Fields,
  flag,
  integer,
  keyOf,
  listOf,
  nullable,
  oneOf,
  requireUnique,
  text,
} from "./fields.ts";
import { containing, exactly, type Filters, filtered, ordered, pageOf } from "./lists.ts";
import { shownProvider } from "./provider-shown.ts";
import { invalid, missing } from "./refusal.ts";
import { type Resource, routesOf } from "./resource.ts";

const RESERVED = ["authorize", "token", "device", "userinfo", "introspect", "revoke"];

const FILTERS: Filters<Application> = {
  name: exactly("name"),
  slug: exactly("slug"),
  group: exactly("group"),
  meta_publisher: exactly("meta_publisher"),
  meta_description: exactly("meta_description"),
  meta_launch_url: exactly("meta_launch_url"),
  search: containing(
    "name",
    "slug",
    "meta_launch_url",
    "meta_description",
    "meta_publisher",
    "group",
  ),
};

export function applicationRoutes(state: AuthentikState, version: Version): Route[] {
  const path = "/core/applications/";
  const resource: Resource<Application> = {
    path,
    key: "slug",
    model: "Application",
    rows: () => state.applications,
    show: (application) => shown(state, version, application),
    filters: FILTERS,
    order: "name",
    list: (request) => list(state, version, request),
    write: {
      fields: fields(state, version),
      kind: "application",
      create,
      check: (values, row) => check(state, version, values, row),
      written: (application, verb) => written(state, application, verb),
    },
  };
  const icon: Route = {
    method: "POST",
    path: `${path}{slug}/set_icon_url/`,
    answer: (request) => setIcon(state, version, request),
  };
  return [icon, ...routesOf(resource, version)];
}

/**
 * The open bug goauthentik#17064: the list contains what the caller may open, and is cached by page, not by filter. The
 * count follows the filters, but the rows come from the first request. Changes and deletions do not clear the cache.
 * Two ways around it: `search=…` (not cached, still limited to what the caller may open) and `superuser_full_list=true`.
 */
function list(state: AuthentikState, version: Version, request: Request): Answer {
  const { query } = request.call;
  const owner = tokenOwner(state);
  const rows = ordered(filtered(state.applications, request, FILTERS), request, "name");
  const page = pageOf(request, rows, version);
  const answer = (applications: readonly Application[]): Answer =>
    page.answer(applications.map((each) => shown(state, version, each)));
  if (query.get("superuser_full_list") === "true" && ownedBySuperuser(state))
    return answer(page.rows);
  const open = page.rows.filter((application) => mayOpen(state, application, owner));
  if (query.get("search")) return answer(open);
  const kept = state.listedApplications.get(page.number) ?? [];
  if (kept.length > 0) return answer(kept);
  state.listedApplications.set(page.number, structuredClone(open));
  return answer(open);
}

function fields(state: AuthentikState, version: Version): Fields {
  const most = version.has("longSlugs") ? Infinity : 50;
  const slug = {
    pattern: /^[-\w]+$/,
    wrong: "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
    most,
  };
  const provider = keyOf(() => state.providers.map(({ pk }) => pk));
  return {
    name: { read: text(), required: true },
    slug: { read: text(slug), required: true },
    provider: { read: nullable(provider) },
    backchannel_providers: { read: listOf(integer) },
    open_in_new_tab: { read: flag },
    meta_launch_url: {
      read: text({
        blank: true,
        pattern: /^(https?|blank|ssh|sftp):\/\//,
        wrong: "Enter a valid URL.",
      }),
    },
    ...(version.has("writableIcon") && { meta_icon: { read: text({ blank: true }) } }),
    meta_description: { read: text({ blank: true }) },
    meta_publisher: { read: text({ blank: true }) },
    policy_engine_mode: { read: oneOf("any", "all") },
    group: { read: text({ blank: true }) },
    meta_hide: { read: flag },
  };
}

function create(values: Record<string, unknown>): Application {
  return {
    pk: randomUUID(),
    name: "",
    slug: "",
    provider: null,
    backchannel_providers: [],
    open_in_new_tab: false,
    meta_launch_url: "",
    meta_icon: "",
    meta_description: "",
    meta_publisher: "",
    policy_engine_mode: "any",
    group: "",
    meta_hide: false,
    ...values,
  };
}

function check(
  { applications }: AuthentikState,
  version: Version,
  { slug, provider }: Record<string, unknown>,
  row: Application | undefined,
): void {
  if (version.has("reservedSlugs") && RESERVED.includes(String(slug)))
    throw invalid({
      slug: [`The slug '${String(slug)}' is reserved and cannot be used for applications.`],
    });
  requireUnique(applications, row, "slug", slug, "Application");
  if (provider !== null) requireUnique(applications, row, "provider", provider, "Application");
}

/** After a deletion the provider stays and the bindings are deleted. */
function written(
  state: AuthentikState,
  { pk }: Application,
  verb: "created" | "changed" | "removed",
): void {
  if (verb === "created") state.listedApplications.clear();
  if (verb !== "removed") return;
  const left = state.bindings.filter(({ target }) => target !== pk);
  state.bindings.splice(0, state.bindings.length, ...left);
}

/** Until 2025.10 the only way to set an icon; later versions do not have this endpoint. */
function setIcon(
  { applications }: AuthentikState,
  version: Version,
  { call, params }: Request,
): Answer {
  if (version.has("writableIcon"))
    return { status: 405, body: { detail: 'Method "POST" not allowed.' } };
  const application = applications.find(({ slug }) => slug === params["slug"]);
  if (!application) throw missing("Application");
  application.meta_icon = String((call.body as { url?: unknown } | undefined)?.url ?? "");
  return { status: 200 };
}

function shown(state: AuthentikState, version: Version, application: Application): object {
  const provider = state.providers.find(({ pk }) => pk === application.provider);
  const icon = application.meta_icon || null;
  return version.trimmed("application", {
    ...application,
    pbm_uuid: application.pk,
    meta_icon: version.has("writableIcon") ? application.meta_icon : icon,
    provider_obj: provider ? shownProvider(state, version, provider) : null,
    backchannel_providers_obj: [],
    launch_url: launchUrl(state, application),
    meta_icon_url: icon,
    meta_icon_themed_urls: null,
  });
}
