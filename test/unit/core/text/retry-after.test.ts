import { expect, it } from "vitest";
import { parseRetryAfter } from "../../../../src/core/text/retry-after.ts";

const NOW = Date.UTC(2026, 11, 1, 12, 0, 0);

it.each([
  { name: "seconds", text: "20", ms: 20_000 },
  { name: "a fraction of a second", text: "0.1", ms: 100 },
  { name: "a date in the future", text: "Tue, 01 Dec 2026 12:01:00 GMT", ms: 60_000 },
  { name: "a date in the past", text: "Tue, 01 Dec 2026 11:59:00 GMT", ms: 0 },
  { name: "no header", text: undefined, ms: undefined },
  { name: "an empty header", text: "", ms: undefined },
  { name: "any other text", text: "soon", ms: undefined },
])("a Retry-After header with $name is parsed", ({ text, ms }) => {
  expect(parseRetryAfter(text, NOW)).toBe(ms);
});
