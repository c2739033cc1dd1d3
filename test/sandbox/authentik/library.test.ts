import { expect, test } from "vitest";
import { launchUrl, library } from "./library.ts";
import type { Application } from "./state.ts";
import { type Opened, openAuthentik, PUBLIC_ORIGIN, wire } from "./testing.ts";
import { version } from "./versions.ts";
import { authorizeUrl, logIn, visitor } from "./visitor.ts";

/** An application, created through the API. */
async function tile(
  authentik: Opened,
  slug: string,
  fields: Partial<Application> = {},
): Promise<Application> {
  const made = { name: slug, slug, meta_launch_url: `https://${slug}.example.com`, ...fields };
  const { status, body } = await authentik.ask("POST", "/core/applications/", made);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return authentik.state.applications.at(-1) as Application;
}

async function bind(authentik: Opened, { pk: target }: Application, group: string): Promise<void> {
  const { pk } = authentik.state.groups.find(({ name }) => name === group) ?? {};
  await authentik.ask("POST", "/policies/bindings/", { target, group: pk, order: 0 });
}

function sees(
  { state }: Opened,
  username: string,
  release: Parameters<typeof version>[0] = "2026.8",
): string[] {
  const user = state.users.find((candidate) => candidate.username === username);
  if (!user) throw new Error(`no user ${username}`);
  return library(state, version(release), user).map(({ slug }) => slug);
}

test("members of a bound group see the tile, and everyone sees a tile without bindings", async () => {
  await using authentik = await openAuthentik();
  await bind(authentik, await tile(authentik, "photos"), "family");
  await tile(authentik, "wiki");
  expect(sees(authentik, "alice")).toEqual(["photos", "wiki"]);
  expect(sees(authentik, "bob")).toEqual(["wiki"]);
  expect(sees(authentik, "akadmin")).toEqual(["wiki"]);
});

test("tiles are sorted by heading and name", async () => {
  await using authentik = await openAuthentik();
  await tile(authentik, "z", { group: "Media" });
  await tile(authentik, "a", { group: "Media" });
  await tile(authentik, "m", { group: "Home" });
  await tile(authentik, "q");
  expect(sees(authentik, "alice")).toEqual(["q", "m", "a", "z"]);
});

test("an application without its own address opens the origin of its provider's first redirect URI", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  expect(launchUrl(authentik.state, application)).toBe("https://sandbox.cloudflareaccess.com");
  expect(sees(authentik, "alice")).toEqual(["cf-tunnel-access"]);
  await tile(authentik, "nowhere", { meta_launch_url: "" });
  expect(sees(authentik, "alice")).toEqual(["cf-tunnel-access"]);
});

test("a blank address hides a tile in every version", async () => {
  await using authentik = await openAuthentik();
  await tile(authentik, "hidden", { meta_launch_url: "blank://blank" });
  expect(sees(authentik, "alice", "2024.2")).toEqual([]);
  expect(sees(authentik, "alice", "2026.8")).toEqual([]);
});

test("meta_hide hides a tile since 2026.5", async () => {
  await using authentik = await openAuthentik();
  await tile(authentik, "hidden", { meta_hide: true });
  expect(sees(authentik, "alice", "2025.12")).toEqual(["hidden"]);
  expect(sees(authentik, "alice", "2026.8")).toEqual([]);
});

const LIBRARY = `${PUBLIC_ORIGIN}/if/user/`;

test("the library asks for a login and then shows the tiles below their headings", async () => {
  await using authentik = await openAuthentik();
  await tile(authentik, "photos", {
    name: "Photos",
    group: "Media",
    meta_description: "Pictures of us",
    meta_icon: "https://x.example.com/i.png",
    open_in_new_tab: true,
  });
  await tile(authentik, "wiki", { meta_icon: "fa://fa-book" });
  const browser = visitor(authentik);
  const form = (await browser.get(LIBRARY)).html;
  for (const id of ["username", "password", "log-in"]) expect(form).toContain(`id="${id}"`);
  const sent = await browser.post(LIBRARY, { username: "alice", password: "alice-password" });
  expect([sent.status, sent.location]).toEqual([302, LIBRARY]);
  const { html } = await browser.get(LIBRARY);
  expect(html.match(/<a class="tile"[^>]*>/g)).toEqual([
    '<a class="tile" href="https://wiki.example.com" data-slug="wiki">',
    '<a class="tile" href="https://photos.example.com" data-slug="photos" target="_blank" rel="noopener">',
  ]);
  expect(html.match(/<h2>.*<\/h2>/g)).toEqual(["<h2>Media</h2>"]);
  expect(html.match(/<img[^>]*>/g)).toEqual(['<img src="https://x.example.com/i.png" alt="">']);
  expect(html).toContain(
    '<span class="name">Photos</span><span class="description">Pictures of us</span>',
  );
});

test("a login to an application also counts for the library, and the other way round", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const first = visitor(authentik);
  await logIn(first, authorizeUrl(wired));
  expect((await first.get(LIBRARY)).html).toContain('data-slug="cf-tunnel-access"');
  const second = visitor(authentik);
  await second.post(LIBRARY, { username: "alice", password: "alice-password" });
  expect((await second.follow(authorizeUrl(wired))).location).toContain("?code=");
});

test("a wrong password does not open the library", async () => {
  await using authentik = await openAuthentik();
  const browser = visitor(authentik);
  const page = await browser.post(LIBRARY, { username: "alice", password: "guess" });
  expect(page).toMatchObject({ status: 200, location: undefined });
  expect(page.html).toContain('<p role="alert">Failed to authenticate.</p>');
  expect((await browser.get(LIBRARY)).html).toContain('id="password"');
});

test("the library asks for the password again after a logout", async () => {
  await using authentik = await openAuthentik();
  await wire(authentik);
  const browser = visitor(authentik);
  await browser.post(LIBRARY, { username: "alice", password: "alice-password" });
  const page = await browser.get("/application/o/cf-tunnel-access/end-session/");
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  await browser.post("/application/o/cf-tunnel-access/end-session/confirm", {
    xsrf,
    logout: "yes",
  });
  expect((await browser.get(LIBRARY)).html).toContain('id="password"');
});

test("text in a tile is escaped", async () => {
  await using authentik = await openAuthentik();
  const evil = `"><script>'&`;
  const application = await tile(authentik, "evil");
  Object.assign(application, { name: evil, slug: evil, group: evil, meta_description: evil });
  Object.assign(application, {
    meta_launch_url: `https://x/${evil}`,
    meta_icon: `https://x/${evil}`,
  });
  const browser = visitor(authentik);
  await browser.post(LIBRARY, { username: "alice", password: "alice-password" });
  const { html } = await browser.get(LIBRARY);
  expect(html).not.toContain("<script>");
  expect(html.match(/&quot;&gt;&lt;script&gt;&#39;&amp;/g)).toHaveLength(6);
});
