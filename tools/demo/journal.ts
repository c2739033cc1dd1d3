/** Follows the sandbox's journal: reports each write as it happens and counts the calls of each chapter. */

import type { Api, Call } from "../../test/sandbox/call.ts";
import type { Sandbox } from "../../test/sandbox/index.ts";
import { type Before, entriesOf, type JournalEntry, rulesOf } from "./journal-entry.ts";

export interface Journal {
  /** Starts a new count. */
  clear(): void;
  /** Since the last `clear`, in order. */
  entries(): readonly JournalEntry[];
  calls(api?: Api): number;
  writes(): number;
}

export function followJournal(sandbox: Sandbox, told: (entry: JournalEntry) => void): Journal {
  const { controls } = sandbox;
  const before = new Map<Call, Before>();
  let entries: JournalEntry[] = [];
  controls.hook((call, moment) => {
    if (!call.write) return;
    if (moment === "before") return void before.set(call, stateBefore(sandbox, call));
    const done = entriesOf(call, before.get(call) ?? { name: "", rules: new Map() });
    before.delete(call);
    for (const entry of done) told(entry);
    entries.push(...done);
  });
  return {
    clear: () => {
      controls.clear();
      entries = [];
    },
    entries: () => entries,
    calls: (api) => controls.calls.filter((call) => api === undefined || call.api === api).length,
    writes: () => controls.writes().length,
  };
}

interface MentionedIds {
  readonly target?: string;
  readonly group?: string;
  readonly policies?: readonly { readonly id: string }[];
}

function stateBefore({ cloudflare: { state }, authentik }: Sandbox, { path, body }: Call): Before {
  const ids = path.split("/");
  const { providers, applications, groups } = authentik.state;
  const { target, group, policies = [] } = (body ?? {}) as MentionedIds;
  const known = [
    ...providers.filter(({ pk }) => path.includes("/providers/") && ids.includes(String(pk))),
    ...applications.filter(({ pk, slug }) => ids.includes(slug) || pk === target),
  ];
  const bound = groups.find(({ pk }) => pk === group)?.name;
  const named = [
    state.records,
    state.apps,
    state.policies,
    state.tunnels,
    state.identityProviders,
  ].flatMap((map) => ids.flatMap((id) => map.get(id) ?? []));
  const documents = ids.flatMap((id) => state.configurations.get(id) ?? []);
  return {
    name: named[0]?.name ?? known[0]?.name ?? "",
    rules: rulesOf(documents[0]?.config.ingress),
    records: new Map([...state.records.values()].map(({ id, name: record }) => [id, record])),
    open:
      policies.length > 0 &&
      policies.every(({ id }) => state.policies.get(id)?.decision === "bypass"),
    ...(bound !== undefined && { group: bound }),
  };
}
