/** A loss of access takes effect although Access is late, and closing does not wait for opening (T16d, T19). */
import { type Home, home } from "../../app/daemon.ts";
import { visitor } from "../../app/visitor.ts";
import { each, type Row } from "./row.ts";

/** Longer than any test. Writes arrive when the test releases them. */
const LATE_MS = 3_600_000;

/** Bob of the admins loses access to the wiki and opens it again while Access still uses the old policy. */
const late = async (
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): Promise<unknown> => {
  await using at = await home();
  await at.run("wiki", from);
  await at.settle();
  const bob = visitor(at.sandbox, "bob");
  const before = await bob.open(at.host("wiki"));
  const { propagation } = at.sandbox.cloudflare;
  propagation.lag({ access: LATE_MS });
  at.relabel("wiki", to);
  await at.settle();
  await bob.open(at.host("wiki"));
  await at.settle();
  propagation.release();
  await at.resync();
  propagation.release();
  const after = await bob.still(at.host("wiki"));
  return [
    before,
    after.startsWith("this is"),
    (await bob.open(at.host("wiki"))).startsWith("this is"),
    await aliceOpens(at),
  ];
};

const aliceOpens = (at: Home): Promise<string> =>
  visitor(at.sandbox, "alice").open(at.host("wiki"));

const T16d: readonly Row[] = each(
  [
    { from: { "access.groups": "admins,family" }, to: { "access.groups": "family" } },
    { from: {}, to: { "access.groups": "family" } },
    {
      from: { "access.groups": "family", "access.emails": "bob@example.com" },
      to: { "access.groups": "family" },
    },
    { from: { access: "public" }, to: { "access.groups": "family" } },
  ],
  ({ from, to }): Row => ({
    threat: "T16d",
    input: `labels from ${JSON.stringify(from)} to ${JSON.stringify(to)} while Access still uses the old ones, and a page that is reloaded`,
    outcome: () => late(from, to),
    right: ["this is wiki: /", false, false, "this is wiki: /"],
  }),
);

/** How many writes for opening containers come before the one that closes or narrows the wiki. */
const before = async (
  labels: Readonly<Record<string, string>>,
  change: (at: Home) => void,
): Promise<number> => {
  await using at = await home();
  await at.run("wiki", labels);
  await at.settle();
  const [application] = at.sandbox.cloudflare.state.apps.values();
  at.sandbox.controls.clear();
  for (let index = 0; index < OPENING; index++) await at.run(`app${index}`);
  change(at);
  await at.settle();
  const writes = at.sandbox.controls.writes("cloudflare");
  const takes = ({ path }: (typeof writes)[number]) =>
    path.includes("/dns_records/") || path.endsWith(`/apps/${application?.id}`);
  return writes.findIndex((call) => call.method !== "POST" && takes(call));
};

const OPENING = 60;
/** The prerequisites and the writes that are sent at the same moment. */
const FEW = 10;

const T19: readonly Row[] = each(
  [
    { what: "closes", labels: {}, change: (at: Home) => at.stop("wiki") },
    {
      what: "narrows",
      labels: { "access.groups": "family,admins" },
      change: (at: Home) => at.relabel("wiki", { "access.groups": "family" }),
    },
    {
      what: "is no longer for everyone",
      labels: {},
      change: (at: Home) => at.relabel("wiki", { "access.groups": "family" }),
    },
  ],
  ({ what, labels, change }): Row => ({
    threat: "T19",
    input: `a route that ${what} while ${OPENING} others open does not wait for them`,
    outcome: async () => {
      const count = await before(labels, change);
      return count >= 0 && count <= FEW ? "first" : `after ${count} writes`;
    },
    right: "first",
  }),
);

export const TIME_ROWS = [...T16d, ...T19];
