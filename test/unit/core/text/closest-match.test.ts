import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closestMatch, editDistance } from "../../../../src/core/text/closest-match.ts";

describe("the closest match of a word", () => {
  const known = [
    "hostname",
    "port",
    "path",
    "access",
    "access.session",
    "access.groups",
    "app.name",
    "origin.noTLSVerify",
    "wait-healthy",
  ];

  it.each([
    { word: "acess", is: "access" },
    { word: "prot", is: "port" },
    { word: "HOSTNAME", is: "hostname" },
    { word: "hostnmae", is: "hostname" },
    { word: "wait_healthy", is: "wait-healthy" },
    { word: "access.sesion", is: "access.session" },
    { word: "access.group", is: "access.groups" },
    { word: "origin.notlsverify", is: "origin.noTLSVerify" },
    { word: "groups", is: "access.groups" },
    { word: "name", is: "app.name" },
    { word: "access.zzz", is: undefined },
    { word: "colour", is: undefined },
    { word: "x", is: undefined },
    { word: "", is: undefined },
  ])("the closest match for $word is $is", ({ word, is }) => {
    expect(closestMatch(word, known)).toBe(is);
  });

  it.each([
    { a: "", b: "abc", is: 3 },
    { a: "same", b: "same", is: 0 },
    { a: "prot", b: "port", is: 1 },
    { a: "acess", b: "access", is: 1 },
    { a: "authentic", b: "authentik", is: 1 },
    { a: "kitten", b: "sitting", is: 3 },
  ])("$a and $b are $is edits apart", ({ a, b, is }) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([is, is]);
  });

  it("the closest match is one of the known words or none, whatever the word", () => {
    fc.assert(
      fc.property(fc.string(), (word) => [...known, undefined].includes(closestMatch(word, known))),
      { numRuns: 300 },
    );
  });
});
