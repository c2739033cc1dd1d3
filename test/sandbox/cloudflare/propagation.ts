import type { CloudflareState, EdgeView, Lag, TunnelConfiguration } from "./state.ts";

export interface Propagation {
  /** The edge's current state. With a lag of 0 it is the API's own state. */
  view(): EdgeView;
  /** Sets the delay of later writes, and of writes that are still on their way. */
  lag(lag: Partial<Lag>): void;
  /** All writes so far arrive now; later writes are delayed again. */
  release(): void;
  /** The API calls this after each write. */
  note(): void;
}

/** @param now - milliseconds */
export function createPropagation(
  state: CloudflareState,
  lag: Partial<Lag> = {},
  now: () => number = Date.now,
): Propagation {
  const values = <T>(map: ReadonlyMap<string, T>): T[] => [...map.values()];
  const dns = follow(() => ({ records: values(state.records) }), now);
  const access = follow(
    () => ({
      apps: values(state.apps),
      policies: values(state.policies),
      identityProviders: values(state.identityProviders),
      serviceTokens: values(state.serviceTokens),
    }),
    now,
  );
  const configuration = follow(() => ({ configurations: new Map(state.configurations) }), now);
  const all = [dns, access, configuration];
  const running = connectors(state);
  const setLag = (wanted: Partial<Lag>): void => {
    if (wanted.dns !== undefined) dns.lag(wanted.dns);
    if (wanted.access !== undefined) access.lag(wanted.access);
    if (wanted.configuration !== undefined) configuration.lag(wanted.configuration);
  };
  setLag(lag);
  return {
    view: () => ({
      ...dns.seen(),
      ...access.seen(),
      configurations: running(configuration.seen().configurations),
    }),
    lag: setLag,
    release: () => all.forEach((part) => void part.release()),
    note: () => {
      for (const part of all) part.note();
      running(configuration.seen().configurations);
    },
  };
}

/** The documents that cloudflared runs. It refuses a whole document because of a missing CA file. */
function connectors(
  state: CloudflareState,
): (arrived: EdgeView["configurations"]) => EdgeView["configurations"] {
  const running = new Map<string, TunnelConfiguration>();
  return (arrived) => {
    for (const [tunnel, configuration] of arrived) {
      const files = [...JSON.stringify(configuration.config).matchAll(/"caPool":"([^"]*)"/g)].map(
        ([, file]) => file ?? "",
      );
      if (files.every((file) => state.caFiles?.has(file) ?? true))
        running.set(tunnel, configuration);
    }
    return new Map([...running].filter(([tunnel]) => arrived.has(tunnel)));
  };
}

interface Part<T> {
  seen(): T;
  lag(lagMs: number): void;
  release(): void;
  note(): void;
}

/** A part of the state as it was `lagMs` ago, from snapshots at each write. */
function follow<T>(read: () => T, now: () => number): Part<T> {
  let lagMs = 0;
  /** Oldest first and never empty while `lagMs` > 0: the first is visible, the others are on their way. */
  let history: { readonly at: number; readonly snapshot: T }[] = [];
  const take = () => ({ at: now(), snapshot: structuredClone(read()) });
  const forget = (): void => {
    const arrived = history.findLastIndex(({ at }) => at <= now() - lagMs);
    if (arrived > 0) history = history.slice(arrived);
  };
  return {
    seen: () => {
      if (lagMs === 0) return read();
      forget();
      return history[0]?.snapshot ?? read();
    },
    lag: (wanted) => {
      if (wanted === 0) history = [];
      else if (lagMs === 0) history = [take()];
      lagMs = wanted;
    },
    release: () => {
      if (lagMs > 0) history = [take()];
    },
    note: () => {
      if (lagMs > 0) history.push(take());
      forget();
    },
  };
}
