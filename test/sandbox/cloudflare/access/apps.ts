import type { Request, Route } from "../../routes.ts";
import { paged, Refusal, success } from "../envelope.ts";
import { type Fields, isFields } from "../fields.ts";
import { audience, timestamp, uuid } from "../ids.ts";
import type { AccessApplication, CloudflareState } from "../state.ts";
import { policyLinks } from "./app-links.ts";
import { overlap, places } from "./app-places.ts";
import { allowedIdps, appType, flags, sessionDuration, tagNames } from "./app-settings.ts";
import { shownPolicy } from "./policies.ts";
import { notFound } from "./refusals.ts";

/** @param revoked - called with the audience of each application whose logins are revoked */
export function appRoutes(state: CloudflareState, revoked: (aud: string) => void): Route[] {
  const all = "/accounts/{account_id}/access/apps";
  const one = `${all}/{app_id}`;
  const show = (app: AccessApplication): object => shown(state, app);
  return [
    {
      method: "GET",
      path: all,
      answer: (request) =>
        paged(request, listed(state, request).map(show), { usual: 1000, most: 1000 }),
    },
    { method: "POST", path: all, answer: (request) => success(show(create(state, request)), 201) },
    { method: "GET", path: one, answer: ({ params }) => success(show(appOf(state, params))) },
    { method: "PUT", path: one, answer: (request) => success(show(replace(state, request))) },
    { method: "DELETE", path: one, answer: ({ params }) => success(remove(state, params), 202) },
    {
      method: "POST",
      path: `${one}/revoke_tokens`,
      answer: ({ params }) => success(revoke(state, params, revoked), 202),
    },
  ];
}

function create(state: CloudflareState, { call: { body } }: Request): AccessApplication {
  const fields = isFields(body) ? body : {};
  const now = timestamp();
  const app = {
    ...wished(state, fields),
    policies: policyLinks(state, fields.policies ?? []),
    id: uuid(),
    aud: audience(),
    created_at: now,
    updated_at: now,
  };
  state.apps.set(app.id, app);
  return app;
}

/** A PUT replaces everything. Only the policies stay if the body omits them; `[]` removes them. */
function replace(state: CloudflareState, { params, call: { body } }: Request): AccessApplication {
  const { id, aud, created_at, policies, tokens_revoked_at } = appOf(state, params);
  const fields = isFields(body) ? body : {};
  const links = fields.policies ?? undefined;
  const app = {
    ...wished(state, fields, id),
    policies: links === undefined ? policies : policyLinks(state, links),
    ...(tokens_revoked_at === undefined ? {} : { tokens_revoked_at }),
    id,
    aud,
    created_at,
    updated_at: timestamp(),
  };
  state.apps.set(id, app);
  return app;
}

type Wish = Pick<
  AccessApplication,
  | "name"
  | "type"
  | "domain"
  | "destinations"
  | "allowed_idps"
  | "auto_redirect_to_identity"
  | "session_duration"
  | "tags"
>;

const RESPONSE_ONLY = [
  "id",
  "aud",
  "uid",
  "policies",
  "created_at",
  "updated_at",
  "tokens_revoked_at",
];

function wished(state: CloudflareState, fields: Fields, ownId?: string): Wish {
  const type = appType(fields);
  const where = places(state, fields);
  const twin = [...state.apps.values()].some(
    (other) => other.id !== ownId && overlap(where, other),
  );
  if (twin) throw new Refusal(409, 11010, "access.api.error.application_already_exists");
  const others = Object.entries(fields).filter(
    ([name, value]) => !RESPONSE_ONLY.includes(name) && value !== null,
  );
  return {
    ...Object.fromEntries(others),
    ...where,
    ...flags(fields),
    auto_redirect_to_identity: fields.auto_redirect_to_identity === true,
    type,
    name: typeof fields.name === "string" ? fields.name : where.domain,
    allowed_idps: allowedIdps(state, fields),
    tags: tagNames(state, fields),
    session_duration: sessionDuration(fields),
  };
}

function remove(state: CloudflareState, params: Request["params"]): object {
  const { id } = appOf(state, params);
  state.apps.delete(id);
  return { id };
}

function revoke(
  state: CloudflareState,
  params: Request["params"],
  revoked: (aud: string) => void,
): object {
  const app = appOf(state, params);
  state.apps.set(app.id, { ...app, tokens_revoked_at: timestamp() });
  revoked(app.aud);
  return {};
}

function appOf(state: CloudflareState, params: Request["params"]): AccessApplication {
  const app = state.apps.get(params.app_id ?? "");
  if (!app) throw notFound("application");
  return app;
}

function listed(state: CloudflareState, { call: { query } }: Request): AccessApplication[] {
  const exact = query.get("exact") === "true";
  const fits = (value: string, wanted: string | null): boolean =>
    wanted === null || (exact ? value === wanted : value.includes(wanted));
  return [...state.apps.values()].filter(
    ({ name, domain, aud }) =>
      fits(name, query.get("name")) &&
      fits(domain, query.get("domain")) &&
      fits(aud, query.get("aud")),
  );
}

/** Policies written out, though only their ids were sent; those that are gone and empty lists are left out. */
function shown(state: CloudflareState, app: AccessApplication): object {
  const { policies, tokens_revoked_at, tags, allowed_idps, ...rest } = app;
  return {
    ...rest,
    ...(allowed_idps.length > 0 ? { allowed_idps } : {}),
    ...(tags.length > 0 ? { tags } : {}),
    policies: policies.flatMap((link) => expanded(state, link)),
  };
}

function expanded(
  state: CloudflareState,
  { id, precedence }: AccessApplication["policies"][number],
): object[] {
  const policy = state.policies.get(id);
  return policy ? [{ ...shownPolicy(state, policy), precedence }] : [];
}
