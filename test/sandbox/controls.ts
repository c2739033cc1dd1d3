import type { Call, Controls, Fault, Moment } from "./call.ts";

/** A request before it is in the journal. */
export type Arrival = Pick<Call, "api" | "method" | "path" | "query" | "body">;

/** The APIs' side of the controls; tests see only `Controls`. */
export interface LiveControls extends Controls {
  /** Adds the request to the journal. */
  begin(arrival: Arrival): Call;
  /** Calls the hooks one after the other, in the order of their registration. */
  reach(call: Call, moment: Moment): Promise<void>;
  /** The oldest waiting fault that matches this call. Uses it up once. */
  faultFor(call: Call): Fault | undefined;
  violate(violations: readonly string[]): void;
}

interface WaitingFault {
  readonly match: (call: Call) => boolean;
  readonly fault: Fault;
  timesLeft: number;
}

type Hook = (call: Call, moment: Moment) => void | Promise<void>;

export function createControls(): LiveControls {
  const calls: Call[] = [];
  const violations: string[] = [];
  const hooks = new Set<Hook>();
  /** Only faults with `timesLeft` above 0. */
  let waiting: WaitingFault[] = [];

  return {
    calls,
    violations,
    writes: (api) => calls.filter((call) => call.write && (api === undefined || call.api === api)),
    clear: () => void calls.splice(0),
    fault: (match, fault, times = 1) => void waiting.push({ match, fault, timesLeft: times }),
    heal: () => {
      waiting = [];
      hooks.clear();
    },
    hook: (hook) => {
      hooks.add(hook);
      return () => void hooks.delete(hook);
    },

    begin: (arrival) => {
      const write = arrival.method !== "GET" && arrival.method !== "HEAD";
      const call: Call = { ...arrival, n: calls.length + 1, write };
      calls.push(call);
      return call;
    },
    reach: async (call, moment) => {
      for (const hook of [...hooks]) await hook(call, moment);
    },
    faultFor: (call) => {
      const met = waiting.find(({ match }) => match(call));
      if (met === undefined) return undefined;
      met.timesLeft -= 1;
      if (met.timesLeft <= 0) waiting = waiting.filter((other) => other !== met);
      return met.fault;
    },
    violate: (found) => void violations.push(...found),
  };
}
