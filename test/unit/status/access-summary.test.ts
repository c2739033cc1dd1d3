import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { routeKey } from "../../../src/core/domain/route.ts";
import { describeDesiredAccess } from "../../../src/status/access-summary.ts";
import { anybody, exposure, only } from "../../support/builders.ts";

const theirs = [{ id: "9f", name: "Friends", decision: "allow" }];

const who = (exposure: Exposure, ...others: readonly Exposure[]): string =>
  describeDesiredAccess(
    exposure,
    new Map([exposure, ...others].map((it) => [routeKey(it.route), it])),
    theirs,
  );

describe("the summary of who may enter", () => {
  it.each([
    { asks: {}, says: "Everyone who can log in" },
    { asks: { groups: ["family"] }, says: "Members of family" },
    {
      asks: { groups: ["admins", "family", "friends"] },
      says: "Members of admins, family or friends",
    },
    { asks: { emails: ["ann@example.com"] }, says: "1 e-mail address" },
    {
      asks: { emails: ["@example.org", "ann@example.com", "bob@example.com"] },
      says: "2 e-mail addresses or 1 e-mail domain",
    },
    {
      asks: { groups: ["family"], emails: ["ann@example.com"] },
      says: "Members of family or 1 e-mail address",
    },
    { asks: { policies: ["9f"] }, says: "Everyone who can log in or policy Friends" },
    {
      asks: { groups: ["family"], tokens: [{ id: "1", name: "backup" }] },
      says: "Members of family or service token backup",
    },
    { asks: { tokens: "any" as const }, says: "Everyone who can log in or any service token" },
  ])("the protection is summarised as $says", ({ asks, says }) => {
    expect(who(exposure("app.example.com", { protection: only(asks) }))).toBe(says);
  });

  it("a public route and Authentik's own hostname are summarised as open to anyone", () => {
    expect(who(exposure("app.example.com", { protection: anybody }))).toBe(
      "Anyone, without a login",
    );
    expect(who(exposure("auth.example.com", { protection: { kind: "login" } }))).toBe(
      "Anyone: this is where people log in",
    );
  });

  it("the summary names the paths inside that need no login", () => {
    const open = (at: string) => exposure(at, { protection: anybody });
    const others = [
      open("app.example.com/hooks"),
      open("app.example.com/healthz"),
      open("other.example.com/x"),
      exposure("app.example.com/in"),
    ];
    expect(who(exposure("app.example.com"), ...others)).toBe(
      "Everyone who can log in; /healthz, /hooks without a login",
    );
  });
});
