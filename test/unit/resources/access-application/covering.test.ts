import { describe, expect, it } from "vitest";
import { foreignApplicationFrom } from "../../../../src/resources/access-application/application.ts";
import { foreignApplicationsCovering } from "../../../../src/resources/access-application/covering.ts";
import type {
  AccessApplication,
  ForeignApplication,
} from "../../../../src/resources/access-application/types.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { key, route } from "../../../support/builders.ts";

const foreign = (
  covers: readonly string[],
  more: Partial<ForeignApplication> = {},
): ForeignApplication => ({
  id: "bank",
  name: "Bank",
  type: "self_hosted",
  destinations: covers,
  bypasses: false,
  unmanagedFields: {},
  ...more,
});
const found = (at: string, theirs: readonly ForeignApplication[], mine: readonly string[] = []) =>
  foreignApplicationsCovering(
    {
      theirs,
      mine: new Map(
        mine.map((it) => [key(it), markOwned({ route: key(it) } as AccessApplication)]),
      ),
    },
    route(at),
  )?.place;

describe("a foreign application covers a route where it would decide if cfauth made none", () => {
  it.each([
    { place: "bank.example.com", at: "bank.example.com/login" },
    { place: "bank.example.com/app", at: "bank.example.com/app/login" },
    { place: "bank.example.com/App", at: "bank.example.com/app/login" },
    { place: "bank.example.com/*/login", at: "bank.example.com/app" },
    { place: "bank.example.com/a*", at: "bank.example.com/app" },
    { place: "*.example.com", at: "bank.example.com" },
    { place: "*.example.com", at: "bank.example.com/login" },
    { place: "b*.example.com", at: "bank.example.com" },
    { place: "*k.example.com/app", at: "bank.example.com/app/login" },
    { place: "*.example.com/admin", at: "bank.example.com" },
    { place: "*.example.com/admin/users", at: "bank.example.com/admin" },
    { place: "*.*.example.com", at: "*.dev.example.com" },
    { place: "*.example.com", at: "*.example.com/login" },
  ])("a foreign application for $place covers the route $at", ({ place, at }) => {
    expect(found(at, [foreign([place])])).toBe(place);
  });

  it.each([
    {
      place: "bank.example.com",
      at: "bank.example.com",
      why: "it names exactly this place, which is a conflict of its own",
    },
    {
      place: "bank.example.com/login",
      at: "bank.example.com",
      why: "it lies inside and goes on deciding there",
    },
    { place: "bank.example.com/admin*", at: "bank.example.com", why: "it lies inside" },
    {
      place: "bank.example.com/app",
      at: "bank.example.com/apple",
      why: "a prefix ends at a slash",
    },
    {
      place: "bank.example.com/b*",
      at: "bank.example.com/app",
      why: "its path differs before the wildcard",
    },
    { place: "bank.example.org", at: "bank.example.com", why: "it is another hostname" },
    { place: "bankXexample.com", at: "bank.example.com", why: "a dot is a dot" },
    {
      place: "*.example.com",
      at: "a.b.example.com",
      why: "a wildcard of Access stands for one label",
    },
    { place: "*.example.com/admin", at: "bank.example.com/login", why: "it is of another path" },
    { place: "a.example.com", at: "*.example.com", why: "it lies inside the wildcard" },
  ])("a foreign application for $place does not cover the route $at: $why", ({ place, at }) => {
    expect(found(at, [foreign([place])])).toBeUndefined();
  });

  it("one matching destination of a foreign application is enough, even with a Bypass policy", () => {
    expect(
      found("bank.example.com/login", [
        foreign(["nas.example.com", "bank.example.com"], { bypasses: true }),
      ]),
    ).toBe("bank.example.com");
  });

  it.each(["warp", "app_launcher", "saas", "bookmark"])(
    "a foreign application of type %s covers no hostname",
    (type) => {
      expect(
        found("bank.example.com/login", [foreign(["bank.example.com"], { type })]),
      ).toBeUndefined();
    },
  );

  it.each(["ssh", "vnc", "rdp", "mcp_portal", "something-new"])(
    "a foreign application of type %s may cover a hostname",
    (type) => {
      expect(found("bank.example.com/login", [foreign(["bank.example.com"], { type })])).toBe(
        "bank.example.com",
      );
    },
  );
});

describe("destinations of a foreign application", () => {
  it.each([
    {
      name: "a destination without a type is public",
      answer: { destinations: [{ uri: "bank.example.com/app" }] },
    },
    {
      name: "a destination may have capitals, a port and a trailing /*",
      answer: { destinations: [{ type: "public", uri: "Bank.Example.com:443/app/*" }] },
    },
    {
      name: "a destination may have a full stop of another script",
      answer: { destinations: [{ uri: "bank\u3002example\uff0ecom/app" }] },
    },
    {
      name: "an application may have only a domain",
      answer: { domain: "https://bank.example.com/app/" },
    },
    {
      name: "an application may have the older list of domains",
      answer: { self_hosted_domains: ["nas.example.com", "bank.example.com/app"] },
    },
    {
      name: "a public destination counts beside other destinations",
      answer: {
        destinations: ["nas.example.com", "bank.example.com/app"].map((uri) => ({
          type: "public",
          uri,
        })),
      },
    },
  ])("$name", ({ answer }) => {
    const application = foreignApplicationFrom({ id: "bank", type: "self_hosted", ...answer });
    expect(
      foreignApplicationsCovering(
        { theirs: [application], mine: new Map() },
        route("bank.example.com/app/login"),
      )?.place,
    ).toBe("bank.example.com/app");
  });

  it.each(["b\u00fccher.example.com", "B\u00dcCHER.example.com", "*.b\u00fccher.example.com"])(
    "%s is read as the name in the DNS",
    (domain) => {
      const application = foreignApplicationFrom({ id: "books", type: "self_hosted", domain });
      const at = domain.startsWith("*")
        ? "a.xn--bcher-kva.example.com/login"
        : "xn--bcher-kva.example.com/login";
      expect(
        foreignApplicationsCovering({ theirs: [application], mine: new Map() }, route(at))?.place,
      ).toBe(domain.startsWith("*") ? "*.xn--bcher-kva.example.com" : "xn--bcher-kva.example.com");
    },
  );

  it("a private network covers no hostname", () => {
    const application = foreignApplicationFrom({
      id: "n",
      type: "self_hosted",
      destinations: [{ type: "private", uri: "bank.example.com" }],
    });
    expect(
      foreignApplicationsCovering(
        { theirs: [application], mine: new Map() },
        route("bank.example.com/login"),
      ),
    ).toBeUndefined();
  });
});

describe("an application of ours between the two decides already", () => {
  it.each([
    { place: "*.example.com", ours: "bank.example.com", at: "bank.example.com/login" },
    { place: "bank.example.com", ours: "bank.example.com/app", at: "bank.example.com/app/login" },
  ])(
    "our application for $ours is more specific than the foreign $place, so a route at $at opens nothing of it",
    ({ place, ours, at }) => {
      expect(found(at, [foreign([place])], [ours])).toBeUndefined();
    },
  );

  it.each([
    { place: "bank.example.com/app", ours: "bank.example.com", at: "bank.example.com/app/login" },
    { place: "*.example.com", ours: "*.example.com", at: "bank.example.com" },
    { place: "*.example.com", ours: "bank.example.com/app", at: "bank.example.com/login" },
  ])(
    "our application for $ours is not between the foreign $place and a route at $at",
    ({ place, ours, at }) => {
      expect(found(at, [foreign([place])], [ours])).toBe(place);
    },
  );
});
