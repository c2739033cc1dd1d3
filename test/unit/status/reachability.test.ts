import { describe, expect, it } from "vitest";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { isReachable } from "../../../src/status/reachability.ts";
import { deployed } from "../../support/builders.ts";
import { emptyAccount } from "../core/plan/model.ts";

const HERE = "6ff42ae2.cfargotunnel.com";

type Records = Readonly<Record<string, string>>;

/** With records of ours, and with foreign records by their content. */
function observedWith(ours: readonly string[], theirs: Records = {}): ObservedState {
  const empty = emptyAccount();
  const mine = new Map(
    ours.map((name) => [name, { name }]),
  ) as unknown as ObservedState["dns"]["mine"];
  const foreign = new Map(
    Object.entries(theirs).map(([name, content]) => [
      name,
      [{ id: "1", zone: "z", type: "CNAME", content }],
    ]),
  ) as unknown;
  return {
    ...empty,
    dns: { ...empty.dns, mine, theirs: foreign as ObservedState["dns"]["theirs"] },
  };
}

describe("whether a route is reachable", () => {
  it.each([
    { name: "its record is ours", at: observedWith(["app.example.com"]), is: true },
    { name: "there is no record", at: observedWith([]), is: false },
    {
      name: "a foreign record leads elsewhere",
      at: observedWith([], { "app.example.com": "203.0.113.7" }),
      is: false,
    },
    {
      name: "a foreign record leads to the tunnel",
      at: observedWith([], { "app.example.com": HERE }),
      is: true,
    },
    {
      name: "a foreign wildcard record leads to the tunnel",
      at: observedWith([], { "*.example.com": HERE }),
      is: true,
    },
    { name: "our wildcard record covers it", at: observedWith(["*.example.com"]), is: true },
    {
      name: "a record of its own hides the wildcard",
      at: observedWith(["*.example.com"], { "app.example.com": "203.0.113.7" }),
      is: false,
    },
    { name: "the wildcard is of another domain", at: observedWith(["*.example.org"]), is: false },
  ])("reachable is $is for a route if $name", ({ at, is }) => {
    expect(isReachable(at, deployed("app.example.com"))).toBe(is);
  });

  it("a route without a rule or with only a placeholder is not reachable", () => {
    const at = observedWith(["app.example.com"]);
    expect(isReachable(at, deployed("app.example.com", { service: undefined }))).toBe(false);
    expect(isReachable(at, deployed("app.example.com", { placeholder: true }))).toBe(false);
  });
});
