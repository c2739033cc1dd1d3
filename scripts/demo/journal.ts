/** Follows the sandbox's journal: each write is told as it happens, and calls are counted from chapter to chapter. */

import type { Api, Call } from "../../test/sandbox/call.ts";
import type { Sandbox } from "../../test/sandbox/index.ts";
import { type Before, type Deed, deedsOf, rulesOf } from "./deeds.ts";

export interface Journal {
  /** Begins a new count. */
  clear(): void;
  /** Since the last `clear`, in order. */
  deeds(): readonly Deed[];
  calls(api?: Api): number;
  writes(): number;
}

export function followJournal(sandbox: Sandbox, told: (deed: Deed) => void): Journal {
  const { controls, cloudflare } = sandbox;
  const before = new Map<Call, Before>();
  let deeds: Deed[] = [];
  controls.hook((call, moment) => {
    if (!call.write) return;
    if (moment === "before") return void before.set(call, beforehand(cloudflare.state, call));
    const done = deedsOf(call, before.get(call) ?? { name: "", rules: new Map() });
    before.delete(call);
    for (const deed of done) told(deed);
    deeds.push(...done);
  });
  return {
    clear: () => {
      controls.clear();
      deeds = [];
    },
    deeds: () => deeds,
    calls: (api) => controls.calls.filter((call) => api === undefined || call.api === api).length,
    writes: () => controls.writes().length,
  };
}

function beforehand(state: Sandbox["cloudflare"]["state"], { path }: Call): Before {
  const ids = path.split("/");
  const named = [state.records, state.apps, state.policies, state.tunnels, state.identityProviders].flatMap((map) =>
    ids.flatMap((id) => map.get(id) ?? []),
  );
  const documents = ids.flatMap((id) => state.configurations.get(id) ?? []);
  return { name: named[0]?.name ?? "", rules: rulesOf(documents[0]?.config.ingress) };
}
