import { describe, expect, it } from "vitest";
import { re2 } from "./re2.ts";

describe("RE2", () => {
  it.each([
    { pattern: "^/api(/|$)", path: "/api/x", matches: true },
    { pattern: "^/api(/|$)", path: "/apix", matches: false },
    { pattern: "api", path: "/my-api-here", matches: true },
    { pattern: "(?i)^/API", path: "/api", matches: true },
    { pattern: "^/a(?i)b|C$", path: "/c", matches: true },
    { pattern: "^/(?i:a)B$", path: "/Ab", matches: false },
    { pattern: "(?P<word>\\w+)\\z", path: "/abc", matches: true },
    { pattern: "(?<word>[[:alpha:]]+)$", path: "/abc", matches: true },
    { pattern: "^/[[:^digit:]]$", path: "/7", matches: false },
    { pattern: "^/\\Qa.b\\E$", path: "/a.b", matches: true },
    { pattern: "^/\\Qa.b\\E$", path: "/axb", matches: false },
    { pattern: "^/a.b$", path: "/a\nb", matches: false },
    { pattern: "(?s)^/a.b$", path: "/a\nb", matches: true },
    { pattern: "(?m)^b$", path: "/a\nb", matches: true },
    { pattern: "^/\\pL+$", path: "/é", matches: true },
    { pattern: "^/\\p{Greek}$", path: "/α", matches: true },
    { pattern: "^/[^\\s]$", path: "/\u00a0", matches: true },
    { pattern: "^/a{,2}$", path: "/a{,2}", matches: true },
    { pattern: "^/[]a]$", path: "/]", matches: true },
    { pattern: "^/[a\\-z]$", path: "/-", matches: true },
    { pattern: "^/\\x{e9}$", path: "/é", matches: true },
    { pattern: "^/\\_\\-\\/$", path: "/_-/", matches: true },
    { pattern: "^/a{2,3}?$", path: "/aaa", matches: true },
    { pattern: "^(/x)*$", path: "/\u{1d41a}", matches: false },
    { pattern: "^/([^/.%\\\\][^/%\\\\]*/)*$", path: "/a/b/", matches: true },
  ])(
    "whether the path expression $pattern matches $path: $matches",
    ({ pattern, path, matches }) => {
      expect(re2(pattern).test(path)).toBe(matches);
    },
  );

  it.each([
    { name: "look-ahead", pattern: "a(?=b)" },
    { name: "negative look-ahead", pattern: "^/(?!admin)" },
    { name: "look-behind", pattern: "(?<=a)b" },
    { name: "negative look-behind", pattern: "(?<!a)b" },
    { name: "a back-reference", pattern: "(a)\\1" },
    { name: "a named back-reference", pattern: "(?P<x>a)(?P=x)" },
    { name: "\\u", pattern: "\\u0061" },
    { name: "\\Z", pattern: "a\\Z" },
    { name: "more than 1000 repetitions", pattern: "a{1001}" },
    { name: "more than 1000 repetitions, nested", pattern: "(a{100}){11}" },
    { name: "a range that runs backwards", pattern: "a{3,2}" },
    { name: "an atomic group", pattern: "(?>a)" },
    { name: "a possessive repetition", pattern: "a*+" },
    { name: "a repetition of nothing", pattern: "*a" },
    { name: "a repetition of a branch's beginning", pattern: "a|*" },
    { name: "a repetition of flags", pattern: "b(?i)*" },
    { name: "an unclosed group", pattern: "(a" },
    { name: "an unmatched closing parenthesis", pattern: "a)" },
    { name: "an unclosed class", pattern: "[a" },
    { name: "a class that runs backwards", pattern: "[z-a]" },
    { name: "an unknown POSIX class", pattern: "[[:nope:]]" },
    { name: "two groups with the same name", pattern: "(?P<x>a)(?P<x>b)" },
    { name: "a backslash at the end", pattern: "a\\" },
  ])("a path expression with $name is refused", ({ pattern }) => {
    expect(() => re2(pattern)).toThrow(SyntaxError);
  });
});
