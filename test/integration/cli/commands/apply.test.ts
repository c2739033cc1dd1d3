/** The whole commands `cfauth plan` and `cfauth apply` on the sandbox, with an engine that lists the containers of a test. */
import { describe, expect, it } from "vitest";
import { cli } from "../../../../src/cli/cli.ts";
import { createTerminal } from "../../../../src/core/terminal.ts";
import type { Call } from "../../../sandbox/call.ts";
import { failure } from "../../../sandbox/cloudflare/envelope.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/index.ts";
import { listed } from "../../../unit/sources/docker/listed.ts";
import { fakeEngine } from "../../sources/docker/engine.ts";

interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Replaces all running containers by these, with their hostnames. */
  run(...names: readonly string[]): void;
  /** Adds a running container. */
  add(name: string, labels: Readonly<Record<string, string>>): void;
  /** Stops the running command, as Ctrl-C does. */
  interrupt(): void;
  /** The command's output to both streams, and its exit code. */
  type(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }>;
}

async function scene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await startSandbox());
  const engine = stack.use(await fakeEngine());
  const scope = stack.move();
  const all: ReturnType<typeof listed>[] = [];
  const add: Scene["add"] = (name, labels) => {
    all.push(
      listed({
        Id: name,
        Names: [`/${name}`],
        Labels: labels,
        Ports: [{ PrivatePort: 80, Type: "tcp" }],
      }),
    );
    engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(all)));
  };
  let stop = new AbortController();
  return {
    sandbox,
    interrupt: () => stop.abort(),
    run: (...names) => {
      all.splice(0);
      for (const name of names) add(name, { "cfauth.hostname": `${name}.${sandbox.zone}` });
    },
    add,
    type: async (...argv) => {
      stop = new AbortController();
      let out = "";
      const write = (text: string): void => {
        out += text;
      };
      const terminal = createTerminal({ write }, {});
      const code = await cli(argv, {
        env: {
          ...sandbox.environment,
          CFAUTH_OWNER: "home",
          CFAUTH_LISTEN: "127.0.0.1:1",
          DOCKER_HOST: `unix://${engine.path}`,
        },
        readText: () => "",
        out: terminal,
        err: terminal,
        stop: stop.signal,
        ask: async () => undefined,
      });
      expect(out).not.toContain(sandbox.cloudflare.state.token);
      return { code, out };
    },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

const records = ({ method, path }: Call): boolean =>
  method === "POST" && /\/dns_records(\/batch)?$/.test(path);

describe("plan and apply", () => {
  it("plan and apply exit with 2 while there is something to do and else with 0, and apply prints each step with its time", async () => {
    await using at = await scene();
    at.run("wiki");
    const planned = await at.type("plan");
    expect([planned.code, at.sandbox.controls.writes()]).toEqual([2, []]);
    expect(planned.out).toMatch(/^cfauth plan · tunnel cfauth · owner home\n\n\+ all routes\n/);
    const applied = await at.type("apply");
    expect(applied.code).toBe(0);
    const steps = applied.out.split("\n").filter((line) => line.startsWith("✓"));
    expect(steps.length).toBe(10);
    expect(steps[7]).toMatch(
      /^✓ {3}8 \+ ingress rule {10}wiki\.home\.localhost {2}→ http:\/\/wiki\.tunnel:80 · login required {2}\d+\.\d s$/,
    );
    expect(await at.type("plan")).toMatchObject({
      code: 0,
      out: expect.stringContaining("No changes. 1 route matches the labels"),
    });
  });

  it("plan and apply leave a stopped container's objects to the daemon and say so", async () => {
    await using at = await scene();
    at.run("wiki", "old");
    await at.type("apply");
    at.run("wiki");
    at.sandbox.controls.clear();
    const { code, out } = await at.type("apply");
    expect([code, at.sandbox.controls.writes()]).toEqual([0, []]);
    expect(out).toContain(
      "… old.home.localhost  its container is gone: the daemon removes it when the grace period ends",
    );
    const planned = await at.type("plan", "--json");
    const { changes } = JSON.parse(planned.out);
    expect(
      changes.map(
        ({ hostname, action, reason }: Record<string, string>) => `${action} ${hostname} ${reason}`,
      ),
    ).toEqual(Array(4).fill("delete old.home.localhost container-gone"));
    expect(planned.code).toBe(2);
  });
});

describe("a step that fails", () => {
  it("apply prints a failed step with its fix, what was done, what was not, and that the current state is safe", async () => {
    await using at = await scene();
    at.run("wiki");
    at.sandbox.controls.fault(
      records,
      { kind: "status", ...failure(403, 10000, "Authentication error") },
      9,
    );
    const { code, out } = await at.type("apply");
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ {3}9 \+ DNS record {12}wiki\.home\.localhost .*\n {6}.*CFA-CF-PERMISSION\n {6}→ .*\n/,
    );
    expect(out).not.toContain("known after");
    expect(out).toMatch(
      /\nNot finished: 8 steps done, 2 not:\n {4}\+ DNS record .*\n {4}\+ tile .*\nThe current state is safe: /,
    );
    at.sandbox.controls.heal();
    const again = await at.type("apply");
    expect([again.code, again.out]).toEqual([
      0,
      expect.stringMatching(/\nDone: 2 steps in .*1 live, 0 waiting, 0 problems\.\n$/),
    ]);
  });
});

describe("a closing that cloudflared does not run", () => {
  it.each([
    { command: ["apply"], ends: /Done: .* steps? in / },
    { command: ["destroy", "--yes"], ends: /\nRemoved: no object of owner home is left / },
  ])(
    "a closing by $command that cloudflared does not run is reported as not in force, with exit code 1",
    async ({ command, ends }) => {
      await using at = await scene();
      at.add("wiki", { "cfauth.hostname": `wiki.${at.sandbox.zone}`, "cfauth.access": "public" });
      await at.type("apply");
      at.sandbox.cloudflare.propagation.lag({ configuration: Infinity });
      at.run("wiki");
      const { code, out } = await impatiently(() => at.type(...command));
      expect([code, out]).toEqual([1, expect.stringMatching(ends)]);
      expect(out).toMatch(
        /! a cloudflared of the tunnel cfauth still runs older rules than those that cfauth wrote.*\n {4}→ read in docker/,
      );
      at.sandbox.cloudflare.propagation.lag({ configuration: 0 });
      expect((await at.type(...command)).code).toBe(0);
    },
  );
});

/** Runs this while each reading of the monotonic clock is half a minute after the one before. */
async function impatiently<T>(deed: () => Promise<T>): Promise<T> {
  const { now } = performance;
  let ms = 0;
  performance.now = () => {
    ms += 30_000;
    return ms;
  };
  try {
    return await deed();
  } finally {
    performance.now = now;
  }
}

describe("many steps that fail for one reason", () => {
  it("apply prints the fix of many failed steps once and limits the list of what was not done", async () => {
    await using at = await scene();
    at.run(...Array.from({ length: 20 }, (_, n) => `app-${n}`));
    at.sandbox.controls.fault(
      records,
      { kind: "status", ...failure(403, 10000, "Authentication error") },
      99,
    );
    const { out } = await at.type("apply");
    expect(out.match(/✗ .* DNS record /g)).toHaveLength(20);
    expect(out.match(/^ {6}→ /gm)).toHaveLength(1);
    expect(out).toMatch(
      /\n {4}… and 28 more; cfauth plan lists them all\nThe current state is safe: /,
    );
  });
});

describe("labels of a hostile container", () => {
  it.each([["plan"], ["apply"], ["doctor"], ["plan", "--json"]])(
    "hostile labels neither control the terminal nor show an e-mail address in %j",
    async (...argv) => {
      await using at = await scene();
      at.run("wiki");
      at.add("evil", {
        "cfauth.hostname": `evil.${at.sandbox.zone}`,
        "cfauth.access.groups": "bob@example.com",
      });
      at.add("worse", {
        "cfauth.hostname": `worse.${at.sandbox.zone}`,
        "cfauth.\u001b[8m\u001b[2Jx": "1",
      });
      const { out } = await at.type(...argv);
      expect(out).toContain("CFA-LABEL-UNKNOWN");
      expect(out).toContain("(an e-mail address)");
      expect(out).not.toMatch(/\u001b|bob@/);
    },
  );
});

describe("Ctrl-C", () => {
  /** Interrupts at the nth matching call from now on. */
  const interrupted = (
    at: Scene,
    nth: number,
    match: (call: Call) => boolean = () => true,
  ): void => {
    at.sandbox.controls.heal();
    let seen = 0;
    at.sandbox.controls.hook((call, moment) => {
      if (moment === "after" && match(call) && ++seen === nth) at.interrupt();
    });
  };

  it("Ctrl-C during apply is not reported as a fault, and apply prints what was done and what was not", async () => {
    await using at = await scene();
    at.run("wiki", "blog", "notes");
    interrupted(at, 1, ({ method, path }) => method === "POST" && path.endsWith("/access/apps"));
    const { code, out } = await at.type("apply");
    expect(code).toBe(1);
    expect(out).not.toMatch(/✗|CFA-|waiting|known after/);
    expect(out).toMatch(
      /\nStopped: \d+ steps done, \d+ not:\n {4}\+ .*\n[\s\S]*\nThe current state is safe: [\s\S]*\nRun cfauth apply again/,
    );
    at.sandbox.controls.heal();
    expect((await at.type("apply")).code).toBe(0);
  });

  it("Ctrl-C during the observation ends plan without a plan", async () => {
    await using at = await scene();
    at.run("wiki");
    at.sandbox.controls.clear();
    await at.type("plan");
    const looks = at.sandbox.controls.calls.length;
    interrupted(at, 1);
    expect(await at.type("plan")).toEqual({ code: 1, out: "Stopped before anything was done.\n" });
    interrupted(at, looks);
    expect(await at.type("plan")).toMatchObject({
      code: 2,
      out: expect.stringContaining("Plan: "),
    });
  });

  it("Ctrl-C ends doctor without a result for what was not checked", async () => {
    await using at = await scene();
    interrupted(at, 1);
    const { code, out } = await at.type("doctor");
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/\nStopped: not everything was checked\.\n$/),
    ]);
    expect(out).not.toMatch(/did not call|was not called|problem/);
    interrupted(at, 1);
    expect(await at.type("doctor", "--json")).toEqual({ code: 1, out: "" });
  });
});

describe("an engine that does not answer", () => {
  it("plan reports an unreachable engine in the requested format and exits with 1", async () => {
    await using at = await scene();
    const { code, out } = await at.type("plan", "--json");
    expect([code, JSON.parse(out)]).toEqual([
      1,
      {
        formatVersion: "1.0",
        version: expect.any(String),
        error: {
          code: expect.stringMatching(/^CFA-DOCKER-/),
          severity: expect.any(String),
          message: expect.any(String),
          fix: expect.any(String),
          docs: expect.stringContaining("#cfa-docker-"),
        },
      },
    ]);
    expect(await at.type("plan")).toEqual({
      code: 1,
      out: expect.stringMatching(/^✗ .* {2}CFA-DOCKER-\w+\n {4}→ .*\n$/),
    });
  });
});
