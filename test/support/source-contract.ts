import { describe, expect, it } from "vitest";
import type { ServiceError } from "../../src/core/errors.ts";
import type { Source, Watch } from "../../src/sources/source.ts";
import { until } from "./until.ts";

/** An environment in which a source finds workloads and a test can change them. */
export interface Ground extends AsyncDisposable {
  readonly source: Source;
  /**
   * Starts a workload with this name and these labels. Returns the name that the source must
   * report.
   */
  run(name: string, labels: Readonly<Record<string, string>>): Promise<string>;
  /** Stops the workload of this name. */
  stop(name: string): Promise<void>;
}

/** The contract of every source. */
export function sourceContract(what: string, lay: () => Promise<Ground>): void {
  describe(`${what} keeps the contract of sources`, () => {
    it("running workloads are listed with their labels, and stopped ones are not", async () => {
      await using ground = await lay();
      const name = await ground.run("app", { "cfauth.hostname": "app.example.com" });
      expect(await found(ground, name)).toMatchObject({
        name,
        labels: { "cfauth.hostname": "app.example.com" },
      });
      await ground.stop(name);
      expect(await found(ground, name)).toBeUndefined();
    });

    it("two lists of the same workloads are equal, in the same order", async () => {
      await using ground = await lay();
      const names = [await ground.run("one", {}), await ground.run("two", {})];
      const ours = async () =>
        (await ground.source.list()).filter(({ name }) => names.includes(name));
      expect(await ours()).toHaveLength(2);
      expect(await ours()).toEqual(await ours());
    });

    it("a workload that starts after the watch is ready is reported as a change", async () => {
      await using ground = await lay();
      await using recorded = recordWatch(ground.source);
      await recorded.watch.ready;
      expect(recorded.states).toEqual([true]);
      const before = recorded.changes();
      await ground.run("late", {});
      await until(() => recorded.changes() > before, "a change was told of");
    });

    it("a workload that stops is reported as a change", async () => {
      await using ground = await lay();
      const name = await ground.run("short", {});
      await using recorded = recordWatch(ground.source);
      await recorded.watch.ready;
      const before = recorded.changes();
      await ground.stop(name);
      await until(() => recorded.changes() > before, "a change was told of");
    });

    it("nothing is reported after the watch is closed", async () => {
      await using ground = await lay();
      await using recorded = recordWatch(ground.source);
      await recorded.watch.ready;
      await recorded.watch.close();
      const before = recorded.changes();
      await ground.run("unheard", {});
      expect(recorded.changes()).toBe(before);
    });

    it("a watch that is closed at once does not block its caller", async () => {
      await using ground = await lay();
      await using recorded = recordWatch(ground.source);
      await recorded.watch.close();
      await recorded.watch.ready;
      expect(recorded.changes()).toBe(0);
    });

    it("the identity of the engine is the same each time", async () => {
      await using ground = await lay();
      const identity = await ground.source.identity();
      expect(identity).toEqual({
        id: expect.stringMatching(/./),
        version: expect.stringMatching(/\d/),
      });
      expect(await ground.source.identity()).toEqual(identity);
    });
  });
}

const found = async ({ source }: Ground, wanted: string) =>
  (await source.list()).find(({ name }) => name === wanted);

export interface RecordedWatch extends AsyncDisposable {
  readonly watch: Watch;
  changes(): number;
  readonly states: readonly boolean[];
  readonly faults: readonly ServiceError[];
}

/** Watches a source and records its reports. */
export function recordWatch(source: Source): RecordedWatch {
  const states: boolean[] = [];
  const faults: ServiceError[] = [];
  let changes = 0;
  const watch = source.watch(
    () => {
      changes += 1;
    },
    (up, fault) => {
      states.push(up);
      if (fault !== undefined) faults.push(fault);
    },
  );
  return {
    watch,
    changes: () => changes,
    states,
    faults,
    [Symbol.asyncDispose]: () => watch.close(),
  };
}
