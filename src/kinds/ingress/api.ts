import { isDeepStrictEqual } from "node:util";
import type { ConfigurationUpdateParams } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import type { Cloudflare } from "../../clients/cloudflare.ts";
import { dnsComment, type Owner } from "../../domain/owner.ts";
import { WorldError } from "../../errors.ts";
import { allFailed, inTurn } from "../carried.ts";
import type { Applied, Kind } from "../kind.ts";
import { arrange } from "./arrange.ts";
import { ConfigurationAnswer, documentOf, ingressFrom } from "./document.ts";
import { awaitInForce } from "./in-force.ts";
import { checkOf } from "./rules.ts";
import type { IngressChange, IngressSeen } from "./seen.ts";

export interface IngressApiOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
  /** The tunnel's id; undefined while it is not there. */
  readonly tunnel: () => string | undefined;
}

type Done = Applied<IngressSeen, IngressChange>;

/**
 * The tunnel's one document of rules. Several write it and no write is conditional, so it is read again right before it is
 * written, and the version that comes back tells whether somebody came in between.
 */
export function ingressApi(options: IngressApiOptions): Kind<IngressSeen, IngressChange> {
  return {
    kind: "ingress",
    observe: () => look(options),
    apply: async (changes, seen) => {
      try {
        const fresh = await look(options);
        return isDeepStrictEqual(fresh, { ...seen, inForce: false })
          ? await confirmed(options, changes, fresh, await seenGone(options, fresh, await write(options, changes, fresh)))
          : { seen: fresh, done: [], failures: [], doubtful: false };
      } catch (error) {
        if (error instanceof WorldError) return allFailed(changes, seen, error);
        throw error;
      }
    },
  };
}

async function look({ cloudflare, account: account_id, owner, tunnel }: IngressApiOptions): Promise<IngressSeen> {
  const id = tunnel();
  const mark = dnsComment(owner);
  if (id === undefined) return ingressFrom({}, mark);
  const answer = await cloudflare.ask("configuration.get", ConfigurationAnswer, (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.configurations.get(id, { account_id }),
  );
  return ingressFrom(answer, mark);
}

/**
 * All changes in one write. Cloudflare refuses a document whole for one bad rule in it: then the halves are tried, so that
 * the one that is at fault keeps none of the others from being done.
 */
async function write(options: IngressApiOptions, changes: readonly IngressChange[], seen: IngressSeen): Promise<Done> {
  try {
    return await replace(options, changes, seen);
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    if (changes.length < 2 || error.code !== "CFA-CF-REFUSED" || error.doubtful) return allFailed(changes, seen, error);
    const half = Math.ceil(changes.length / 2);
    return inTurn([changes.slice(0, half), changes.slice(half)], seen, (group, sofar) => write(options, group, sofar));
  }
}

/**
 * Another writer, who read before us and writes after us, puts back what we have taken away. An open rule that is back once its
 * application is gone, the proof that it is ours, would stay open for ever: so it is looked for while there is proof.
 */
async function seenGone(options: IngressApiOptions, before: IngressSeen, done: Done): Promise<Done> {
  const left = new Set(done.seen.rules.map((rule) => JSON.stringify(rule)));
  if (before.rules.every((rule) => checkOf(rule)?.required === true || left.has(JSON.stringify(rule)))) return done;
  try {
    return { ...done, seen: await look(options) };
  } catch (error) {
    if (error instanceof WorldError) return { ...done, doubtful: true };
    throw error;
  }
}

/**
 * Where something is taken over, the rule that lets nobody in has to be in force before anything else is. A daemon that comes
 * back to it only makes sure of that: where nothing had to be written nothing was done.
 */
async function confirmed(
  { cloudflare, account, tunnel }: IngressApiOptions,
  changes: readonly IngressChange[],
  before: IngressSeen,
  done: Done,
): Promise<Done> {
  const takes = changes.filter((change) => "instead" in change && done.done.includes(change));
  if (takes.length === 0 || done.doubtful) return done;
  try {
    await awaitInForce({ cloudflare, account, tunnel: tunnel() ?? "" }, done.seen.version);
    const written = done.seen.version !== before.version;
    return { ...done, done: written ? done.done : [], seen: { ...done.seen, inForce: true } };
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    const failures = takes.map((change) => ({ change, error }));
    return { ...done, done: done.done.filter((change) => !takes.includes(change)), failures: [...done.failures, ...failures] };
  }
}

async function replace(
  { cloudflare, account: account_id, owner, tunnel }: IngressApiOptions,
  changes: readonly IngressChange[],
  seen: IngressSeen,
): Promise<Done> {
  const wanted = arrange(seen, changes);
  // A document that is not changed is not written: each write moves the version, and other writers look at it.
  if (isDeepStrictEqual(wanted, seen)) return { seen, done: changes, failures: [], doubtful: false };
  const config = documentOf(wanted) as unknown as ConfigurationUpdateParams["config"];
  const answer = await cloudflare.ask("configuration.put", ConfigurationAnswer, (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.configurations.update(tunnel() ?? "", { account_id, ...(config !== undefined && { config }) }),
  );
  const stands = ingressFrom(answer, dnsComment(owner));
  return { seen: stands, done: changes, failures: [], doubtful: interleaved(seen, stands) };
}

/** Every write of anybody counts the version up by one. What the first one is counted from is not documented. */
const interleaved = (before: IngressSeen, after: IngressSeen): boolean => before.version > 0 && after.version !== before.version + 1;
