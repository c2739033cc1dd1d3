import type { Request, Route } from "../../routes.ts";
import { paged, success } from "../envelope.ts";
import { isFields, isText } from "../fields.ts";
import { timestamp } from "../ids.ts";
import type { CloudflareState } from "../state.ts";
import { conflict, invalidRequest, notFound } from "./refusals.ts";

type Tag = NonNullable<ReturnType<CloudflareState["tags"]["get"]>>;

/** The name is the id. */
export function tagRoutes(state: CloudflareState): Route[] {
  const all = "/accounts/{account_id}/access/tags";
  const one = `${all}/{tag_name}`;
  const show = (tag: Tag): object => ({ ...tag, app_count: appCount(state, tag.name) });
  return [
    {
      method: "GET",
      path: all,
      answer: (request) =>
        paged(request, [...state.tags.values()].map(show), { usual: 50, most: 1000 }),
    },
    { method: "POST", path: all, answer: (request) => success(show(create(state, request)), 201) },
    { method: "GET", path: one, answer: ({ params }) => success(show(tagOf(state, params))) },
    { method: "PUT", path: one, answer: (request) => success(show(rename(state, request))) },
    { method: "DELETE", path: one, answer: ({ params }) => success(remove(state, params), 202) },
  ];
}

function create(state: CloudflareState, { call: { body } }: Request): Tag {
  const name = nameIn(body);
  if (state.tags.has(name)) throw conflict("tag already exists");
  const now = timestamp();
  const tag = { name, created_at: now, updated_at: now };
  state.tags.set(name, tag);
  return tag;
}

function rename(state: CloudflareState, { params, call: { body } }: Request): Tag {
  const old = tagOf(state, params);
  const name = nameIn(body);
  if (name !== old.name) {
    if (state.tags.has(name)) throw conflict("tag already exists");
    refuseUsed(state, old.name);
  }
  const tag = { ...old, name, updated_at: timestamp() };
  state.tags.delete(old.name);
  state.tags.set(name, tag);
  return tag;
}

function remove(state: CloudflareState, params: Request["params"]): object {
  const { name } = tagOf(state, params);
  refuseUsed(state, name);
  state.tags.delete(name);
  return { name };
}

function refuseUsed(state: CloudflareState, name: string): void {
  if (appCount(state, name) > 0) throw conflict("tag has active associations");
}

function nameIn(body: unknown): string {
  const name = isFields(body) ? body.name : undefined;
  if (isText(name)) return name;
  throw invalidRequest("tag name is required");
}

function tagOf(state: CloudflareState, params: Request["params"]): Tag {
  const tag = state.tags.get(params.tag_name ?? "");
  if (!tag) throw notFound("tag");
  return tag;
}

function appCount({ apps }: CloudflareState, name: string): number {
  return [...apps.values()].filter(({ tags }) => tags.includes(name)).length;
}
