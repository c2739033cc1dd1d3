import { expect, it } from "vitest";
import { distance, nearest } from "../../src/domain/nearest.ts";
import { LABEL_KEYS } from "../../src/labels/catalogue.ts";

it.each([
  { word: "acess", meant: "access" },
  { word: "enabled", meant: "enable" },
  { word: "prot", meant: "port" },
  { word: "hostnmae", meant: "hostname" },
  { word: "access.grps", meant: "access.groups" },
  { word: "wait_healthy", meant: "wait-healthy" },
  { word: "origin.noTlsVerify", meant: "origin.noTLSVerify" },
])("$word was probably meant to be $meant", ({ word, meant }) => {
  expect(nearest(word, LABEL_KEYS)).toBe(meant);
});

it.each([
  { word: "groups", meant: "access.groups" },
  { word: "noTLSVerify", meant: "origin.noTLSVerify" },
])("$word lacks its first part and was probably meant to be $meant", ({ word, meant }) => {
  expect(nearest(word, LABEL_KEYS)).toBe(meant);
});

it.each(["", "x", "url", "middleware", "app", "access.xyz", "origin.foo", "foo"])("nothing is guessed for %j", (word) => {
  expect(nearest(word, LABEL_KEYS)).toBeUndefined();
});

it("a prefix that all words share makes no two of them alike", () => {
  expect(nearest("CFAUTH_FOO", ["CFAUTH_ZONES", "CFAUTH_OWNER"])).toBeUndefined();
});

it("of equally near words the first is named, so the answer is always the same", () => {
  expect(nearest("cat", ["bat", "hat"])).toBe("bat");
});

it("a swap of neighbours is one mistake, not two", () => {
  expect(distance("port", "prot")).toBe(1);
  expect(distance("", "abc")).toBe(3);
  expect(distance("kitten", "sitting")).toBe(3);
});
