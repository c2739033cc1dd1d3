import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonDocument, jsonText, shownJson } from "../../../../src/core/text/json-text.ts";
import { expectHarmless, HOSTILE, STEERING } from "../../../support/hostile-text.ts";

const anyText = fc
  .array(
    fc.oneof(fc.constantFrom(...STEERING, '"', "\\", "'"), fc.string({ unit: "grapheme-ascii" })),
  )
  .map((them) => them.join(""));

describe("JSON", () => {
  it("spells what steers a terminal as an escape sequence of JSON", () => {
    expect(jsonText({ a: "\u009b31m\u202e\u{e0041}\u007f\n" })).toBe(
      String.raw`{"a":"\u009b31m\u202e\udb40\udc41\u007f\n"}`,
    );
  });

  it("means the same as before to every parser, in one line and over several", () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText))), (value) => {
        const wellFormed: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(jsonText(value))).toEqual(wellFormed);
        expect(JSON.parse(jsonDocument(value))).toEqual(wellFormed);
        expect(jsonText(value)).not.toContain("\n");
        expectHarmless(jsonDocument(value));
      }),
    );
  });

  it("keeps the line breaks and tabs between values of a document that another program wrote", () => {
    const document = `{\r\n\t"a": ${JSON.stringify(HOSTILE)}\r\n}`;
    const shown = shownJson(document);
    expect(JSON.parse(shown)).toEqual(JSON.parse(document));
    expect(shown.split("\r\n")).toHaveLength(3);
    expectHarmless(shown.replaceAll(/[\r\t]/g, ""));
  });
});
