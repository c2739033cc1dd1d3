import { describe, expect, it } from "vitest";
import { redactPersonalData } from "../../../../src/core/text/redact.ts";

describe("redaction of e-mail addresses and passwords", () => {
  it.each([
    [
      'cfauth.access.emails="ann@example.com,bob@@example.org" is neither',
      'cfauth.access.emails="(an e-mail address),(an e-mail address)" is neither',
    ],
    ["the policy of ann.b+x@mail.example.com (1)", "the policy of (an e-mail address) (1)"],
    ["root@localhost may enter", "(an e-mail address) may enter"],
    ["http://ann:hush@nas:5000/x goes there", "http://…@nas:5000/x goes there"],
  ])("an e-mail address or password is removed: %s", (text, shown) => {
    expect(redactPersonalData(text)).toBe(shown);
  });

  it.each([
    "everyone at @example.com",
    "cfauth.hostname: a.example.com",
    "https://auth.example.com/if/admin/#/core",
  ])("everything else is kept: %s", (text) => {
    expect(redactPersonalData(text)).toBe(text);
  });

  it.each(["x", "x@", "//", "@", "//x"])(
    "text is redacted in linear time: a megabyte of %j",
    (part) => {
      expect(redactPersonalData(`${part.repeat(2 ** 20 / part.length)} ann@example.com`)).toMatch(
        /\(an e-mail address\)$/,
      );
    },
  );
});
