/** Requests a hostname again and again without a login, to see what is there at every moment. */

import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "../../test/sandbox/edge/probe.ts";

const EVERY_MS = 40;

export interface PollCounts {
  /** How many requests found nothing (not yet, or no longer), the login, or anything else. */
  readonly nothing: number;
  readonly login: number;
  readonly other: number;
}

export interface Poll {
  found(): PollCounts;
  /** Resolves when the last request has been answered. */
  stop(): Promise<PollCounts>;
}

/** @param team - the host of the login page that a redirect must lead to */
export function pollHostname(port: number, host: string, team: string): Poll {
  let over = false;
  let found: PollCounts = { nothing: 0, login: 0, other: 0 };
  const round = async (): Promise<void> => {
    while (!over) {
      const { status, headers } = await probe(port, host).catch(() => ({
        status: 0,
        headers: {} as { location?: string },
      }));
      const kind =
        status === 530
          ? "nothing"
          : status === 302 && hostOf(headers.location) === team
            ? "login"
            : "other";
      found = { ...found, [kind]: found[kind] + 1 };
      await sleep(EVERY_MS);
    }
  };
  const rounds = round();
  return {
    found: () => found,
    stop: async () => {
      over = true;
      await rounds;
      return found;
    },
  };
}

const hostOf = (location: string | undefined): string | undefined =>
  location !== undefined && URL.canParse(location) ? new URL(location).hostname : undefined;
