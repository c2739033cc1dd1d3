/** A daemon that opens routes in an empty account, killed at every call. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../sandbox/call.ts";
import { type Container, start } from "../docker/container.ts";
import {
  complaints,
  daemonOf,
  door,
  each,
  nth,
  nthWrite,
  opened,
  plazaLabels,
  range,
  type Story,
  SWEEP_MS,
  settled,
  shutDoors,
  staged,
  sweeps,
  tunnelNetwork,
  undisturbed,
  whoamiLabels,
  ZONE,
} from "./story.ts";

const net = tunnelNetwork();

describe("opening routes in an empty account", () => {
  let plaza: Container;
  let whoami: Container;
  const story = (): Story => ({
    net: net(),
    end: opened(),
    live: 3,
    doors: [...shutDoors, door("plaza")],
    mayReach: ({ host, path }) => (host === `plaza.${ZONE}` && path === "/" ? [plaza] : []),
    shownAtLast: [
      [door("plaza"), plaza],
      [door("whoami"), undefined],
      [door("plaza", "/admin"), undefined],
    ],
  });

  beforeAll(async () => {
    whoami = await start({ name: "whoami", networks: [net()], labels: whoamiLabels });
    plaza = await start({ name: "plaza", networks: [net()], labels: plazaLabels });
  });
  afterAll(async () => {
    await whoami.remove();
    await plaza.remove();
  });

  sweeps("opening routes in an empty account", story);

  /** A fault after the effect makes sense only for calls with an effect. */
  const FAULTS: readonly {
    readonly name: string;
    readonly of: "calls" | "writes";
    readonly fault: Fault;
  }[] = [
    {
      name: "call that is answered 500",
      of: "calls",
      fault: { kind: "status", status: 500, body: {} },
    },
    {
      name: "write that is answered 429",
      of: "writes",
      fault: { kind: "status", status: 429, headers: { "retry-after": "1" }, body: {} },
    },
    {
      name: "write that is lost on the way",
      of: "writes",
      fault: { kind: "reset", when: "before" },
    },
    {
      name: "write whose answer is lost",
      of: "writes",
      fault: { kind: "reset", when: "after" },
    },
  ];

  test.each(FAULTS)(
    "cfauth recovers from any one $name without a restart",
    { timeout: SWEEP_MS },
    async ({ of, fault }) => {
      const count = (await undisturbed(story()))[of];
      const found = await each(range(count), (n) =>
        staged(story(), async (sandbox, visitor) => {
          sandbox.controls.fault(
            (call) =>
              (of === "calls" ? nth(n, "before") : nthWrite(n, "before")).comes(call, sandbox),
            fault,
          );
          await using daemon = await daemonOf(story(), sandbox);
          await settled(story(), daemon);
          return (await complaints(story(), sandbox, visitor)).map(
            (complaint) => `${of} ${n}: ${complaint}`,
          );
        }).catch((error: unknown) => [`${of} ${n}: ${error}`]),
      );
      expect(found).toEqual([]);
    },
  );

  // An origin that cleans paths would serve the protected page for each of these if the public rule around it let them through.
  test("a protected path inside a public hostname is closed in every spelling", async () => {
    const spellings = [
      "/x/../admin",
      "//admin",
      "/./admin",
      "/%2e/admin",
      "/admin;x",
      "/x/..%2fadmin",
      "/%2561dmin",
    ];
    const reached = await staged(story(), async (sandbox, visitor) => {
      await using daemon = await daemonOf(story(), sandbox);
      await settled(story(), daemon);
      return await Promise.all(spellings.map((path) => visitor.reaches(door("plaza", path))));
    });
    expect(reached).toEqual(spellings.map(() => undefined));
  });
});
