import { describe, expect, it } from "vitest";
import { policy } from "../testing/world.ts";
import { type Asker, judge, UnknownRule } from "./policy.ts";

const ADA: Asker = {
  ip: "127.0.0.1",
  identity: {
    email: "ada@example.com",
    sub: "ada",
    idp: "authentik",
    claims: { groups: ["admins", "family"], level: 3 },
  },
};
const STRANGER: Asker = { ip: "127.0.0.1" };
const MACHINE: Asker = { ip: "127.0.0.1", serviceToken: "token-1" };
const group = (claim_value: string, over = {}) => ({
  oidc: { claim_name: "groups", claim_value, identity_provider_id: "authentik", ...over },
});

describe("one policy", () => {
  it.each([
    { name: "everyone", rule: { everyone: {} }, verdict: "allow" },
    {
      name: "the login method that was used",
      rule: { login_method: { id: "authentik" } },
      verdict: "allow",
    },
    { name: "another login method", rule: { login_method: { id: "otp" } }, verdict: "deny" },
    {
      name: "the e-mail, whatever its letter case",
      rule: { email: { email: "Ada@Example.com" } },
      verdict: "allow",
    },
    { name: "another e-mail", rule: { email: { email: "bob@example.com" } }, verdict: "deny" },
    { name: "an empty e-mail", rule: { email: { email: "" } }, verdict: "deny" },
    {
      name: "the e-mail's domain",
      rule: { email_domain: { domain: "example.com" } },
      verdict: "allow",
    },
    {
      name: "the end of the e-mail's domain",
      rule: { email_domain: { domain: "ample.com" } },
      verdict: "deny",
    },
    { name: "one of several groups", rule: group("family"), verdict: "allow" },
    { name: "a group in another letter case", rule: group("Family"), verdict: "deny" },
    { name: "part of a group's name", rule: group("fam"), verdict: "deny" },
    {
      name: "a group from another provider",
      rule: group("family", { identity_provider_id: "other" }),
      verdict: "deny",
    },
    {
      name: "a claim that is not a list",
      rule: group("3", { claim_name: "level" }),
      verdict: "allow",
    },
    {
      name: "a missing claim",
      rule: group("x", { claim_name: "roles" }),
      verdict: "deny",
    },
    { name: "the address", rule: { ip: { ip: "127.0.0.0/8" } }, verdict: "allow" },
    { name: "another address", rule: { ip: { ip: "2001:db8::/32" } }, verdict: "deny" },
    {
      name: "a service token, which a person does not have",
      rule: { any_valid_service_token: {} },
      verdict: "deny",
    },
  ])("an allow policy that includes $name answers $verdict", ({ rule, verdict }) => {
    expect(judge([policy("p", "allow", [rule])], ADA)).toBe(verdict);
  });

  it("an allow policy asks a stranger to log in, even if everyone may enter", () => {
    expect(judge([policy("p", "allow", [{ everyone: {} }])], STRANGER)).toBe("who");
  });

  it("an allow policy needs every required rule", () => {
    const require = [group("admins"), group("board")];
    expect(judge([policy("p", "allow", [{ everyone: {} }], { require })], ADA)).toBe("deny");
  });

  it("an allow policy admits nobody who is excluded", () => {
    expect(
      judge([policy("p", "allow", [{ everyone: {} }], { exclude: [group("family")] })], ADA),
    ).toBe("deny");
  });

  it("an allow policy that includes nobody admits nobody", () =>
    expect(judge([policy("p", "allow", [])], ADA)).toBe("deny"));
});

describe("several policies", () => {
  const everyone = [{ everyone: {} }];
  it("an application without policies denies", () => expect(judge([], ADA)).toBe("deny"));
  it("the first matching allow or deny policy counts", () => {
    expect(
      judge([policy("a", "deny", [group("family")]), policy("b", "allow", everyone)], ADA),
    ).toBe("deny");
    expect(
      judge([policy("b", "allow", everyone), policy("a", "deny", [group("family")])], ADA),
    ).toBe("allow");
  });
  it("a bypass policy counts before an earlier deny policy", () => {
    expect(judge([policy("a", "deny", everyone), policy("b", "bypass", everyone)], STRANGER)).toBe(
      "bypass",
    );
  });
  it("a bypass policy knows no identity", () => {
    expect(judge([policy("b", "bypass", [{ email: { email: "ada@example.com" } }])], ADA)).toBe(
      "deny",
    );
  });
  it("a Service Auth policy admits the machine that it names", () => {
    expect(
      judge(
        [
          policy("a", "allow", everyone),
          policy("s", "non_identity", [{ service_token: { token_id: "token-1" } }]),
        ],
        MACHINE,
      ),
    ).toBe("service");
    expect(
      judge([policy("s", "non_identity", [{ service_token: { token_id: "token-2" } }])], MACHINE),
    ).toBe("who");
    expect(judge([policy("s", "non_identity", [{ any_valid_service_token: {} }])], MACHINE)).toBe(
      "service",
    );
  });
  it("a rule that the sandbox does not know is an error, not a guess", () => {
    expect(() => judge([policy("p", "allow", [{ geo: { country_code: "PT" } }])], ADA)).toThrow(
      UnknownRule,
    );
  });
});
