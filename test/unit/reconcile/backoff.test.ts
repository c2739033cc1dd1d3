import { describe, expect, it } from "vitest";
import { backoff } from "../../../src/reconcile/backoff.ts";

describe("the delay after consecutive failures", () => {
  it.each([
    { name: "the first delay is short", failures: 1, random: 0, askedMs: 0, ms: 500 },
    {
      name: "the first delay is at most one second",
      failures: 1,
      random: 1,
      askedMs: 0,
      ms: 1_000,
    },
    {
      name: "each delay is twice as long as the one before",
      failures: 4,
      random: 1,
      askedMs: 0,
      ms: 8_000,
    },
    {
      name: "half of the delay is random, so that many clients do not return together",
      failures: 4,
      random: 0.5,
      askedMs: 0,
      ms: 6_000,
    },
    { name: "the delay is at most five minutes", failures: 12, random: 1, askedMs: 0, ms: 300_000 },
    {
      name: "the delay stays at five minutes after many failures",
      failures: 5_000,
      random: 1,
      askedMs: 0,
      ms: 300_000,
    },
    {
      name: "the delay is never shorter than the service asked for",
      failures: 1,
      random: 0,
      askedMs: 48_000,
      ms: 48_000,
    },
    {
      name: "the delay is longer than the service asked for if the failures require it",
      failures: 12,
      random: 1,
      askedMs: 48_000,
      ms: 300_000,
    },
  ])("$name", ({ failures, random, askedMs, ms }) => {
    expect(backoff(failures, random, askedMs)).toBe(ms);
  });
});
