import type { Application, AuthentikState, Binding, User } from "./state.ts";

/** The names of the groups that count for bindings: the user's groups and all their parents. The `groups` claim has only the user's own. */
export function allGroups({ groups }: AuthentikState, user: User): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const parent of groups.find((group) => group.name === name)?.parents ?? []) visit(parent);
  };
  user.groups.forEach(visit);
  return [...found];
}

/** Whether the policy engine admits the user to the application. Without bindings it admits everyone. Superusers get no bypass. */
export function mayOpen(state: AuthentikState, application: Application, user: User): boolean {
  const verdicts = state.bindings
    .filter(({ target, enabled }) => target === application.pk && enabled)
    .map((binding) => passes(state, binding, user) !== binding.negate);
  if (verdicts.length === 0) return true;
  return application.policy_engine_mode === "all"
    ? verdicts.every(Boolean)
    : verdicts.some(Boolean);
}

/** The sandbox does not support expression policies: they give their failure result. */
function passes(
  state: AuthentikState,
  { group, user, failure_result }: Binding,
  visitor: User,
): boolean {
  if (user !== null) return user === visitor.pk;
  if (group === null) return failure_result;
  const name = state.groups.find(({ pk }) => pk === group)?.name;
  return name !== undefined && allGroups(state, visitor).includes(name);
}
