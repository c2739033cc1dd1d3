import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { decoded, tcp, workload } from "../../support/builders.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../../docs/upgrading.md"), "utf8");

const sections = PAGE.split(/^### /m)
  .slice(1)
  .map((section) => ({ heading: section.split("\n")[0] ?? "", section }));

/** The labels of the container in each Compose snippet. */
const snippets = sections.flatMap(({ heading, section }) =>
  [...section.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => ({
    heading,
    labels: Object.fromEntries(
      [...yaml.matchAll(/^ {6}(\S+): (.+)$/gm)].map(([, name = "", text = ""]) => [
        name,
        text.replace(/^"(.*)"$/, "$1"),
      ]),
    ),
    networks: /^ {4}networks: \[(.*)\]$/m.exec(yaml)?.[1]?.split(", ") ?? [],
  })),
);

/** Each setting that a section tells people to write. */
const settings = sections.flatMap(({ heading, section }) =>
  [...section.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, shell = ""]) =>
    [...shell.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name = "", text = ""]) => ({
      heading,
      name,
      text,
    })),
  ),
);

describe("docs/upgrading.md", () => {
  it.each(snippets)(
    "the Compose file under $heading opens a route without a problem",
    ({ labels, networks }) => {
      const container = workload(labels, {
        networks: Object.fromEntries(networks.map((network) => [network, { ip: "172.18.0.2" }])),
        ports: [tcp(3000)],
      });
      const { exposures, problems } = decoded([container]);
      expect(problems).toEqual([]);
      expect(exposures).toHaveLength(1);
    },
  );

  it.each(settings)("the setting under $heading is accepted: $name", ({ name, text }) => {
    const token = "0123456789abcdef0123456789abcdef01234567";
    const required = {
      CLOUDFLARE_API_TOKEN: token,
      AUTHENTIK_URL: "https://auth.example.com",
      AUTHENTIK_TOKEN: token,
    };
    const read = readConfig({ ...required, [name]: text }, () => "");
    expect(read.ok ? [] : read.faults).toEqual([]);
  });

  it("docs/upgrading.md has a section for each change that needs more than its row says", () => {
    const anchors = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(anchors).toHaveLength(sections.length);
  });
});
