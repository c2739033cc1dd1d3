import { describe, expect, it } from "vitest";
import { backoff } from "../../../src/reconcile/backoff.ts";

describe("the wait after failures in a row", () => {
  it.each([
    { name: "the first is short", failures: 1, random: 0, askedMs: 0, ms: 500 },
    { name: "the first is at most a second", failures: 1, random: 1, askedMs: 0, ms: 1_000 },
    { name: "each is twice as long", failures: 4, random: 1, askedMs: 0, ms: 8_000 },
    {
      name: "half of it is left to chance, so that many do not come back together",
      failures: 4,
      random: 0.5,
      askedMs: 0,
      ms: 6_000,
    },
    { name: "it ends at five minutes", failures: 12, random: 1, askedMs: 0, ms: 300_000 },
    {
      name: "it stays at five minutes, however long it goes on",
      failures: 5_000,
      random: 1,
      askedMs: 0,
      ms: 300_000,
    },
    {
      name: "it is never shorter than the service asked for",
      failures: 1,
      random: 0,
      askedMs: 48_000,
      ms: 48_000,
    },
    {
      name: "it is longer than the service asked for when the failures say so",
      failures: 12,
      random: 1,
      askedMs: 48_000,
      ms: 300_000,
    },
  ])("$name", ({ failures, random, askedMs, ms }) => {
    expect(backoff(failures, random, askedMs)).toBe(ms);
  });
});
