/** The files that GitHub runs and shows: that they are valid and refer only to what exists. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import about from "../../../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(resolve(ROOT, path), "utf8");
const yaml = <T>(path: string): T => parse(read(path), { strict: true }) as T;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const NAMES = readdirSync(resolve(ROOT, ".github/workflows"));
const workflows = NAMES.map((name) => [name, yaml<Workflow>(`.github/workflows/${name}`)] as const);
const workflow = (name: string): Workflow => yaml(`.github/workflows/${name}`);
const steps = ({ jobs }: Workflow): readonly Step[] =>
  Object.values(jobs).flatMap((job) => job.steps ?? []);
const build =
  steps(workflow("image.yml")).find(({ uses }) => uses?.startsWith("docker/build-push-action@"))
    ?.with ?? {};

describe("the workflows", () => {
  test.each(workflows)(
    "the workflow %s may only read unless a job says more, and has time limits",
    (_, { permissions, jobs }) => {
      expect(permissions).toEqual({ contents: "read" });
      for (const job of Object.values(jobs))
        expect(job.uses !== undefined || (job["timeout-minutes"] ?? 0) > 0).toBe(true);
    },
  );

  test.each(workflows)(
    "the workflow %s names only existing jobs, files, npm scripts and programs",
    (_, each) => {
      for (const { needs, uses } of Object.values(each.jobs)) {
        if (needs !== undefined) expect(Object.keys(each.jobs)).toContain(needs);
        if (uses !== undefined)
          expect([uses, existsSync(resolve(ROOT, uses))]).toEqual([uses, true]);
      }
      const commands = steps(each)
        .flatMap(({ run }) => run ?? [])
        .join("\n");
      for (const [, name = ""] of commands.matchAll(/npm (?:run )?(\w[\w-]*)/g))
        expect(["ci", ...Object.keys(about.scripts)]).toContain(name);
      for (const [, path = ""] of commands.matchAll(/node (\S+\.ts)/g))
        expect([path, existsSync(resolve(ROOT, path))]).toEqual([path, true]);
    },
  );

  test.each(workflows)(
    "the workflow %s pins actions to versions, keeps no token in the clone, and puts no expression into a shell",
    (_, each) => {
      for (const { uses, run, with: passed } of steps(each)) {
        if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+(\.\d+\.\d+)?$/);
        if (uses?.startsWith("actions/checkout@"))
          expect(passed).toMatchObject({ "persist-credentials": false });
        expect(run ?? "").not.toContain("${{");
      }
    },
  );

  test("each workflow has its own queue, because two that share one and call each other would wait for ever", () => {
    const groups = workflows.map(([, { concurrency }]) => concurrency.group);
    expect(new Set(groups).size).toBe(groups.length);
  });
});

describe("the checks", () => {
  test("the checks are those of the README, with the Node version of package.json", () => {
    const all = steps(workflow("ci.yml"));
    expect(all.map(({ run }) => run)).toContain("npm ci && npm test");
    expect(about.engines.node).toBe(
      `>=${all.find(({ uses }) => uses?.startsWith("actions/setup-node@"))?.with?.["node-version"]}`,
    );
    expect(about.devDependencies.node).toMatch(/^24\./);
  });

  test("the checks run before every image, and the image is built before its release", () => {
    expect(workflow("image.yml").jobs).toMatchObject({
      test: { uses: "./.github/workflows/ci.yml" },
      image: { needs: "test" },
    });
    expect(workflow("release.yml").jobs).toMatchObject({
      image: { needs: "notes", uses: "./.github/workflows/image.yml" },
    });
    expect(workflow("release.yml").jobs["release"]).toMatchObject({ needs: "image" });
  });

  test("a release gives the image's job the permissions that it needs", () => {
    expect(workflow("release.yml").jobs["image"]?.permissions).toEqual(
      workflow("image.yml").jobs["image"]?.permissions,
    );
  });
});

describe("the published image", () => {
  test("the published image is built for both architectures and has its provenance", () => {
    expect(build).toMatchObject({
      platforms: "linux/amd64,linux/arm64",
      provenance: "mode=max",
      sbom: true,
      push: true,
    });
  });

  test("the published image gets exactly the arguments that the Dockerfile declares besides its bases", () => {
    const passed = [...String(build["build-args"]).matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    const known = [...read("Dockerfile").matchAll(/^ARG (\w+)/gm)].flatMap(([, name = ""]) =>
      ["BUILDER", "RUNTIME"].includes(name) ? [] : name,
    );
    expect(passed.toSorted()).toEqual(known.toSorted());
  });

  test("the published image has the tags 1.2.3, 1.2, 1 but not 0, and edge from main", () => {
    const tags = steps(workflow("image.yml")).find(({ uses }) =>
      uses?.startsWith("docker/metadata-action@"),
    )?.with?.["tags"];
    expect(String(tags).trim().split("\n")).toEqual([
      "type=semver,pattern={{version}}",
      "type=semver,pattern={{major}}.{{minor}}",
      expect.stringMatching(
        /^type=semver,pattern=\{\{major\}\},enable=\$\{\{ !startsWith\(github\.ref, 'refs\/tags\/v0\.'\) \}\}$/,
      ),
      "type=edge,branch=main",
    ]);
  });
});

describe("issue templates", () => {
  interface Form {
    readonly body: readonly {
      readonly id?: string;
      readonly attributes: { label?: string };
      readonly validations?: { required?: boolean };
    }[];
  }
  const fieldsOf = (name: string) =>
    yaml<Form>(`.github/ISSUE_TEMPLATE/${name}.yml`).body.filter(({ id }) => id !== undefined);

  test("a bug report asks for doctor's output, the labels and the version", () => {
    const required = fieldsOf("bug").flatMap(({ id, validations }) =>
      validations?.required === true ? [id] : [],
    );
    expect(required).toEqual(["what", "doctor", "labels", "version"]);
    expect(fieldsOf("bug").map(({ attributes }) => attributes.label)).toContain(
      "cfauth doctor --json",
    );
  });

  test("a feature request asks for little", () => {
    expect(
      fieldsOf("feature").filter(({ validations }) => validations?.required === true),
    ).toHaveLength(1);
  });

  test("a vulnerability is directed to the private channel", () => {
    const { contact_links } = yaml<{ contact_links: readonly { url: string }[] }>(
      ".github/ISSUE_TEMPLATE/config.yml",
    );
    expect(contact_links.map(({ url }) => url)).toEqual([
      `${about.homepage}/security/advisories/new`,
    ]);
  });
});

test("packages, actions and the images of the Compose file are kept up to date", () => {
  const { updates } = yaml<{
    updates: readonly { "package-ecosystem": string; directory: string }[];
  }>(".github/dependabot.yml");
  expect(updates.map((each) => each["package-ecosystem"])).toEqual([
    "npm",
    "github-actions",
    "docker-compose",
  ]);
});

test("the pages name only image tags that a release of this version creates", () => {
  const [major = "", minor = ""] = about.version.split(".");
  const releaseTags = [
    "edge",
    "latest",
    about.version,
    `${major}.${minor}`,
    ...(major === "0" ? [] : [major]),
  ];
  const pages = [
    "README.md",
    "SECURITY.md",
    ...readdirSync(resolve(ROOT, "docs")).flatMap((name) =>
      name.endsWith(".md") ? [`docs/${name}`] : [],
    ),
  ];
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/ghcr\.io\/cfauth\/cfauth:([\w.-]+)/g)].map(([, tag = ""]) => tag),
  );
  expect(named).not.toEqual([]);
  expect(named.filter((tag) => !releaseTags.includes(tag))).toEqual([]);
});
