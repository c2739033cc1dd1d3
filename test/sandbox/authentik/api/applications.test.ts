import { expect, test } from "vitest";
import { openAuthentik, wire } from "../testing.ts";

test("an application is found by its slug, and a second one with that slug is refused", async () => {
  await using authentik = await openAuthentik({ clumsy: true });
  const tile = {
    name: "Wiki",
    slug: "cfauth-wiki",
    meta_launch_url: "https://wiki.example.com",
    meta_icon: "fa://fa-book",
    meta_publisher: "cfauth:home",
  };
  expect((await authentik.ask("POST", "/core/applications/", tile)).body).toMatchObject({
    ...tile,
    provider: null,
    launch_url: "https://wiki.example.com",
  });
  expect((await authentik.ask("GET", "/core/applications/cfauth-wiki/")).body).toMatchObject(tile);
  expect(await authentik.ask("POST", "/core/applications/", tile)).toEqual({
    status: 400,
    body: { slug: ["Application with this slug already exists."] },
  });
  expect(
    (await authentik.ask("POST", "/core/applications/", { ...tile, slug: "token" })).status,
  ).toBe(400);
  expect((await authentik.ask("DELETE", "/core/applications/cfauth-wiki/")).status).toBe(204);
  expect((await authentik.ask("GET", "/core/applications/cfauth-wiki/")).status).toBe(404);
});

test("a provider serves one application only, and each can be deleted without the other", async () => {
  await using authentik = await openAuthentik();
  const { provider, application } = await wire(authentik);
  expect(
    (
      await authentik.ask("POST", "/core/applications/", {
        name: "Two",
        slug: "two",
        provider: provider.pk,
      })
    ).status,
  ).toBe(400);
  await authentik.ask("DELETE", `/providers/oauth2/${provider.pk}/`);
  expect(application.provider).toBeNull();
});

test("the list of applications repeats its first answer whatever the filter is", async () => {
  await using authentik = await openAuthentik();
  for (const slug of ["one", "two"])
    await authentik.ask("POST", "/core/applications/", { name: slug, slug });
  const slugs = async (query: string): Promise<string[]> =>
    (await authentik.ask("GET", `/core/applications/?${query}`)).body.results.map(
      ({ slug }: { slug: string }) => slug,
    );
  expect(await slugs("slug=one")).toEqual(["one"]);
  expect(await slugs("slug=two")).toEqual(["one"]);
  expect((await authentik.ask("GET", "/core/applications/?slug=nope")).body.pagination.count).toBe(
    0,
  );
  await authentik.ask("DELETE", "/core/applications/one/");
  expect(await slugs("slug=two")).toEqual(["one"]);
  expect(await slugs("superuser_full_list=true&slug=two")).toEqual(["two"]);
  expect(await slugs("search=two")).toEqual(["two"]);
  await authentik.ask("POST", "/core/applications/", { name: "three", slug: "three" });
  expect(await slugs("")).toEqual(["three", "two"]);
});

test("the list of applications hides what the token's owner may not open", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  const family = authentik.state.groups.find(({ name }) => name === "family")?.pk;
  await authentik.ask("POST", "/policies/bindings/", {
    target: application.pk,
    group: family,
    order: 0,
  });
  expect((await authentik.ask("GET", "/core/applications/")).body).toMatchObject({
    pagination: { count: 1 },
    results: [],
  });
});

test("the same binding can be created twice", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  const binding = { target: application.pk, group: authentik.state.groups[0]?.pk, order: 0 };
  for (let n = 0; n < 2; n += 1)
    expect((await authentik.ask("POST", "/policies/bindings/", binding)).status).toBe(201);
  const listed = await authentik.ask("GET", `/policies/bindings/?target=${application.pk}`);
  expect(listed.body.results).toMatchObject([
    { ...binding, group_obj: { name: "authentik Admins" } },
    binding,
  ]);
  expect(
    (await authentik.ask("DELETE", `/policies/bindings/${listed.body.results[0].pk}/`)).status,
  ).toBe(204);
  expect(authentik.state.bindings).toHaveLength(1);
});

test("a list of bindings for an unknown target gets 400, and a PATCH must repeat what is bound", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  expect(
    (await authentik.ask("GET", "/policies/bindings/?target=00000000-0000-4000-8000-000000000000"))
      .status,
  ).toBe(400);
  const group = authentik.state.groups[0]?.pk;
  const { body } = await authentik.ask("POST", "/policies/bindings/", {
    target: application.pk,
    group,
    order: 0,
  });
  expect(
    (
      await authentik.ask("PATCH", `/policies/bindings/${body.pk}/`, {
        target: application.pk,
        enabled: false,
      })
    ).status,
  ).toBe(400);
  expect(
    (
      await authentik.ask("PATCH", `/policies/bindings/${body.pk}/`, {
        target: application.pk,
        group,
        enabled: false,
      })
    ).body.enabled,
  ).toBe(false);
});
