/** The program's commands, as a person types them. */
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { cli } from "./daemon.ts";
import { everything, NOTHING, reaped, scene } from "./fixture.ts";
import { OWNER, settings } from "./world.ts";

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function ran(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = cli(args, environment);
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  const exit = new Promise<number | null>((over) => child.once("exit", over));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

describe("cfauth apply", () => {
  reaped();

  it("apply makes and prints the steps of plan in order, has nothing to do a second time, and destroy removes everything", async () => {
    await using world = await scene();
    await using _container = await world.container("app");
    const environment = settings(world.sandbox, world.net, { CFAUTH_LISTEN: "127.0.0.1:1" });
    const planned = await ran(["plan", "--json"], environment);
    expect([planned.code, JSON.parse(planned.out).counts, world.writes()]).toEqual([
      2,
      { create: 10, update: 0, delete: 0, waiting: 0, problems: 0, foreign: 0 },
      [],
    ]);
    const first = await ran(["apply"], environment);
    const steps = first.out
      .split("\n")
      .flatMap((line) => /^✓ +(\d+ [+~-] \w+( \w+)?)/.exec(line)?.[1] ?? []);
    expect(steps.slice(-5)).toEqual([
      "6 + Access policy",
      "7 + Access application",
      "8 + ingress rule",
      "9 + DNS record",
      "10 + tile",
    ]);
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(/\nDone: 10 steps in \d+ s\. 1 live, 0 waiting, 0 problems\.\n$/);
    expect(world.ours()).toEqual(everything(world.hostname("app")));
    world.sandbox.controls.clear();
    const second = await ran(["apply"], environment);
    const head = `cfauth apply · tunnel cfauth · owner ${OWNER}\n\n`;
    expect([second.code, second.out, world.writes()]).toEqual([
      0,
      `${head}No changes. 1 live, 0 waiting, 0 problems.\n`,
      [],
    ]);
    expect((await ran(["plan"], environment)).code).toBe(0);
    const gone = await ran(["destroy", "--yes"], environment);
    expect([gone.code, gone.err, world.ours()]).toEqual([0, "", NOTHING]);
  });

  it("apply writes nothing in a dry run", async () => {
    await using world = await scene();
    await using _container = await world.container("app");
    const { code } = await ran(
      ["apply"],
      settings(world.sandbox, world.net, { CFAUTH_DRY_RUN: "true" }),
    );
    expect([code, world.writes(), world.ours()]).toEqual([0, [], NOTHING]);
  });

  it("apply exits with 1 if the token is rejected, and says where to get another one without showing it", async () => {
    await using world = await scene();
    const { code, out, err } = await ran(
      ["apply"],
      settings(world.sandbox, world.net, { CLOUDFLARE_API_TOKEN: "not-the-right-token" }),
    );
    expect([code, err]).toEqual([1, ""]);
    expect(out).toMatch(/^✗ .*CFA-CF-(TOKEN|PERMISSION)\n {4}→ .*\n$/);
    expect(out).not.toContain("not-the-right-token");
  });

  it("apply exits with 1 and says so if Cloudflare is unreachable", async () => {
    await using world = await scene();
    const { code, out } = await ran(
      ["apply"],
      settings(world.sandbox, world.net, { CLOUDFLARE_BASE_URL: "http://127.0.0.1:1/client/v4" }),
    );
    expect([
      code,
      /CFA-CF-UNREACHABLE/.test(out),
      out.includes(world.sandbox.cloudflare.state.token),
    ]).toEqual([1, true, false]);
  });
});

describe("invalid settings", () => {
  it("invalid settings are listed together without their values, and the exit code is 78", async () => {
    const { code, out, err } = await ran(["run"], {
      CLOUDFLARE_API_TOKEN: "a-secret-token-of-mine",
      AUTHENTIK_URL: "ftp://somewhere.invalid",
      CFAUTH_GRACE_PERIOD: "a while",
      CFAUTH_NETWROK: "tunnel",
      CFAUTH_READ_LABELS: "traefik",
    });
    expect([code, out]).toEqual([78, ""]);
    for (const name of [
      "AUTHENTIK_URL",
      "AUTHENTIK_TOKEN",
      "CFAUTH_GRACE_PERIOD",
      "CFAUTH_NETWROK",
      "CFAUTH_READ_LABELS",
    ])
      expect(err).toContain(name);
    expect(err).toContain("CFAUTH_NETWORK");
    expect(err).toContain("write dockflare or cloudflare.tunnel");
    expect(err).not.toMatch(/a-secret-token-of-mine|somewhere\.invalid|a while/);
  });
});
