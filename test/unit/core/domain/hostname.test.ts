import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseZone,
  covers,
  parseHostname,
  usableZone,
  zoneOf,
} from "../../../../src/core/domain/hostname.ts";
import { hostname } from "../../../support/builders.ts";

describe("hostnames", () => {
  it.each([
    { text: "app.example.com", is: "app.example.com" },
    { text: " App.Example.Com ", is: "app.example.com" },
    { text: "app.example.com.", is: "app.example.com" },
    { text: "bücher.example.com", is: "xn--bcher-kva.example.com" },
    { text: "BÜCHER.example.com", is: "xn--bcher-kva.example.com" },
    { text: "*.straße.de", is: "*.xn--strae-oqa.de" },
    { text: "例え.example.com", is: "xn--r8jz45g.example.com" },
    { text: "*.example.com", is: "*.example.com" },
    { text: `${"a".repeat(63)}.example.com`, is: `${"a".repeat(63)}.example.com` },
    { text: "1.example.com", is: "1.example.com" },
  ])("$text is parsed as the hostname $is", ({ text, is }) => {
    expect(parseHostname(text)).toEqual({ ok: true, value: is });
  });

  it.each([
    { text: "wiki", is: "wiki.example.com" },
    { text: "*", is: "*.example.com" },
    { text: "wiki.lab", is: "wiki.lab" },
    { text: "例え。example。com", is: "xn--r8jz45g.example.com" },
  ])("$text is completed to $is", ({ text, is }) => {
    expect(parseHostname(text, "example.com")).toEqual({ ok: true, value: is });
  });

  it.each([
    "",
    ".",
    "a..b",
    "-a.example.com",
    "a_b.example.com",
    "*.*.example.com",
    "a.*.com",
    "*",
    "10.0.0.1",
    "0x7f.1",
    `${`${"a".repeat(60)}.`.repeat(5)}com`,
    "a b.com",
    "a\u0000.com",
    "user@example.com",
    "app.example.com\\admin",
    "app%2eexample.com",
    "app.exa\tmple.com",
  ])("%j is not a hostname", (text) => {
    expect(parseHostname(text).ok).toBe(false);
  });

  it("a parsed hostname is parsed to itself again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string(), fc.webAuthority()), (text) => {
        const read = parseHostname(text);
        if (read.ok) expect(parseHostname(read.value)).toEqual(read);
      }),
      { numRuns: 500 },
    );
  });
});

describe("what a rule's hostname covers, as cloudflared matches it", () => {
  it.each([
    { pattern: "app.example.com", name: "app.example.com", is: true },
    { pattern: "app.example.com", name: "b.example.com", is: false },
    { pattern: "*.example.com", name: "app.example.com", is: true },
    { pattern: "*.example.com", name: "a.b.example.com", is: true },
    { pattern: "*.example.com", name: "example.com", is: false },
    { pattern: "*.example.com", name: ".example.com", is: false },
    { pattern: "*.example.com", name: "notexample.com", is: false },
    { pattern: "*.example.com", name: "*.b.example.com", is: true },
    { pattern: "*.b.example.com", name: "*.example.com", is: false },
    { pattern: "", name: "app.example.com", is: true },
    { pattern: "*", name: "app.example.com", is: true },
  ])('"$pattern" covers "$name": $is', ({ pattern, name, is }) => {
    expect(covers(pattern, name)).toBe(is);
  });
});

describe("the zone of a hostname", () => {
  const zones = ["example.com", "lab.example.com", "example.org"].map((name) => ({ name }));

  it.each([
    { name: "app.example.com", zone: "example.com" },
    { name: "example.com", zone: "example.com" },
    { name: "a.lab.example.com", zone: "lab.example.com" },
    { name: "lab.example.com", zone: "lab.example.com" },
    { name: "*.example.org", zone: "example.org" },
    { name: "notexample.com", zone: undefined },
    { name: "example.net", zone: undefined },
  ])("the zone of $name is $zone", ({ name, zone }) => {
    expect(zoneOf(hostname(name), zones)?.name).toBe(zone);
  });
});

describe("the most specific of all visible zones decides", () => {
  const usable = ["example.com", "ops.dev.example.com"].map((name) => ({ name }));
  const excluded = ["dev.example.com", "example.org"];

  it.each([
    { name: "app.example.com", choice: { is: "usable", zone: { name: "example.com" } } },
    { name: "mydev.example.com", choice: { is: "usable", zone: { name: "example.com" } } },
    { name: "x.dev.example.com", choice: { is: "excluded", name: "dev.example.com" } },
    { name: "dev.example.com", choice: { is: "excluded", name: "dev.example.com" } },
    { name: "*.dev.example.com", choice: { is: "excluded", name: "dev.example.com" } },
    {
      name: "x.ops.dev.example.com",
      choice: { is: "usable", zone: { name: "ops.dev.example.com" } },
    },
    { name: "app.example.org", choice: { is: "excluded", name: "example.org" } },
    { name: "app.example.net", choice: { is: "none" } },
  ])("$name gets the zone result $choice.is", ({ name, choice }) => {
    expect(chooseZone(hostname(name), usable, excluded)).toEqual(choice);
    expect(usableZone(hostname(name), usable, excluded)).toEqual(
      "zone" in choice ? choice.zone : undefined,
    );
  });
});
