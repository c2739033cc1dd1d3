import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { TOKEN_FORM } from "../../../src/core/links.ts";
import { withTokenLink } from "../../../tools/docs/token.ts";

const read = (page: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../..", page), "utf8");

it.each(["README.md", "docs/getting-started.md", "docs/troubleshooting.md"])(
  "%s links to Cloudflare's form with cfauth's permissions selected",
  (page) => {
    const links = [
      ...read(page).matchAll(/\((https:\/\/dash\.cloudflare\.com\/profile\/api-tokens\?[^)]+)\)/g),
    ];
    expect(new Set(links.map(([, link = ""]) => decodeURIComponent(link)))).toEqual(
      new Set([decodeURIComponent(TOKEN_FORM)]),
    );
  },
);

it("docs/getting-started.md matches the code (npm run docs)", () => {
  const page = read("docs/getting-started.md");
  expect(withTokenLink(page)).toBe(page);
});
