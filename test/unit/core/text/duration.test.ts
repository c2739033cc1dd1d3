import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, goDuration, parseDuration } from "../../../../src/core/text/duration.ts";

describe("durations", () => {
  it.each([
    { text: "500ms", ms: 500 },
    { text: "30s", ms: 30_000 },
    { text: "5m", ms: 300_000 },
    { text: " 1h30m ", ms: 5_400_000 },
    { text: "24h0m0s", ms: 86_400_000 },
    { text: "7d", ms: 604_800_000 },
    { text: "0s", ms: 0 },
  ])("the duration $text is $ms ms", ({ text, ms }) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  it.each(["", "30", "s", "1.5h", "-5m", "5 m", "5M", "1w", "5m,", "1e3s", "٣s"])(
    "%j is not a duration",
    (text) => {
      expect(parseDuration(text)).toEqual({
        ok: false,
        why: "is not a duration",
        fix: "write a number and a unit: 30s, 5m, 24h or 7d",
      });
    },
  );

  it.each([
    { ms: 86_400_000, text: "24h" },
    { ms: 604_800_000, text: "168h" },
    { ms: 5_400_000, text: "1h30m" },
    { ms: 61_000, text: "1m1s" },
    { ms: 0, text: "0s" },
  ])("Access stores $ms ms as $text", ({ ms, text }) => {
    expect(goDuration(ms)).toBe(text);
  });

  it("a duration that Access stores is parsed back unchanged", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), (seconds) => {
        expect(parseDuration(goDuration(seconds * 1_000))).toEqual({
          ok: true,
          value: seconds * 1_000,
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    { ms: 0, text: "1 s" },
    { ms: 42_400, text: "42 s" },
    { ms: 119_000, text: "119 s" },
    { ms: 120_000, text: "2 min" },
    { ms: 7_100_000, text: "118 min" },
    { ms: 7_200_000, text: "2 h" },
  ])("people read $ms ms as $text", ({ ms, text }) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
