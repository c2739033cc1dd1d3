import type { Request, Route } from "../../routes.ts";
import type { AuthentikState, Group, User } from "../state.ts";
import type { Version } from "../versions.ts";
import { containing, exactly } from "./lists.ts";
import { routesOf } from "./resource.ts";

export function groupRoutes(state: AuthentikState, version: Version): Route[] {
  return routesOf<Group>(
    {
      path: "/core/groups/",
      key: "pk",
      model: "Group",
      rows: () => state.groups,
      show: (group, request) => shown(state, version, group, request),
      filters: {
        name: exactly("name"),
        is_superuser: exactly("is_superuser"),
        search: containing("name"),
      },
      order: "name",
    },
    version,
  );
}

/** Includes all users of the group unless the request has `include_users=false`. */
function shown(state: AuthentikState, version: Version, group: Group, { call }: Request): object {
  const members =
    call.query.get("include_users") === "false"
      ? []
      : state.users.filter(({ groups }) => groups.includes(group.name));
  return wholeGroup(state, version, group, members);
}

export function wholeGroup(
  state: AuthentikState,
  version: Version,
  { pk, num_pk, name, is_superuser, parents, attributes }: Group,
  members: readonly User[] = [],
): object {
  const above = state.groups.filter((group) => parents.includes(group.name));
  return version.trimmed("group", {
    pk,
    num_pk,
    name,
    is_superuser,
    parents: above.map((group) => group.pk),
    parents_obj: [],
    parent: above[0]?.pk ?? null,
    parent_name: above[0]?.name ?? null,
    users: members.map((user) => user.pk),
    users_obj: members.map(partialUser),
    attributes,
    roles: [],
    roles_obj: [],
    inherited_roles_obj: [],
    children: state.groups.filter((group) => group.parents.includes(name)).map((group) => group.pk),
    children_obj: [],
  });
}

export function partialGroup({ pk, num_pk, name, is_superuser, attributes }: Group): object {
  return { pk, num_pk, name, is_superuser, attributes };
}

export function partialUser({ pk, username, name, is_active, email, uid }: User): object {
  return { pk, username, name, is_active, last_login: null, email, attributes: {}, uid };
}

export function wholeUser({ is_superuser, uuid, ...user }: User): object {
  const never = "2024-01-01T00:00:00Z";
  const avatar = "/static/dist/assets/images/user_default.png";
  return {
    ...partialUser({ is_superuser, uuid, ...user }),
    is_superuser,
    uuid,
    avatar,
    groups_obj: [],
    groups: [],
    date_joined: never,
    password_change_date: never,
  };
}
