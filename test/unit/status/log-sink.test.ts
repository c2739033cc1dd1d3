/** The fields of a change's log line. */
import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { EMPTY_MEMORY } from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { createLog } from "../../../src/log/log.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import { createStatusCollector } from "../../../src/status/collector.ts";
import { createLogSink } from "../../../src/status/log-sink.ts";
import { anybody, exposure } from "../../support/builders.ts";
import { OWNER } from "../core/plan/model.ts";
import { previewOf, settled } from "../preview/scene.ts";

/** The log lines of the first wave from one state to the other. */
async function logged(
  before: readonly Exposure[],
  after: readonly Exposure[],
): Promise<readonly Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    secrets: [],
    stream: { write: (text: string) => lines.push(JSON.parse(text)) },
  });
  const watch = createStatusCollector([createLogSink(log)]);
  const observed = await settled(...before);
  const { desired } = await previewOf(observed, after);
  const planned = planChanges(resourceModel(OWNER), desired, observed);
  watch.planned(planned, { desired, memory: EMPTY_MEMORY, wakeAt: undefined }, observed);
  for (const change of planned.changes) watch.changed(change, undefined);
  return lines.map(({ time: _, level: __, ...fields }) => fields);
}

const app = exposure("app.example.com");

describe("a log line of a change", () => {
  it("the log line of a change has both values", async () => {
    expect(
      await logged([app], [{ ...app, origin: { service: "http://app:81", options: {} } }]),
    ).toEqual([
      {
        msg: "applied",
        kind: "ingress",
        action: "update",
        hostname: "app.example.com",
        container: "app",
        what: "service http://app:80 → http://app:81",
      },
    ]);
  });

  it("the log line of a change says that a route becomes public", async () => {
    const [line] = await logged(
      [app, exposure("b.example.com", { protection: anybody })],
      [{ ...app, protection: anybody }],
    );
    expect(line).toMatchObject({
      kind: "access",
      exposure: "PUBLIC",
      what: "policies everyone who logs in with Authentik → public, no login",
    });
  });

  it("the log line of a new protected route says who may enter, and does not count as wider access", async () => {
    const [line, ...others] = await logged([app], [app, exposure("b.example.com")]);
    expect([line?.["hostname"], line?.["what"], others]).toEqual([
      "b.example.com",
      "everyone who logs in with Authentik · 24h",
      [],
    ]);
    expect(line).not.toHaveProperty("exposure");
  });

  it("a quiet day has no log line", async () => {
    expect(await logged([app], [app])).toEqual([]);
  });
});
