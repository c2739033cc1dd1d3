import { createHash, randomUUID } from "node:crypto";
import type { AuthentikState, Group, User } from "./state.ts";

export interface NewUser {
  readonly username: string;
  readonly name?: string;
  /** By default `<username>@example.com`; may be empty. */
  readonly email?: string;
  /** By default `<username>-password`. */
  readonly password?: string;
  /** Names; missing groups are created. */
  readonly groups?: readonly string[];
  readonly superuser?: boolean;
}

export interface NewGroup {
  readonly name: string;
  readonly parents?: readonly string[];
}

export const FAMILY: readonly NewUser[] = [
  { username: "alice", groups: ["family"] },
  { username: "bob", groups: ["admins"] },
];

export const ADMIN: NewUser = {
  username: "akadmin",
  name: "authentik Default Admin",
  email: "root@example.com",
  groups: ["authentik Admins"],
  superuser: true,
};

export function addUser(state: AuthentikState, wanted: NewUser): User {
  const { username, name = capitalised(username), groups = [], superuser = false } = wanted;
  for (const group of groups) addGroup(state, { name: group });
  const pk = Math.max(0, ...state.users.map((user) => user.pk)) + 1;
  const user: User = {
    pk,
    uuid: randomUUID(),
    uid: createHash("sha256").update(`${pk}-sandbox`).digest("hex"),
    username,
    name,
    email: wanted.email ?? `${username}@example.com`,
    password: wanted.password ?? `${username}-password`,
    is_active: true,
    is_superuser: superuser,
    groups: [...groups],
  };
  state.users.push(user);
  return user;
}

/** The group of that name. Creates it and its parents if missing. */
export function addGroup(state: AuthentikState, { name, parents = [] }: NewGroup): Group {
  for (const parent of parents) addGroup(state, { name: parent });
  const known = state.groups.find((group) => group.name === name);
  if (known) {
    known.parents = [...new Set([...known.parents, ...parents])];
    return known;
  }
  const group: Group = {
    pk: randomUUID(),
    num_pk: 10_000 + state.groups.length,
    name,
    is_superuser: name === "authentik Admins",
    parents: [...parents],
    attributes: {},
  };
  state.groups.push(group);
  return group;
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
