/**
 * What the log and the plan say about a change: in words for people, and never a secret or an
 * e-mail address.
 */
import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import type { DryRun } from "../../../src/reconcile/dry-run.ts";
import { summariseDiff } from "../../../src/resources/describe.ts";
import { diffLogin } from "../../../src/resources/login/diff.ts";
import type { Provider } from "../../../src/resources/login/types.ts";
import { anybody, exposure, only } from "../../support/builders.ts";
import { CALLBACK, CONFIG, method, proposeLogin, provider } from "../../support/observed-login.ts";
import { handMade } from "../core/plan/model.ts";
import { empty, previewOf, settled } from "../preview/scene.ts";

const at = (more: Partial<Exposure> = {}): Exposure => exposure("app.example.com", more);
const leadsTo = (service: string, options: Exposure["origin"]["options"] = {}) =>
  at({ origin: { service, options } });

/**
 * Each change as `update ingress: service http://a:80 → http://b:80`, with its effect on who may
 * enter.
 */
const linesOf = ({ steps }: DryRun): readonly string[] =>
  steps.map(({ change, diff }) => {
    const exposed = diff.exposure === undefined ? "" : ` [${diff.exposure}]`;
    return `${change.action} ${change.kind}: ${summariseDiff(change, diff)}${exposed}`;
  });

const from = async (before: Exposure, after: Exposure): Promise<readonly string[]> =>
  linesOf(await previewOf(await settled(before), [after]));

describe("the diff of a change", () => {
  it("a new route shows its origin, who may enter and how it is displayed", async () => {
    const lines = linesOf(
      await previewOf(await settled(), [at({ protection: only({ groups: ["family"] }) })]),
    );
    expect(lines.slice(-5)).toEqual([
      "create policy: ",
      "create access: members of family · 24h [protected]",
      "create ingress: → http://app:80 · login required, for (known after 5)",
      "create dns: CNAME → t-1.cfargotunnel.com",
      "create tile: App, for family",
    ]);
  });

  it.each<{ name: string; before: Exposure; after: Exposure; lines: readonly string[] }>([
    {
      name: "an update shows the old and the new origin of a route",
      before: leadsTo("http://a:80"),
      after: leadsTo("http://b:80"),
      lines: ["update ingress: service http://a:80 → http://b:80"],
    },
    {
      name: "an update shows which option of cloudflared differs",
      before: leadsTo("https://a:443"),
      after: leadsTo("https://a:443", { noTLSVerify: true, httpHostHeader: "x.example" }),
      lines: [
        "update ingress: origin.noTLSVerify none → yes, origin.httpHostHeader none → x.example",
      ],
    },
    {
      name: "an update shows the session and the name of a route",
      before: at(),
      after: at({
        protection: { ...only({}), session: "48h" } as Exposure["protection"],
        display: { ...at().display, name: "The app", hidden: false },
      }),
      lines: [
        "update access: name app.example.com → The app, session 24h → 48h",
        "update tile: name App → The app",
      ],
    },
    {
      name: "a shorter session shows that another application ends the old logins",
      before: at(),
      after: at({ protection: { ...only({}), session: "1h" } as Exposure["protection"] }),
      lines: [
        "delete access: ",
        "create access: everyone who logs in with Authentik · 1h [protected]",
        "update ingress: aud made-4 → (known after 2)",
      ],
    },
    {
      name: "a wider audience shows that more people may enter",
      before: at({ protection: only({ groups: ["family"] }) }),
      after: at({ protection: only({ groups: ["admins", "family"] }) }),
      lines: [
        "update login: groups family → admins, family",
        "create policy: ",
        "update access: policies members of family → members of admins or family [wider]",
        "delete policy: ",
        "update tile: for family → admins, family",
      ],
    },
    {
      name: "a narrower audience shows that fewer people may enter and that another application ends the old logins",
      before: at({ protection: only({ groups: ["admins", "family"] }) }),
      after: at({ protection: only({ groups: ["family"] }) }),
      lines: [
        "create policy: ",
        "delete access: ",
        "create access: members of family · 24h [protected]",
        "update ingress: aud made-6 → (known after 4)",
        "delete policy: ",
        "update tile: for admins, family → family",
      ],
    },
    {
      name: "a different audience shows that others may enter and some no longer may",
      before: at({ protection: only({ groups: ["family"] }) }),
      after: at({ protection: only({ groups: ["admins"] }) }),
      lines: [
        "update login: groups family → admins, family",
        "create policy: ",
        "delete access: ",
        "create access: members of admins · 24h [protected]",
        "update ingress: aud made-6 → (known after 5)",
        "delete policy: ",
        "update tile: for family → admins",
      ],
    },
    {
      name: "a route that becomes public says so in capitals",
      before: at(),
      after: at({ protection: anybody }),
      lines: [
        "create policy: ",
        "update access: policies everyone who logs in with Authentik → public, no login [PUBLIC]",
        "update ingress: login required → none [PUBLIC]",
        "delete policy: ",
      ],
    },
  ])("$name", async ({ before, after, lines }) => {
    const changeLines = await from(before, after);
    expect([...changeLines].toSorted()).toEqual([...lines].toSorted());
  });

  it("an adoption shows the foreign objects that it replaces", async () => {
    const lines = linesOf(
      await previewOf(handMade(empty()), [exposure("d.example.com", { adopt: true })]),
    );
    expect(lines.filter((line) => line.includes("takes over"))).toEqual([
      "update ingress: takes over the rule to http://old:80; nobody gets in meanwhile",
      "update dns: takes over the DNS record CNAME t-1.cfargotunnel.com",
      'update access: takes over the Access application "Family apps", which still protects photos.example.com',
    ]);
  });
});

describe("secrets and addresses in diffs", () => {
  it("no diff shows an e-mail address, neither of a label nor in the name of a foreign policy", async () => {
    const observed = empty();
    const theirs = [{ id: "friends", name: "only eve@example.net", decision: "allow" }];
    const preview = await previewOf({ ...observed, policy: { ...observed.policy, theirs } }, [
      at({
        protection: only({ emails: ["bob@example.com", "@example.org"], policies: ["friends"] }),
      }),
    ]);
    const text = JSON.stringify(preview.steps.map(({ diff }) => diff));
    expect(text).not.toMatch(/bob@|eve@|@example/);
    expect(text).toContain('"emails":2');
  });

  it("no diff shows the client secret or the password in an origin's address", async () => {
    const observed = empty();
    const preview = await previewOf(
      { ...observed, login: { ...observed.login, application: undefined } },
      [leadsTo("http://admin:hunter2@app:80")],
    );
    const method = preview.steps.find(({ change }) => change.key === "login-method");
    expect(method?.diff.sensitive).toEqual(["clientSecret"]);
    const text = JSON.stringify(preview.steps.map(({ diff }) => diff));
    expect(text).not.toMatch(/"secret"|hunter2/);
    expect(text).toContain("http://…@app:80");
  });
});

it("a replaced foreign rule is shown without the password in its address", async () => {
  const observed = handMade(empty());
  const rules = observed.ingress.rules.map((rule) =>
    rule.hostname === "d.example.com" ? { ...rule, service: "http://admin:hunter2@old:80" } : rule,
  );
  const lines = linesOf(
    await previewOf({ ...observed, ingress: { ...observed.ingress, rules } }, [
      exposure("d.example.com", { adopt: true }),
    ]),
  );
  expect(lines.find((line) => line.includes("the rule to"))).toContain(
    "takes over the rule to http://…@old:80;",
  );
});

it("the diff of a policy edited by hand shows what is restored and whether more or fewer people may enter", async () => {
  const observed = await settled(at({ protection: only({ groups: ["family"] }) }));
  const narrowed = [at({ protection: only({ groups: ["family"] }) })];
  const changed = (more: Partial<(typeof observed.policy.mine)[number]>) =>
    previewOf(
      {
        ...observed,
        policy: {
          ...observed.policy,
          mine: observed.policy.mine.map((it) => ({ ...it, ...more })),
        },
      },
      narrowed,
    );
  const widened = [
    ...(observed.policy.mine[0]?.include ?? []),
    { email: { email: "eve@example.net" } },
  ];
  expect(linesOf(await changed({ include: widened }))).toEqual([
    "update policy: emails 1 → none [narrower]",
    "create policy: ",
    "delete access: ",
    "delete policy: ",
    "create access: members of family · 24h [protected]",
    "update ingress: aud made-6 → (known after 5)",
  ]);
  expect(linesOf(await changed({ exclude: [{ ip: { ip: "203.0.113.7/32" } }] }))).toEqual([
    "update policy: excludes 1 → none [wider]",
  ]);
});

describe("the diff of a provider edited by hand in Authentik", () => {
  it.each<{ readonly name: string; readonly edited: Partial<Provider>; readonly line: string }>([
    {
      name: "the provider's diff shows its flow",
      edited: { authorizationFlow: "other" },
      line: "flow other → flow",
    },
    {
      name: "the provider's diff shows the flow after a logout",
      edited: { invalidationFlow: "other" },
      line: "logout flow other → gone",
    },
    {
      name: "the provider's diff shows an encryption key",
      edited: { encryptionKey: "key" },
      line: "encrypted yes → no",
    },
    {
      name: "the provider's diff shows claims omitted from the token",
      edited: { claimsInIdToken: false },
      line: "claims in token no → yes",
    },
    {
      name: "the provider's diff shows a callback that is a pattern",
      edited: { redirectUris: [{ ...CALLBACK, mode: "regex" }] },
      line: "callbacks pattern https://team.cloudflareaccess.com/cdn-cgi/access/cal… → https://team.cloudflareaccess.com/cdn-cgi/access/callback",
    },
    {
      name: "the provider's diff shows a callback that is only for logouts",
      edited: { redirectUris: [{ ...CALLBACK, type: "logout" }] },
      line: "callbacks logout https://team.cloudflareaccess.com/cdn-cgi/access/call… → https://team.cloudflareaccess.com/cdn-cgi/access/callback",
    },
  ])("$name", ({ edited, line }) => {
    const [change] = proposeLogin({ provider: provider(edited) }).changes;
    expect(change && summariseDiff(change, diffLogin(change))).toBe(line);
  });

  it("the provider's diff shows no logout flow if this version of Authentik has none", () => {
    const [change] = proposeLogin({
      provider: provider({ invalidationFlow: undefined, clientType: "public" }),
    }).changes;
    expect(change && summariseDiff(change, diffLogin(change))).toBe(
      "client type public → confidential",
    );
  });
});

it("the diff of a login method shows that it takes the address from another claim", () => {
  const [change] = proposeLogin({
    method: method({ config: { ...CONFIG, email_claim_name: "upn" } }),
  }).changes;
  expect(change && summariseDiff(change, diffLogin(change))).toBe("email claim upn → email");
});
