import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CLEAN_PATHS,
  cleanPattern,
  guardPattern,
  isCleanPaths,
  openPattern,
  type Path,
  parsePath,
  pathPattern,
  patternPath,
} from "../../../../src/core/domain/path.ts";
import { re2 } from "../../../sandbox/edge/connector/re2.ts";
import { path } from "../../../support/builders.ts";

const clean = fc
  .array(
    fc
      .string({ unit: fc.constantFrom(..."ab9._~@:+-"), minLength: 1, maxLength: 5 })
      .filter((it) => it !== "." && it !== ".."),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => path(`/${segments.join("/")}`));

describe("the pattern of a path prefix, on the decoded path that cloudflared matches", () => {
  const pattern = new RegExp(pathPattern(path("/api")));

  it.each([
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/",
    "/api/a;b",
    "/api/.well-known/x",
    "/api/..x",
    "/api/...",
    "/api/.x/..y",
    "/api/x..",
    "/api/ä b",
    "/api/x&y=z",
  ])("the pattern of /api matches %j", (request) => {
    expect(pattern.test(request)).toBe(true);
  });

  it.each([
    "/",
    "/ap",
    "/apiary",
    "/API",
    "/api//",
    "/api//v1",
    "//api",
    "/x/api",
    "api",
    "/api.",
    "/api;x",
    "/api/..",
    "/api/../x",
    "/api/v1/../../x",
    "/api/.",
    "/api/./x",
    "/api//../x",
    "/api/..;/x",
    "/api/.;/x",
    "/api/..;x",
    "/api/%2e%2e/x",
    "/api/x%2fy",
    "/api/%",
    "/api\\x",
    "/api/\\..\\x",
    "/api/x\\y",
    "/api/\u0000",
    "/api/x\ny",
    "/api/\u007f",
    "/api?x",
    "/api/x?y",
    "/api/x#y",
    "/api\n",
  ])("the pattern of /api does not match %j", (request) => {
    expect(pattern.test(request)).toBe(false);
  });

  it.each([
    { name: "a dot is a dot", of: "/v1.0", request: "/v1x0", matches: false },
    { name: "a dot matches itself", of: "/v1.0", request: "/v1.0/x", matches: true },
    { name: "a plus is a plus", of: "/c++", request: "/c++", matches: true },
    { name: "a plus does not repeat", of: "/c++", request: "/ccc", matches: false },
    { name: "a deeper prefix", of: "/a/b", request: "/a/b/c", matches: true },
    { name: "a path beside a deeper prefix", of: "/a/b", request: "/a/c", matches: false },
  ])("a pattern is literal: $name", ({ of, request, matches }) => {
    expect(re2(pathPattern(path(of))).test(request)).toBe(matches);
  });

  it.each([
    { name: "protected", write: pathPattern },
    { name: "open", write: openPattern },
    { name: "clean", write: cleanPattern },
    { name: "guarded", write: guardPattern },
    { name: "guarded and clean", write: (prefix: Path) => guardPattern(prefix, true) },
  ])(
    "the $name pattern is valid for RE2, without lookahead or lookbehind, because RE2's refusal would stop every route",
    ({ write }) => {
      fc.assert(
        fc.property(clean, (prefix) => {
          const text = write(prefix);
          expect(text).not.toMatch(/\(\?[^i]|\\[1-9kuZz]|\\[pP][^{]/);
          expect(re2(text).test(prefix)).toBe(true);
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each([
    { name: "protected", write: pathPattern },
    { name: "open", write: openPattern },
    { name: "clean", write: cleanPattern },
    { name: "guarded", write: guardPattern },
    { name: "guarded and clean", write: (prefix: Path) => guardPattern(prefix, true) },
  ])("the $name pattern can be parsed back, so that a rule shows its route", ({ write }) => {
    const withSs = clean.map((prefix) => `${prefix}/paSSword/Session.x` as Path);
    fc.assert(
      fc.property(fc.oneof(clean, withSs), (prefix) => patternPath(write(prefix)) === prefix),
      { numRuns: 300 },
    );
  });

  it.each([
    "",
    "^/",
    "^/api",
    "^/api$",
    "/api.*",
    "^/api(/.*)?$",
    "^/(?i)odd",
    `${pathPattern("/a|b" as Path)}x`,
    `${openPattern("/api" as Path)}x`,
    CLEAN_PATHS,
  ])("the foreign pattern %j belongs to no route", (text) => {
    expect(patternPath(text)).toBeUndefined();
  });

  it("the pattern of a prefix never matches .. or an encoded character, whatever is around it", () => {
    const bad = fc.constantFrom("/../", "/./", "/..;/", "%", "\\", "?", "#", "\u0000", "\u001f");
    fc.assert(
      fc.property(
        clean,
        fc.webPath(),
        bad,
        fc.webPath(),
        (prefix, before, it, after) =>
          !re2(pathPattern(prefix)).test(`${prefix}${before}${it}${after}`),
      ),
      { numRuns: 500 },
    );
  });
});

/**
 * The path as the origin may receive it: cloudflared sees it decoded once, with U+FFFD for each
 * byte that is not UTF-8.
 */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "U+FF0E, a full stop": "\uff0e",
  "U+2024, a full stop": "\u2024",
  "U+FE52, a full stop": "\ufe52",
  "U+2025, two full stops": "\u2025",
  "U+FE30, two full stops": "\ufe30",
  "U+2026, three full stops": "\u2026",
  "U+FE19, three full stops": "\ufe19",
  "U+FF0F, a slash": "\uff0f",
  "U+2044, a slash": "\u2044",
  "U+2215, a slash": "\u2215",
  "U+29F8, a slash": "\u29f8",
  "U+2100, a slash in a/c": "\u2100",
  "U+2105, a slash in c/o": "\u2105",
  "U+FF3C, a backslash": "\uff3c",
  "U+FE68, a backslash": "\ufe68",
  "U+2216, a backslash": "\u2216",
  "U+FF05, a percent sign": "\uff05",
  "U+FE6A, a percent sign": "\ufe6a",
  "U+FF1B, a semicolon": "\uff1b",
  "U+FE54, a semicolon": "\ufe54",
  "U+037E, a semicolon": "\u037e",
  "U+00AD, which has no width": "\u00ad",
  "U+200B, which has no width": "\u200b",
  "U+2060, which has no width": "\u2060",
  "U+FEFF, which has no width": "\ufeff",
  "U+FFFD, a byte that is no UTF-8": "\ufffd",
  "U+0085, a control character": "\u0085",
};

describe("the pattern of a prefix that needs no login", () => {
  const pattern = re2(openPattern(path("/hooks")));

  it.each([
    "/hooks",
    "/hooks/",
    "/hooks/github",
    "/hooks/github/",
    "/hooks/a-b_c~d@e:f+g,h!i$j&k'l(m)n*o=p",
    "/hooks/.well-known/x",
    "/hooks/x.json",
    "/hooks/a b",
    "/hooks/größe/日本語",
  ])("the pattern of a public prefix matches %j", (request) => {
    expect(pattern.test(request)).toBe(true);
  });

  it.each([
    { name: "the whole host", request: "/" },
    { name: "a longer name", request: "/hooksy" },
    { name: "a shorter name", request: "/hook" },
    { name: "another letter case", request: "/Hooks" },
    { name: "an additional leading slash", request: "//hooks" },
    { name: "an additional slash inside", request: "/hooks//admin" },
    { name: "an additional trailing slash", request: "/hooks//" },
    { name: "the same name elsewhere", request: "/x/hooks" },
    { name: "a path without a slash", request: "hooks" },
    { name: "a .. segment", request: "/hooks/../admin" },
    { name: "a .. segment at the end", request: "/hooks/.." },
    { name: "a .. segment with a trailing slash", request: "/hooks/../" },
    { name: "a .. segment from below", request: "/hooks/x/../../admin" },
    { name: "a . segment", request: "/hooks/./x" },
    { name: "a . segment at the end", request: "/hooks/." },
    { name: "a .. segment with parameters, as Tomcat reads it", request: "/hooks/..;/admin" },
    { name: "a .. segment with named parameters", request: "/hooks/..;x=y/admin" },
    { name: "an empty segment with parameters", request: "/hooks/;/../admin" },
    { name: "parameters of the prefix", request: "/hooks;/../admin" },
    { name: "parameters", request: "/hooks/x;y" },
    { name: "a .. segment with backslashes", request: "/hooks\\..\\admin" },
    { name: "a backslash", request: "/hooks/x\\..\\..\\admin" },
    { name: "a double-encoded .. segment", request: "/hooks/%2e%2e/admin" },
    { name: "a double-encoded slash", request: "/hooks/..%2fadmin" },
    { name: "a double-encoded backslash", request: "/hooks/..%5cadmin" },
    { name: "a percent sign", request: "/hooks/%" },
    { name: "a percent sign at the end of a word", request: "/hooks/100%" },
    { name: "a question mark", request: "/hooks/x?/../../admin" },
    { name: "a question mark after the prefix", request: "/hooks?x" },
    { name: "a hash", request: "/hooks/x#/../../admin" },
    { name: "a null character", request: "/hooks/..\u0000/admin" },
    { name: "a line break", request: "/hooks/x\n/../admin" },
    { name: "a line break at the end", request: "/hooks\n" },
    { name: "a tab", request: "/hooks/.\t./admin" },
    { name: "the last control character", request: "/hooks/\u007f" },
    {
      name: "a .. segment with a trailing space, which Windows drops",
      request: "/hooks/.. /admin",
    },
    { name: "a .. segment with a leading space", request: "/hooks/ ../admin" },
    { name: "a . segment with a trailing space", request: "/hooks/. /x" },
    {
      name: "an overlong full stop, as RE2 sees it",
      request: "/hooks/\ufffd\ufffd\ufffd\ufffd/admin",
    },
  ])("the pattern of a public prefix does not match $name: $request", ({ request }) => {
    expect(pattern.test(request)).toBe(false);
  });

  it.each(Object.entries(LOOKALIKES))(
    "the pattern of a public prefix does not match %s at any position",
    (_, char) => {
      for (const segment of [
        char,
        `x${char}`,
        `${char}x`,
        `.${char}`,
        `${char}.`,
        `.${char}.`,
        `..${char}`,
        `x${char}y`,
        `..${char}admin`,
      ])
        expect([
          segment,
          pattern.test(`/hooks/${segment}/admin`),
          pattern.test(`/hooks/${segment}`),
        ]).toEqual([segment, false, false]);
    },
  );

  it("no character in a public path separates two dots invisibly or normalises to only dots or to one of / \\ % ;", () => {
    const chars = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code >= 0x80 && (code < 0xd800 || code > 0xdfff))
      .map((code) => String.fromCodePoint(code));
    const turned = (char: string) =>
      ["NFC", "NFKC", "NFKD"].some((form) => /[/\\%;]|^\.+$/.test(char.normalize(form)));
    const unseen = (char: string) =>
      /[\p{Default_Ignorable_Code_Point}\p{Cc}]/u.test(char) || char.trim() === "";
    expect(chars.filter((char) => turned(char) && pattern.test(`/hooks/${char}`))).toEqual([]);
    // Removed by a program that ignores them, they leave no dot segment behind.
    const hidden = chars
      .filter(unseen)
      .flatMap((char) => [
        `.${char}.`,
        `..${char}`,
        `${char}..`,
        `${char}.${char}.${char}`,
        `.${char}`,
      ]);
    expect(
      hidden.filter(
        (segment) => pattern.test(`/hooks/${segment}`) || pattern.test(`/hooks/${segment}/admin`),
      ),
    ).toEqual([]);
  });

  /** What origins do with a path before they look at it. */
  const cleaners: readonly ((path: string) => string)[] = [
    (text) => posix.normalize(text),
    decoded,
    (text) => decoded(decoded(text)),
    (text) => text.replace(/;[^/]*/g, ""),
    (text) => text.replaceAll("\\", "/"),
    (text) => text.normalize("NFC"),
    (text) => text.normalize("NFKC"),
    (text) => text.replace(/\/{2,}/g, "/"),
    (text) => text.replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, ""),
    (text) =>
      text
        .split("/")
        .map((segment) => segment.trim())
        .join("/"),
    (text) => text.replace(/[?#].*$/s, ""),
  ];
  const nasty = fc.constantFrom(
    ..."/.;\\%?# x",
    ..."..",
    ...Object.values(LOOKALIKES),
    ...[
      "/",
      "/",
      "/../",
      "/./",
      "/..;/",
      "..",
      "%2e",
      "%2f",
      "%5c",
      "%252e",
      "%c0%ae",
      "\u0000",
      "\n",
      "\u007f",
      "é",
      "日",
      "admin",
      "hooks",
    ],
  );
  const walk = fc.array(fc.constantFrom(...cleaners), { minLength: 1, maxLength: 6 });

  it("the pattern of a public prefix matches nothing that any origin could normalise to a path outside it", () => {
    let through = 0;
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 8 }), walk, (fragments, steps) => {
        const request = `/hooks/${fragments.join("")}`;
        if (!pattern.test(request)) return;
        through++;
        const seen = posix.normalize(steps.reduce((text, clean) => clean(text), request));
        expect(`${seen}/`.startsWith("/hooks/")).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    // Without this check the property would be empty.
    expect(through).toBeGreaterThan(500);
  });

  it.each(["/hooks ", "/hooks\u00a0", "/hooks\u200b", "/ hooks", "/hooks;", "/hooks/."])(
    "%j is not a clean path of a whole public host, because some origins serve /hooks for it",
    (request) => {
      expect(re2(CLEAN_PATHS).test(request)).toBe(false);
    },
  );

  it("a clean path of a whole public host outside /hooks stays outside /hooks for every origin", () => {
    const clean = re2(CLEAN_PATHS);
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 8 }), walk, (fragments, steps) => {
        const request = `/${fragments.join("")}`;
        if (!clean.test(request) || /^\/hooks(\/|$)/.test(request)) return;
        const seen = posix.normalize(steps.reduce((text, step) => step(text), request));
        expect(seen).not.toMatch(/^\/hooks(\/|$)/);
      }),
      { numRuns: 20_000 },
    );
  });
});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * What origins do with a path before they look for a handler, beyond what they do with any path.
 */
const READINGS: Readonly<Record<string, (path: string) => string>> = {
  "letter by letter": (path) => path,
  "without letter case": (path) => path.toLowerCase(),
  "in capitals": (path) => path.toUpperCase().toLowerCase(),
  "without letter case, a character at a time": (path) =>
    path.replaceAll("\u0130", "i").toLowerCase(),
  "in its compatibility form (NFKC)": (path) => path.normalize("NFKC"),
  "in its compatibility form, without letter case": (path) => path.normalize("NFKC").toLowerCase(),
  "without a format at the end": (path) => path.replace(/\.[A-Za-z0-9_-]+$/, ""),
  "without a format after any segment": (path) => path.replace(/\.[A-Za-z0-9_.-]+(?=\/|$)/g, ""),
  "without a stream of NTFS": (path) => path.replace(/:[^/]*/g, ""),
  "without a session of ASP.NET": (path) => path.replace(/\/\([A-Z]\([^/]*\)\)/gi, ""),
  "without matrix parameters": (path) => path.replace(/;[^/]*/g, ""),
  "without any parameters of a segment": (path) => path.replace(/[;,=][^/]*/g, ""),
  "without the method of an action": (path) => path.replace(/![^/]*/g, ""),
  "without dots and blanks at the end of a segment": (path) => path.replace(/[. ]+(?=\/|$)/g, ""),
  "decoded once more": (path) => decoded(path),
  "decoded twice more": (path) => decoded(decoded(path)),
  "with backslashes as slashes": (path) => path.replaceAll("\\", "/"),
  "without invisible characters": (path) =>
    path.replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, ""),
  trimmed: (path) => path.trim(),
  "up to a null": (path) => path.split("\u0000")[0] ?? "",
  "as Windows reads it": (path) =>
    path
      .replaceAll("\\", "/")
      .replace(/:[^/]*/g, "")
      .replace(/[. ]+(?=\/|$)/g, "")
      .toLowerCase(),
  "as Spring reads it": (path) =>
    decoded(path)
      .replace(/;[^/]*/g, "")
      .replace(/\.[A-Za-z0-9]+$/, "")
      .toLowerCase(),
};

const GUARDED = ["/admin", "/api/session", "/v1.0"].map((text) => path(text));

/**
 * Spellings of one segment that some origin reads as that segment, and other segments beside it.
 */
const spellings = (segment: string): readonly string[] => {
  const wide = [...segment]
    .map((char) =>
      /[!-~]/.test(char) ? String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0) : char,
    )
    .join("");
  const encoded = `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`;
  const marks = [
    ".json",
    ".json.gz",
    ".",
    "..",
    " ",
    "::$DATA",
    ":x",
    ";x=y",
    "!list",
    ",x",
    "=1",
    "@x",
    "+",
    "*",
    "~",
    "'",
    "&x",
    "$",
    "%00",
    "%20",
    "%2e",
    "\u0000",
    "\ufe0f",
    "\u00a0",
    "(x)",
    "?x",
    "#x",
    "%",
  ];
  return [
    segment,
    segment.toUpperCase(),
    segment[0]?.toUpperCase() + segment.slice(1),
    segment.replace("i", "\u0131").replace("s", "\u017f"),
    segment.replace("i", "\u0130"),
    segment.replace("ss", "\u00df"),
    segment.replace("m", "m\u00ad"),
    wide,
    wide.toUpperCase(),
    encoded,
    encoded.replace("%", "%25"),
    segment.replace("n", "\u207f"),
    segment.replace("a", "\ud835\udc1a"),
    ...marks.flatMap((mark) => [segment + mark, segment.toUpperCase() + mark]),
    ...["%", " ", ";", "\u200b", "."].map((mark) => mark + segment),
  ];
};
const BETWEEN = [
  "",
  "/",
  "./",
  "../",
  "x/../",
  "(S(x))/",
  "(A(x)F(y))/",
  ";/",
  ";x/",
  "%2e/",
  "\\",
  "x\\..\\",
  "%2f",
  "x/",
];
const AFTER = ["", "/", "/users", "//users", "/x.json", "/x;y", "/../x", "/..", "/.", "/%2e%2e/x"];

const isBelow = (seen: string, prefix: string): boolean => {
  const at = posix.normalize(seen.replace(/\/{2,}/g, "/")).replace(/\/$/, "");
  return at === prefix || at.startsWith(`${prefix}/`);
};

describe.each(GUARDED)("a protected path %s inside a host that admits more people", (prefix) => {
  const outer = re2(CLEAN_PATHS);
  const inner = re2(guardPattern(prefix));
  const requests = spelled(prefix);
  const through = requests.filter((request) => outer.test(request) && !inner.test(request));

  it.each(Object.entries(READINGS))(
    "no spelling of the protected path reaches the rule around it if the origin reads paths %s",
    (_, read) => {
      expect(through.filter((request) => isBelow(read(request), prefix))).toEqual([]);
    },
  );

  it("nearly every one of these origins reads other spellings as the protected path, so the test above is not empty", () => {
    const read = Object.values(READINGS).filter((it) =>
      requests.some((request) => !isBelow(request, prefix) && isBelow(it(request), prefix)),
    );
    expect(read.length).toBeGreaterThan(Object.keys(READINGS).length - 4);
    expect(through.length).toBeGreaterThan(20);
  });

  it("no spelling of the protected path reaches the rule around it if the origin reads paths in several ways", () => {
    const steps = fc.array(fc.constantFrom(...Object.values(READINGS)), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.nat(), steps, (n, walk) => {
        const request = through[n % through.length] ?? "";
        const seen = walk.reduce((text, read) => read(text), request);
        expect([request, isBelow(seen, prefix)]).toEqual([request, false]);
      }),
      { numRuns: 20_000 },
    );
  });

  it("paths beside the protected one reach the rule around it", () => {
    const beside = [
      "/",
      "/x",
      `${prefix}istrator`,
      `${prefix}-tools`,
      `${prefix}_x`,
      `/x${prefix}`,
      "/Größe/straße",
      "/日本語",
      "/~ann/x.html",
    ];
    expect(beside.filter((request) => inner.test(request) || !outer.test(request))).toEqual([]);
  });

  it.each([false, true])(
    "no path with .. reaches the protected rule, even with more protected paths inside it: %s",
    (clean) => {
      const guard = re2(guardPattern(prefix, clean));
      const seen = requests.filter((request) => guard.test(request));
      expect(seen.filter((request) => posix.normalize(decoded(request)) !== request)).toEqual([]);
      expect(seen.length).toBeGreaterThan(50);
    },
  );
});

function spelled(prefix: Path): readonly string[] {
  const segments = prefix.slice(1).split("/");
  const [last = "", ...before] = segments.toReversed();
  const front = before.toReversed();
  const heads =
    front.length === 0
      ? [""]
      : front.flatMap((segment) => spellings(segment).map((it) => `${it}/`));
  return BETWEEN.flatMap((between) =>
    heads.flatMap((head) =>
      spellings(last).flatMap((it) => AFTER.map((after) => `/${between}${head}${it}${after}`)),
    ),
  );
}

describe("the clean paths of a host with a protected path inside", () => {
  it("no character of a clean path is read by any origin as another plain one, except ß", () => {
    const clean = re2(CLEAN_PATHS);
    const chars = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code >= 0x80 && (code < 0xd800 || code > 0xdfff))
      .map((code) => String.fromCodePoint(code));
    const forms = (char: string) =>
      [char, char.normalize("NFKC")].flatMap((it) => [it, it.toLowerCase(), it.toUpperCase()]);
    const plain = (char: string) =>
      char === "\u0130" || forms(char).some((form) => /^[\x00-\x7f]+$/.test(form));
    const unseen = (char: string) => /\p{Default_Ignorable_Code_Point}/u.test(char);
    expect(
      chars.filter((char) => (plain(char) || unseen(char)) && clean.test(`/x${char}x`)),
    ).toEqual(["ß"]);
  });

  it.each([
    "/größe",
    "/αβγ",
    "/кириллица",
    "/日本語",
    "/हिन्दी",
    "/عربي",
    "/x y",
    "/a.b-c_d",
    "/.well-known/x",
    "/~ann",
    "/$1,2",
  ])("%s is a clean path", (request) => {
    expect(re2(CLEAN_PATHS).test(request)).toBe(true);
  });

  it("clean paths exclude the short names of Windows", () => {
    expect(re2(CLEAN_PATHS).test("/ADMINI~1/x")).toBe(false);
  });

  it("patterns of clean paths are recognised as earlier versions wrote them", () => {
    const earlier = openPattern(path("/hooks")).replace("/hooks", "");
    expect([isCleanPaths(CLEAN_PATHS), isCleanPaths(earlier), isCleanPaths("^/")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("a path in a label", () => {
  it.each([
    { text: "/api", is: "/api" },
    { text: " /api/ ", is: "/api" },
    { text: "/api//", is: "/api" },
    { text: "/", is: undefined },
    { text: "/.well-known/acme", is: "/.well-known/acme" },
    { text: "/a.b/~me/@x:1+2", is: "/a.b/~me/@x:1+2" },
  ])("the prefix of the path label $text is $is", ({ text, is }) => {
    expect(parsePath(text)).toEqual({ ok: true, value: is });
  });
});
