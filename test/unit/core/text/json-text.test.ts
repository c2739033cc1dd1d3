import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonDocument, jsonText, shownJson } from "../../../../src/core/text/json-text.ts";
import { expectHarmless, HOSTILE, STEERING } from "../../../support/hostile-text.ts";

const anyText = fc
  .array(
    fc.oneof(fc.constantFrom(...STEERING, '"', "\\", "'"), fc.string({ unit: "grapheme-ascii" })),
  )
  .map((them) => them.join(""));

describe("JSON text", () => {
  it("terminal control characters are JSON escape sequences", () => {
    expect(jsonText({ a: "\u009b31m\u202e\u{e0041}\u007f\n" })).toBe(
      String.raw`{"a":"\u009b31m\u202e\udb40\udc41\u007f\n"}`,
    );
  });

  it("escaped JSON means the same to every parser, on one line and on several", () => {
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

  it("line breaks and tabs between the values of another program's document are kept", () => {
    const document = `{\r\n\t"a": ${JSON.stringify(HOSTILE)}\r\n}`;
    const shown = shownJson(document);
    expect(JSON.parse(shown)).toEqual(JSON.parse(document));
    expect(shown.split("\r\n")).toHaveLength(3);
    expectHarmless(shown.replaceAll(/[\r\t]/g, ""));
  });
});
