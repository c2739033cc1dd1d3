/** One container cannot use up shared resources (T17). */
import { each, type Row } from "./row.ts";
import { type About, container, scene } from "./scene.ts";

const many = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

const HUGE: readonly {
  readonly input: string;
  readonly labels?: About["labels"];
  readonly others?: About["others"];
}[] = [
  {
    input: "a label name of 60 kB",
    others: { [`cfauth.${"x".repeat(60_000)}`]: "1" },
    labels: { hostname: "huge.example.com" },
  },
  {
    input: "a route name of 60 kB",
    others: { [`cfauth.${"x".repeat(60_000)}.hostname`]: "huge.example.com" },
  },
  {
    input: "a label name of 60,000 dots",
    others: { [`cfauth${".".repeat(60_000)}`]: "1" },
    labels: { hostname: "huge.example.com" },
  },
  { input: "a hostname of 1 MB", labels: { hostname: "a".repeat(1_000_000) } },
  { input: "a hostname of 1 MB of dots", labels: { hostname: "a.".repeat(500_000) } },
  {
    input: "a path of 1 MB",
    labels: { hostname: "huge.example.com", path: `/${"a/".repeat(500_000)}` },
  },
  {
    input: "a group of 1 MB",
    labels: { hostname: "huge.example.com", "access.groups": "g".repeat(1_000_000) },
  },
  {
    input: "a service of 1 MB",
    labels: { hostname: "huge.example.com", service: `http://${"@".repeat(1_000_000)}` },
  },
  {
    input: "a value of 1 MB of quotes and spaces",
    labels: { hostname: "huge.example.com", "app.name": `"${" ".repeat(1_000_000)}` },
  },
  {
    input: "10,000 labels",
    others: Object.fromEntries(many(10_000, (at) => [`cfauth.r${at}.port`, "80"])),
    labels: { hostname: "huge.example.com" },
  },
  {
    input: "10,000 misspelt labels",
    others: Object.fromEntries(many(10_000, (at) => [`cfauth.hostnmae${at}`, "80"])),
    labels: { hostname: "huge.example.com" },
  },
  {
    input: "1,000 hostnames in one label",
    labels: { hostname: many(1_000, (at) => `h${at}.example.com`).join(",") },
  },
  {
    input: "1,000 hostnames by named routes",
    others: Object.fromEntries(
      many(1_000, (at) => [`cfauth.r${at}.hostname`, `h${at}.example.com`]),
    ),
  },
  {
    input: "1,000 bypass paths",
    labels: {
      hostname: "huge.example.com",
      "access.bypass": many(1_000, (at) => `/p${at}`).join(","),
    },
  },
  {
    input: "10,000 groups",
    labels: {
      hostname: "huge.example.com",
      "access.groups": many(10_000, (at) => `g${at}`).join(","),
    },
  },
];

export const LIMIT_ROWS: readonly Row[] = each(
  HUGE,
  ({ input, labels = {}, others = {} }): Row => ({
    threat: "T17",
    input: `${input} on one container, beside another container`,
    outcome: async () => {
      const it = scene();
      await it.up(
        container("good", { labels: { hostname: "good.example.com" } }),
        container("huge", { labels, others }),
      );
      const applications = [...it.home.world.access.mine.values()].filter(
        ({ route }) => route !== "good.example.com",
      ).length;
      return {
        good: it.at("good.example.com"),
        complaints: it.problems("good"),
        limited: it.problems("huge").includes("CFA-LIMIT"),
        few: applications <= 100 && it.home.outcome.plan.problems.length <= 100,
      };
    },
    right: { good: "good to everyone who logs in", complaints: [], limited: true, few: true },
  }),
);
