/** Docker networks of a run. */

import { docker, RUN_LABELS, unique } from "./run.ts";

export interface Network extends AsyncDisposable {
  /** As Docker knows it, and as `CFAUTH_NETWORK` has to name it: the wanted name and the run's id. */
  readonly name: string;
  readonly id: string;
  remove(): Promise<void>;
}

/** Makes a bridge network. Two runs may ask for the same name; each gets its own. */
export async function network(name = "tunnel"): Promise<Network> {
  const engine = await docker();
  const created = await engine.createNetwork({ Name: unique(name), CheckDuplicate: true, Labels: { ...RUN_LABELS } });
  const remove = async (): Promise<void> => {
    await created.remove().catch((err: { statusCode?: number }) => {
      if (err.statusCode !== 404) throw err;
    });
  };
  return { name: unique(name), id: created.id, remove, [Symbol.asyncDispose]: remove };
}
