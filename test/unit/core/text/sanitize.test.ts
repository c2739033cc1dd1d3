import { describe, expect, it } from "vitest";
import { escapeControlCharacters, isVisible } from "../../../../src/core/text/sanitize.ts";
import { expectHarmless, HOSTILE, STEERING } from "../../../support/hostile-text.ts";

const codePoints = (text: string): string =>
  [...text].map((it) => `U+${it.codePointAt(0)?.toString(16).toUpperCase()}`).join(" ");

describe("visible text", () => {
  it.each(STEERING.map((text) => ({ name: codePoints(text), text })))(
    "$name is shown as a replacement character",
    ({ text }) => {
      expect(isVisible(`a${text}b`)).toBe(false);
      expect(escapeControlCharacters(`a${text}b`)).toMatch(/^a[^a]*�[^a]*b$/);
      expectHarmless(escapeControlCharacters(`a${text}FORGED`));
    },
  );

  it("text with all hostile characters is made harmless, and a second pass changes nothing", () => {
    expectHarmless(escapeControlCharacters(HOSTILE));
    expect(escapeControlCharacters(escapeControlCharacters(HOSTILE))).toBe(
      escapeControlCharacters(HOSTILE),
    );
  });

  it.each(["\u200d", "\ufe0f", "👩\u200d", "ا\u200c", "a"])(
    "text is sanitised in linear time: a megabyte of %j",
    (part) => {
      expect(escapeControlCharacters(part.repeat(2 ** 20 / part.length))).toHaveLength(
        Math.floor(2 ** 20 / part.length) * part.length,
      );
    },
  );

  it.each([
    "Wiki · Häuser & Gärten",
    "日本語 العربية עברית ไทย हिन्दी",
    "👩‍🍳 recipes, ❤️, 🏳️‍🌈, 👨‍👩‍👧, 👩🏽‍🍳 and ✔️",
    "نامه\u200cای and می\u200cخواهم",
    "क्\u200dष and ක්\u200dෂ",
    "→ 50 % · “quoted” – done…",
  ])("ordinary text is unchanged: %s", (text) => {
    expect(isVisible(text)).toBe(true);
    expect(escapeControlCharacters(text)).toBe(text);
  });

  it.each([
    "a\u200cb",
    "نامه\u200cb",
    "a\u200cا",
    "نامه\u200c",
    "نا\u200c\u200cمه",
    "نا\u200dمه",
    "क\u200dष",
  ])("invisible characters of scripts are shown where they spell nothing: %j", (text) => {
    expect(escapeControlCharacters(text)).toContain("�");
  });

  it.each(["80\ufe0f", "a\u200d🍳", "👩\u200d", "👩\u200d\u200d🍳", "👩\ufe0f\ufe0f"])(
    "invisible characters of emoji are shown where they build none: %j",
    (text) => {
      expect(escapeControlCharacters(text)).toContain("�");
    },
  );
});
