/** Hand-made faults of the planner. Each is one edit of one file; the safety property, or a test beside it, must notice. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
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
    from: 'if (above?.is === "drifted" && above.moves !== undefined) return above.close;',
    to: "",
  },
  {
    name: "opens what is public before what is protected inside it",
    file: "src/plan/plan.ts",
    from: "const bare = climbed.change && unguarded(scene, wish);",
    to: "const bare = undefined as Route | undefined;",
  },
  {
    name: "closes what is protected before what is public around it",
    file: "src/plan/plan.ts",
    from: "uncovering(scene, route) ? {}",
    to: "false ? {}",
  },
  {
    name: "ignores that a name is somebody else's",
    file: "src/plan/plan.ts",
    from: "if (problems.length > 0) return { problems };",
    to: "",
  },
  { name: "touches routes that are held", file: "src/plan/plan.ts", from: "desired.held.has(key) ? [] : [route]", to: "[route]" },
  {
    name: "opens before the health check",
    file: "src/plan/plan.ts",
    from: "if (wish.gate !== undefined && !opened(stances.slice(at)))",
    to: "if (false)",
  },
  {
    name: "writes the rule without the check of the login",
    file: "src/kinds/ingress/propose.ts",
    from: 'wish.protection.kind === "public" ? undefined :',
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
    from: "around(wish.route, world) ? shut",
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
    from: "rule.hostname === hostname && !ours(rule, seen)",
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
    from: 'moves: sameAudience ? undefined : "audience"',
    to: "moves: undefined",
  },
  {
    name: "leaves the policy of an application as it is",
    file: "src/kinds/access/propose.ts",
    from: "const sameAudience = same(found.policies, [wanted.policy]);",
    to: "const sameAudience = true;",
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
    from: "clean: check === undefined && holdsGuarded(wish, desired)",
    to: "clean: false",
  },
];
