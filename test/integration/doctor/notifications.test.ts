import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { parseTargets } from "../../../src/config/notify-target.ts";
import type { Owner } from "../../../src/core/domain/owner.ts";
import type { DoctorContext } from "../../../src/doctor/context.ts";
import { checkNotifications } from "../../../src/doctor/notifications.ts";

/** Two notification targets: one that accepts messages, and one that does not know the address. */
async function services() {
  const taken: unknown[] = [];
  const server = createServer(async (request, response) => {
    const known = request.url === "/hooks/4f1c9a7d";
    if (known) taken.push(await json(request));
    response.writeHead(known ? 200 : 404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const at = `json+http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  return {
    taken,
    good: `${at}/4f1c9a7d`,
    bad: `${at}/gone-8b2e`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function told(text: string, notify: AbortSignal | undefined) {
  const targets = parseTargets(text);
  if (!targets.ok) throw new Error(targets.why);
  const scene = {
    config: { notify: targets.value },
    notify,
    owner: async () => "home" as Owner,
    now: Date.now(),
  };
  return checkNotifications(scene as unknown as DoctorContext);
}

describe("the notification targets in doctor", () => {
  it("doctor shows the notification targets without sending a message", async () => {
    await using all = await services();
    const { headline, checks } = await told(all.good, undefined);
    expect([
      headline.endsWith("not tested: cfauth doctor --notify sends a test"),
      checks[0]?.result,
      all.taken,
    ]).toEqual([true, "pass", []]);
  });

  it("doctor --notify sends one test message", async () => {
    await using all = await services();
    const { headline, checks } = await told(all.good, new AbortController().signal);
    expect([headline.endsWith("accepted the test"), checks[0]?.result]).toEqual([true, "pass"]);
    expect(all.taken).toMatchObject([{ type: "test", owner: "home" }]);
  });

  it("doctor warns about a target that refuses the test, with a fix and without the address", async () => {
    await using all = await services();
    const { headline, checks } = await told(`${all.good} ${all.bad}`, new AbortController().signal);
    expect([headline, checks.map(({ result }) => result)]).toEqual([
      "1 of 2 accepted the test",
      ["pass", "warn"],
    ]);
    expect(checks[1]?.fixes?.[0]).toContain("CFAUTH_NOTIFY_URL");
    expect(JSON.stringify([headline, checks])).not.toMatch(/4f1c9a7d|gone-8b2e/);
  });
});
