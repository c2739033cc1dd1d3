import { describe, expect, it } from "vitest";
import {
  accessTag,
  dnsComment,
  parseOwner,
  policyPrefix,
} from "../../../../src/core/domain/owner.ts";
import { owner } from "../../../support/observed-state.ts";

describe("an owner's name", () => {
  it.each(["home", "home-nas-2", "a", "-", "a".repeat(32)])("an owner's name may be %s", (text) => {
    expect(parseOwner(text)).toBe(text);
  });

  it.each(["", "Home", "home nas", "home.nas", "héme", "a".repeat(33), "home\n"])(
    "an owner's name may not be %j",
    (text) => {
      expect(parseOwner(text)).toBeUndefined();
    },
  );

  it("an owner's name produces the documented marks on each object", () => {
    const home = owner("home");
    expect([dnsComment(home), accessTag(home), policyPrefix(home)]).toEqual([
      "cfauth:home",
      "cfauth-home",
      "cfauth:home ",
    ]);
  });

  it("the longest owner's name keeps the comment of a record within the 100 characters of a free zone", () => {
    const longest = owner("a".repeat(32));
    expect(dnsComment(longest).length).toBe(39);
  });
});
