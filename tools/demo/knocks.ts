/** A stranger who knocks at a hostname again and again, to see what is there at every moment. */

import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "../../test/sandbox/edge/probe.ts";

const EVERY_MS = 40;

export interface Knocks {
  /** By what was found: nothing there yet or any more, the login, anything else. */
  readonly nothing: number;
  readonly login: number;
  readonly other: number;
}

export interface Knocking {
  found(): Knocks;
  /** Resolves when the last knock has been answered. */
  stop(): Promise<Knocks>;
}

/** @param team - the host of the login page that a redirect has to lead to */
export function knock(port: number, host: string, team: string): Knocking {
  let over = false;
  let found: Knocks = { nothing: 0, login: 0, other: 0 };
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
