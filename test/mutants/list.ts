/** Hand-made faults of the planner. Each is one edit of one file; the safety property, or a test beside it, must notice. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Which tests must notice; those of the planner unless told. */
  readonly tests?: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "climbs from above: the record comes before what protects it",
    file: "src/plan/plan.ts",
    from: 'stances.findIndex((stance) => stance.is !== "stands")',
    to: 'stances.findLastIndex((stance) => stance.is !== "stands")',
  },
  {
    name: "takes down from below: the application goes while the rule stands",
    file: "src/plan/plan.ts",
    from: 'stances.findLast((stance) => stance.is === "left"',
    to: 'stances.find((stance) => stance.is === "left"',
  },
  {
    name: "mends the audience although the origin moves too",
    file: "src/plan/plan.ts",
    from: 'if (above?.is === "drifted" && (above.moves !== undefined || stance.alone)) return above.close;',
    to: "",
  },
  {
    name: "opens what is public before what is protected inside it",
    file: "src/plan/plan.ts",
    from: "climbed.change && opensUp(house, scene, wish, climbed.change) ? unguarded(scene, wish) : undefined",
    to: "false ? unguarded(scene, wish) : undefined",
  },
  {
    name: "closes what is protected before what is public around it",
    file: "src/plan/plan.ts",
    from: "!uncovering(scene, route, (wished) => house.audience(wished, scene.world)) &&",
    to: "",
  },
  {
    name: "ignores that a name is somebody else's",
    file: "src/plan/plan.ts",
    from: "if (problems.length > 0) return { route, ...adopted(house, scene, wish, problems) };",
    to: "",
  },
  {
    name: "leaves open to those of before what cannot become what is wished",
    file: "src/kinds/overstay.ts",
    from: "return gone ? takeAway",
    to: "return false ? takeAway",
  },
  {
    name: "takes any rule that checks no login for ours where the record is",
    file: "src/kinds/ingress/rules.ts",
    from: "if (check === undefined) return speltByUs(rule) &&",
    to: "if (check === undefined) return",
  },
  { name: "touches routes that are held", file: "src/plan/plan.ts", from: "desired.held.has(key) ? [] : [route]", to: "[route]" },
  {
    name: "opens before the health check",
    file: "src/plan/plan.ts",
    from: "const ungated = exposed(scene, wish) || ruled(scene, route);",
    to: "const ungated = true;",
  },
  {
    name: "writes the rule without the check of the login",
    file: "src/kinds/ingress/propose.ts",
    from: "open(wish.protection) ? undefined :",
    to: "true ? undefined :",
  },
  {
    name: "does not look at whose logins the rule checks",
    file: "src/kinds/ingress/propose.ts",
    from: "check.audTag[0] === wanted.aud",
    to: "true",
  },
  {
    name: "withdraws a rule that a public one around it would answer for",
    file: "src/kinds/ingress/propose.ts",
    from: "around(route, world, desired) ? shut",
    to: "false ? shut",
  },
  {
    name: "does not see that the origin moved",
    file: "src/kinds/ingress/propose.ts",
    from: 'moves: sameWay ? undefined : "origin"',
    to: "moves: undefined",
  },
  {
    name: "takes any rule on the hostname for its own",
    file: "src/kinds/ingress/rules.ts",
    from: "rule.hostname?.toLowerCase() === hostname && !ours(rule, seen)",
    to: "false",
  },
  {
    name: "puts its rules below the wildcards of others",
    file: "src/kinds/ingress/arrange.ts",
    from: "return at === -1 ? [...rules, rule] :",
    to: "return true ? [...rules, rule] :",
  },
  {
    name: "drops the rules of others",
    file: "src/kinds/ingress/arrange.ts",
    from: "!touched.has(keyOf(rule))",
    to: '!touched.has(keyOf(rule)) && keyOf(rule) !== ""',
  },
  {
    name: "does not see that the audience moved",
    file: "src/kinds/access/propose.ts",
    from: 'return { is: "drifted", mend, close, moves: "audience", ...(alone',
    to: 'return { is: "drifted", mend, close, moves: undefined, ...(alone',
  },
  {
    name: "leaves the policy of an application as it is",
    file: "src/kinds/access/propose.ts",
    from: "if (same(found.policies, wanted.policies)) {",
    to: "if (true) {",
  },
  {
    name: "forgets the policies that nobody uses any more",
    file: "src/kinds/policy/propose.ts",
    from: "!used.has(policy.id) &&",
    to: "false &&",
  },
  {
    name: "removes the record that another path still needs",
    file: "src/kinds/dns/propose.ts",
    from: "proves || needed(route, world, desired)",
    to: "proves",
  },
  {
    name: "no longer knows its rule when the application was deleted by hand",
    file: "src/kinds/ingress/rules.ts",
    from: "|| orphaned(rule, seen)",
    to: "",
  },
  {
    name: "lets other spellings of a protected path through the public host around it",
    file: "src/kinds/ingress/propose.ts",
    from: "clean: takesCleanOnly(wish, desired)",
    to: "clean: false",
  },
  {
    name: "takes only what is public for wider than something protected",
    file: "src/plan/shield.ts",
    from: "const fewer = ({ protection }: Guarded) => !protection || !outer.protection || !admitsNoMore(outer.protection, protection);",
    to: 'const fewer = (_: Guarded) => outer.protection?.kind !== "authentik";',
  },
  {
    name: "closes what is narrower before what is wider around it has changed",
    file: "src/plan/shield.ts",
    from: "return outer.audience !== audience(wish) || (outer.public && !open(wish.protection));",
    to: "return false;",
  },
  {
    name: "never ends the logins of those who lost the right",
    file: "src/kinds/access/propose.ts",
    from: "less ? { ...wanted, name:",
    to: "false ? { ...wanted, name:",
  },
  {
    name: "forgets that logins are still to be ended when the audience changes once more",
    file: "src/kinds/access/propose.ts",
    from: "narrows(found, wanted.policies, policy) || marked(found)",
    to: "narrows(found, wanted.policies, policy)",
  },
  {
    name: "takes a narrower audience for a wider one",
    file: "src/kinds/access/narrowing.ts",
    from: "return before === undefined || before.some(",
    to: "return before !== undefined && !before.some(",
  },
  {
    name: "takes the application away while its rule checks no login",
    file: "src/kinds/access/propose.ts",
    from: 'const anew = bySelf && checked === "yes";',
    to: "const anew = bySelf;",
  },
  {
    name: "changes an audience in place although another route lies within",
    file: "src/kinds/access/propose.ts",
    from: "const bySelf = nested || (less && machines) ||",
    to: "const bySelf = (less && machines) ||",
  },
  {
    name: "lets in everyone where groups are named",
    file: "src/kinds/policy/audience.ts",
    from: "include: sorted([...members, ...addressed])",
    to: "include: [byLogin]",
  },
  {
    name: "lets ways out of a path through its rule",
    file: "src/domain/path.ts",
    from: "_~!$&'()*+,=:@-]|",
    to: "_~!$&'()*+,=:@.-]|",
  },
  {
    name: "takes over what nobody asked to adopt",
    file: "src/plan/plan.ts",
    from: "const change = wish.adopt ? house.adopt(wish.route, wish, world) : undefined;",
    to: "const change = house.adopt(wish.route, wish, world);",
  },
  {
    name: "takes a hostname out of somebody's application before it is shut",
    file: "src/kinds/adopt.ts",
    from: "if (guarded && !(shut && world.ingress.inForce))",
    to: "if (rules.length > 0)",
  },
  {
    name: "does not wait until cloudflared runs on the rule that shuts",
    file: "src/kinds/adopt.ts",
    from: "!(shut && world.ingress.inForce)",
    to: "!shut",
  },
  {
    name: "opens the others before Authentik's own hostname",
    file: "src/plan/plan.ts",
    from: "if (login?.change === undefined || failed.has(login.change.key)) return steps;",
    to: "if (login?.change === undefined || wished(login) !== undefined) return steps;",
  },
  {
    name: "closes Authentik's own hostname before the others",
    file: "src/plan/plan.ts",
    from: "return others || leaving ?",
    to: "return false ?",
  },
  {
    name: "lets everything wait for an Authentik that cannot be opened",
    file: "src/plan/plan.ts",
    from: "if (login?.change === undefined || failed.has(login.change.key)) return steps;",
    to: "if (login?.change === undefined) return steps;",
  },
  {
    name: "keeps a rule whose application is gone in the way of what is to close",
    file: "src/plan/plan.ts",
    from: 'return stance?.is === "absent" && above?.is === "drifted" ? above.close : undefined;',
    to: "return undefined;",
  },
  {
    name: "leaves a route that waits to what is around it",
    file: "src/plan/plan.ts",
    from: "exposed(scene, wish) ? house.screen(route, scene.world) : undefined",
    to: "undefined",
  },
  {
    name: "puts a wildcard above the hosts within it",
    file: "src/domain/route.ts",
    from: "    wild(a) - wild(b) ||",
    to: "    wild(b) - wild(a) ||",
  },
];
