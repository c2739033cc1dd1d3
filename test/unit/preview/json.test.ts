/** The shape of `cfauth plan --json`, as documented in docs/commands.md. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import { problemUrl } from "../../../src/core/links.ts";
import { VERSION } from "../../../src/core/version.ts";
import { failureReport, planReport } from "../../../src/preview/json.ts";
import { exposure, key, only } from "../../support/builders.ts";
import { OWNER } from "../core/plan/model.ts";
import { empty, previewOf, settled } from "./scene.ts";

const wiki = exposure("wiki.example.com", {
  workload: "wiki",
  protection: only({ groups: ["family"] }),
});
const problem: Problem = {
  code: "CFA-LABEL-VALUE",
  severity: "error",
  container: "shop",
  label: "cfauth.access",
  route: key("shop.example.com"),
  message: 'cfauth.access="authentic" is neither authentik nor public',
  effect: "closed",
  fix: "write authentik",
};

it("the JSON lists each change with its step, its target and its diff", async () => {
  const observed = await settled();
  const report = planReport(await previewOf(observed, [wiki]), OWNER);
  expect({
    ...report,
    changes: report.changes.map(
      ({ step, kind, action, needs }) => `${step} ${action} ${kind} ${needs}`,
    ),
  }).toEqual({
    formatVersion: "1.0",
    version: VERSION,
    owner: "home",
    tunnel: { id: "t-1", name: "homelab" },
    counts: { create: 6, update: 2, delete: 0, waiting: 0, problems: 0, foreign: 6 },
    changes: [
      "1 create login ",
      "2 update login 1",
      "3 update login ",
      "4 create policy ",
      "5 create access 4",
      "6 create ingress 5",
      "7 create dns 6",
      "8 create tile 7",
    ],
    waiting: [],
    problems: [],
  });
  expect(report.changes[5]).toEqual({
    step: 6,
    wave: 6,
    hostname: "wiki.example.com",
    path: null,
    container: "wiki",
    kind: "ingress",
    action: "create",
    object: "ingress rule",
    subject: "wiki.example.com",
    needs: [5],
    before: null,
    after: { service: "http://app:80", login: "required" },
    unknown: ["aud"],
    sensitive: [],
  });
  expect(report.changes[4]).toMatchObject({
    exposure: "protected",
    after: { policies: ["members of family"], session: "24h" },
    unknown: ["aud"],
  });
});

it("an update has both sides but only the differences; a change of a missing container has the reason", async () => {
  const observed = await settled(wiki, exposure("old.example.com", { workload: "old" }));
  const { changes, counts } = planReport(
    await previewOf(observed, [{ ...wiki, origin: { service: "http://b:80", options: {} } }]),
    OWNER,
  );
  expect(changes[0]).toMatchObject({
    before: { service: "http://app:80" },
    after: { service: "http://b:80" },
    container: "wiki",
  });
  expect(Object.keys(changes[0]?.before ?? {})).toEqual(["service"]);
  expect(changes.slice(1).map(({ hostname, reason, after }) => [hostname, reason, after])).toEqual(
    changes
      .slice(1)
      .map(() => [expect.stringMatching(/^old\.example\.com$/), "container-gone", null]),
  );
  expect(counts).toMatchObject({ create: 0, update: 1, delete: 5 });
});

it("the JSON lists what is pending, and each problem with its fix and its documentation", async () => {
  const gated = exposure("paper.example.com", {
    workload: "paper",
    notReadyReason: "the health check of container paper (starting)",
  });
  const { waiting, problems } = planReport(
    await previewOf(await settled(), [gated], [problem]),
    OWNER,
  );
  expect(waiting).toEqual([
    {
      hostname: "paper.example.com",
      path: null,
      container: "paper",
      reason: "health",
      message: "waiting for the health check of container paper (starting)",
    },
  ]);
  expect(problems).toEqual([
    {
      code: "CFA-LABEL-VALUE",
      severity: "error",
      hostname: "shop.example.com",
      path: null,
      container: "shop",
      label: "cfauth.access",
      effect: "closed",
      message: problem.message,
      fix: "write authentik",
      docs: problemUrl("CFA-LABEL-VALUE"),
    },
  ]);
});

it("the JSON is the same whatever the order of containers", async () => {
  const others = ["a", "b", "c"].map((name) => exposure(`${name}.example.com`, { workload: name }));
  const one = planReport(await previewOf(empty(), [wiki, ...others]), OWNER);
  expect(planReport(await previewOf(empty(), [...others.toReversed(), wiki]), OWNER)).toEqual(one);
});

it("the JSON of a failed plan has the reason instead", () => {
  const error = new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-TOKEN",
    message: "refused",
    fix: "another",
    transient: false,
  });
  expect(failureReport(error)).toEqual({
    formatVersion: "1.0",
    version: VERSION,
    error: {
      code: "CFA-CF-TOKEN",
      severity: "error",
      message: "refused",
      fix: "another",
      docs: problemUrl("CFA-CF-TOKEN"),
    },
  });
});

it("every field of the JSON is described in docs/commands.md", async () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../../docs/commands.md"), "utf8");
  const old = exposure("old.example.com", { workload: "old" });
  const gated = exposure("paper.example.com", { notReadyReason: "something" });
  const report = planReport(await previewOf(await settled(old), [wiki, gated], [problem]), OWNER);
  const [change, last] = [
    report.changes.find(({ exposure: exposed }) => exposed !== undefined),
    report.changes.at(-1),
  ];
  const fields = [
    report,
    report.tunnel,
    report.counts,
    change,
    last,
    report.waiting[0],
    report.problems[0],
  ].flatMap((it) => Object.keys(it ?? {}));
  expect(fields.length).toBeGreaterThan(40);
  for (const field of new Set([...fields, "takes", "error"]))
    expect(page).toContain(`\`${field}\``);
});
