import { describe, expect, test } from "vitest";
import type { IngressRule } from "../sandbox/cloudflare/state.ts";
import { until } from "./daemon.ts";
import { everything, live, reaped, type Scene, scene } from "./fixture.ts";

reaped();

describe("foreign changes to our objects", () => {
  const damages: readonly {
    readonly name: string;
    readonly damage: (world: Scene) => void;
    readonly healed: (world: Scene) => unknown;
  }[] = [
    {
      name: "a replaced client secret in Authentik",
      damage: ({ sandbox }) => {
        first(sandbox.authentik.state.providers).client_secret = "made-anew";
      },
      healed: ({ sandbox }) =>
        first(sandbox.cloudflare.state.identityProviders).config["client_secret"] === "made-anew",
    },
    {
      name: "a deleted login method",
      damage: ({ sandbox }) => sandbox.cloudflare.state.identityProviders.clear(),
      healed: ({ sandbox }) => {
        const { apps, policies, identityProviders } = sandbox.cloudflare.state;
        const [id] = identityProviders.keys();
        return (
          id !== undefined &&
          first(apps).allowed_idps.includes(id) &&
          JSON.stringify(first(policies).include).includes(id)
        );
      },
    },
    {
      name: "a deleted Access application",
      damage: ({ sandbox }) => sandbox.cloudflare.state.apps.clear(),
      healed: (world) =>
        ruleOf(world).originRequest?.access?.audTag[0] ===
        first(world.sandbox.cloudflare.state.apps).aud,
    },
    {
      name: "a policy that admits everyone",
      damage: ({ sandbox }) => {
        first(sandbox.cloudflare.state.policies).include = [{ everyone: {} }];
      },
      // The policy and its application are replaced, so that the sessions it allowed become invalid.
      healed: (world) => {
        const { apps, policies } = world.sandbox.cloudflare.state;
        const narrow =
          policies.size === 1 && !JSON.stringify(first(policies).include).includes("everyone");
        return narrow && ruleOf(world).originRequest?.access?.audTag[0] === first(apps).aud;
      },
    },
    {
      name: "a rule that leads elsewhere",
      damage: (world) => {
        ruleOf(world).service = "http://elsewhere:8080";
      },
      healed: (world) => ruleOf(world).service.startsWith("http://app-"),
    },
    {
      name: "a rule without its login check",
      damage: (world) => void delete ruleOf(world).originRequest,
      healed: (world) => ruleOf(world).originRequest?.access?.required === true,
    },
    {
      name: "a deleted rule",
      damage: ({ sandbox }) =>
        void first(sandbox.cloudflare.state.configurations).config.ingress.shift(),
      healed: (world) => ruleOf(world).originRequest?.access?.required === true,
    },
    {
      name: "a deleted DNS record",
      damage: ({ sandbox }) => sandbox.cloudflare.state.records.clear(),
      healed: ({ sandbox }) =>
        first(sandbox.cloudflare.state.records).comment?.startsWith("cfauth:"),
    },
  ];

  test.each(damages)(
    "the next resync corrects $name, and no one gets in meanwhile",
    async ({ damage, healed }) => {
      await using world = await scene();
      await using _app = await world.container("app");
      const daemon = await world.settled({ CFAUTH_RESYNC_INTERVAL: "1s" });
      await live(daemon, world.hostname("app"));
      world.neverShown("app");
      damage(world);
      expect(await world.shown("app")).toBeUndefined();
      await until("it is healed", () => healed(world));
      // The pass that corrected it may still have work to do.
      await world.looked(daemon);
      await live(daemon, world.hostname("app"));
      expect(world.ours()).toEqual(everything(world.hostname("app")));
      expect(await world.shown("app")).toBeUndefined();
      world.sandbox.controls.clear();
      await until(
        "the resync after the next one",
        () =>
          world.sandbox.calls().filter(({ path }) => path.endsWith("/configurations")).length > 1,
      );
      expect(world.writes()).toEqual([]);
    },
  );
});

function first<T>(things: ReadonlyMap<string, T> | readonly T[]): T {
  const [thing] = things.values();
  if (thing === undefined) throw new Error("there is none");
  return thing;
}

function ruleOf(world: Scene): IngressRule {
  const rule = first(world.sandbox.cloudflare.state.configurations).config.ingress.find(
    ({ hostname }) => hostname === world.hostname("app"),
  );
  if (rule === undefined) throw new Error("there is no rule");
  return rule;
}
