import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageLabels, Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import { ignoredImageLabels } from "../../../../src/core/labels/image.ts";
import { decoded, workload } from "../../../support/builders.ts";
import { KNOWN } from "./known.ts";

const UNKNOWN: ImageLabels = { kind: "unknown", why: "the proxy refuses" };
const PROVEN: ImageLabels = { kind: "ignored", names: [] };
const SETTINGS = { prefix: "cfauth", reads: [] };

/** What these labels decode to beside a hostname. */
function read(
  labels: Workload["labels"],
  imageLabels: ImageLabels,
  settings: Partial<LabelContext> = {},
  container: Partial<Workload> = {},
) {
  const all = { "cfauth.hostname": "app.example.com", ...labels };
  const { exposures, faulty, problems } = decoded([workload(all, { imageLabels, ...container })], {
    lookups: KNOWN,
    ...settings,
  });
  return {
    open: exposures.map(
      ({ route, protection }) => `${route.hostname}${route.path ?? ""} ${protection.kind}`,
    ),
    kept: faulty.map(({ route }) => `${route.hostname}${route.path ?? ""}`),
    closeNow: faulty.some(({ closeNow }) => closeNow),
    saysPublic: faulty.map(({ saysPublic }) => saysPublic),
    problems: problems.map(({ code, severity, label, route }) => ({
      code,
      severity,
      label,
      route,
    })),
    fixes: problems.map(({ fix }) => fix),
  };
}

describe("a container whose image labels are unknown", () => {
  test.each([
    { label: "cfauth.access", text: "public" },
    { label: "cfauth.access.bypass", text: "/hooks" },
    { label: "cfauth.access.service-tokens", text: "any" },
    { label: "cfauth.access.policies", text: "Friends" },
    { label: "cfauth.adopt", text: "true" },
    { label: "cfauth.share-with", text: "*" },
  ])(
    "$label=$text from a possible image label opens nothing, and an open route stays as it is",
    ({ label, text }) => {
      const { open, kept, closeNow, problems } = read({ [label]: text }, UNKNOWN);
      expect({ open, closeNow, problems }).toEqual({
        open: [],
        closeNow: false,
        problems: [
          {
            code: "CFA-IMAGE-UNKNOWN",
            severity: "error",
            label,
            route: label === "cfauth.access.bypass" ? undefined : "app.example.com",
          },
        ],
      });
      expect(kept).toContain("app.example.com");
      // The same labels are accepted if they are the operator's.
      expect(read({ [label]: text }, PROVEN)).toMatchObject({ problems: [] });
    },
  );

  test("a service that leads elsewhere opens nothing while image labels are unknown, even with CFAUTH_ALLOW_SERVICE=true", () => {
    const labels = { "cfauth.service": "http://nas.lan:80" };
    const allowed = { allowService: true };
    expect(read(labels, UNKNOWN, allowed)).toMatchObject({
      open: [],
      problems: [{ code: "CFA-IMAGE-UNKNOWN", label: "cfauth.service" }],
    });
    expect(read(labels, PROVEN, allowed)).toMatchObject({
      open: ["app.example.com authentik"],
      problems: [],
    });
  });

  test("a service that leads elsewhere is refused as usual with CFAUTH_ALLOW_SERVICE=false", () => {
    const { open, problems } = read({ "cfauth.service": "http://nas.lan:80" }, UNKNOWN);
    expect({ open, codes: problems.map(({ code }) => code) }).toEqual({
      open: [],
      codes: ["CFA-SERVICE-FORBIDDEN"],
    });
  });

  test("CFAUTH_DEFAULT_ACCESS=public does not make a hostname public while image labels are unknown", () => {
    const settings = { defaults: { access: "public", groups: [], session: "24h" } } as const;
    expect(read({}, UNKNOWN, settings)).toMatchObject({
      open: [],
      kept: ["app.example.com"],
      saysPublic: [true],
      problems: [{ code: "CFA-IMAGE-UNKNOWN", label: "cfauth.hostname" }],
    });
    expect(read({}, PROVEN, settings)).toMatchObject({
      open: ["app.example.com public"],
      problems: [],
    });
  });

  test.each([
    { label: "cfauth.access", text: "authentik" },
    { label: "cfauth.access.groups", text: "family" },
    { label: "cfauth.adopt", text: "false" },
    { label: "cfauth.port", text: "80" },
    { label: "cfauth.app.name", text: "App" },
  ])(
    "$label=$text is accepted behind a login while image labels are unknown",
    ({ label, text }) => {
      expect(read({ [label]: text }, UNKNOWN)).toMatchObject({
        open: ["app.example.com authentik"],
        problems: [],
      });
    },
  );

  test("only the route with a doubtful label stays closed", () => {
    const labels = { "cfauth.web.hostname": "web.example.com", "cfauth.web.access": "public" };
    expect(read(labels, UNKNOWN)).toMatchObject({
      open: ["app.example.com authentik"],
      kept: ["web.example.com"],
    });
  });

  test("one replica with an unknown image makes the labels of all doubtful", () => {
    const labels = { "cfauth.hostname": "app.example.com", "cfauth.access": "public" };
    const service = { project: "home", name: "app" };
    const replicas = [
      workload(labels, { id: "a", name: "home-app-1", service, imageLabels: PROVEN }),
      workload(labels, { id: "b", name: "home-app-2", service, imageLabels: UNKNOWN }),
    ];
    expect(decoded(replicas).exposures).toEqual([]);
  });

  test("the problem of a doubtful label names both fixes", () => {
    expect(read({ "cfauth.access": "public" }, UNKNOWN).fixes).toEqual([
      "let the socket proxy permit GET /images/<id>/json, or set CFAUTH_IMAGE_LABELS=true on cfauth, which obeys the labels of every image",
    ]);
  });

  test("labels of another tool are accepted behind a login and lead only to their own container", () => {
    const theirs = (service: string) =>
      decoded(
        [
          workload(
            {
              "dockflare.enable": "true",
              "dockflare.hostname": "app.example.com",
              "dockflare.service": service,
            },
            { imageLabels: UNKNOWN },
          ),
        ],
        { reads: ["dockflare"], allowService: true },
      );
    expect(theirs("http://app:80").exposures.map(({ protection }) => protection.kind)).toEqual([
      "authentik",
    ]);
    expect(theirs("http://nas.lan:80")).toMatchObject({
      exposures: [],
      problems: [{ code: "CFA-IMAGE-UNKNOWN", label: "dockflare.service" }],
    });
  });
});

/** Valid labels of an unnamed and a named route. */
const label = fc.tuple(
  fc.constantFrom("cfauth.", "cfauth.web."),
  fc.constantFrom(
    ["hostname", "app.example.com"],
    ["hostname", "www.example.com"],
    ["path", "/api"],
    ["access", "public"],
    ["access", "authentik"],
    ["access.groups", "family"],
    ["access.bypass", "/api/hooks"],
    ["access.service-tokens", "any"],
    ["access.policies", "Friends"],
    ["adopt", "true"],
    ["adopt", "false"],
    ["share-with", "*"],
    ["service", "http://nas.lan:80"],
    ["service", "http://app:80"],
    ["scheme", "https"],
    ["enable", "true"],
  ),
);
const labels = fc
  .array(label, { maxLength: 7 })
  .map((all) =>
    Object.fromEntries([
      ["cfauth.hostname", "app.example.com"],
      ...all.map(([head, [key, text]]) => [`${head}${key}`, text ?? ""]),
    ]),
  );
const settings = fc.record({
  allowService: fc.boolean(),
  defaults: fc
    .constantFrom("authentik" as const, "public" as const)
    .map((access) => ({ access, groups: [], session: "24h" })),
});

test("labels of an unknown image never open without a login, adopt, share or lead elsewhere", () => {
  let open = 0;
  fc.assert(
    fc.property(labels, settings, (all, more) => {
      const { exposures } = decoded([workload(all, { imageLabels: UNKNOWN })], {
        lookups: KNOWN,
        ...more,
      });
      for (const { protection, adopt, shareWith, origin } of exposures) {
        open += 1;
        expect(protection.kind).toBe("authentik");
        expect(protection).toMatchObject({ audience: { tokens: [], policies: [] } });
        expect({ adopt, shareWith }).toEqual({ adopt: false, shareWith: [] });
        expect(origin.service).not.toContain("nas.lan");
      }
    }),
    { numRuns: 2_000 },
  );
  // Without this check the property would be empty.
  expect(open).toBeGreaterThan(20);
});

describe("image labels that were ignored", () => {
  const problems = (labels: Workload["labels"], ...names: readonly string[]) =>
    ignoredImageLabels(
      [workload(labels, { name: "wiki", imageLabels: { kind: "ignored", names } })],
      SETTINGS,
    );

  test("ignored image labels are one warning for the container that names them, cfauth's own first", () => {
    expect(problems({}, "cfauth.access", "cfauth.hostname", "com.docker.compose.project")).toEqual([
      {
        code: "CFA-IMAGE-LABEL",
        severity: "warning",
        container: "wiki",
        label: "cfauth.access",
        route: undefined,
        message:
          "cfauth.access, cfauth.hostname, com.docker.compose.project come from the image and not from the operator; cfauth ignores image labels, because an image's author must not decide what is reachable",
        effect: "unchanged",
        fix: "write them on the container with a route name, such as cfauth.own.hostname, or set CFAUTH_IMAGE_LABELS=true on cfauth, which obeys the labels of every image",
      },
    ]);
  });

  test("ignored image labels can be repeated on the container as the warning says, with the same values", () => {
    const { exposures } = decoded([
      workload({ "cfauth.own.hostname": "wiki.example.com", "cfauth.own.access": "public" }),
    ]);
    expect(
      exposures.map(({ route, protection }) => `${route.hostname} ${protection.kind}`),
    ).toEqual(["wiki.example.com public"]);
  });

  test.each([
    { so: "nothing of the container counts", labels: {}, names: ["homepage.name"] },
    { so: "there are none", labels: { "cfauth.hostname": "wiki.example.com" }, names: [] },
  ])("ignored image labels are no warning if $so", ({ labels, names }) => {
    expect(problems(labels, ...names)).toEqual([]);
  });

  test("ignored image labels of Homepage or Compose are a warning if the container has labels that count", () => {
    expect(problems({ "cfauth.hostname": "wiki.example.com" }, "homepage.name")).toMatchObject([
      { code: "CFA-IMAGE-LABEL", label: "homepage.name" },
    ]);
  });

  test("ignored image labels of another tool are a warning only if that tool's labels are read", () => {
    const workloads = [
      workload({}, { imageLabels: { kind: "ignored", names: ["dockflare.hostname"] } }),
    ];
    expect(ignoredImageLabels(workloads, SETTINGS)).toEqual([]);
    expect(ignoredImageLabels(workloads, { prefix: "cfauth", reads: ["dockflare"] })).toHaveLength(
      1,
    );
  });

  test("a warning about ignored image labels names at most five", () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `cfauth.r${index}.hostname`);
    expect(problems({}, ...names)[0]?.message).toMatch(
      /^cfauth\.r0\.hostname, .*cfauth\.r4\.hostname and 995 more come /,
    );
  });
});
