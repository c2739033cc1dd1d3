import { isDeepStrictEqual } from "node:util";
import type { ConfigurationUpdateParams } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { dnsComment, type Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { failAll } from "../contract/apply.ts";
import type { ApplyResult, ObservationScope, ResourceDriver } from "../contract/driver.ts";
import { awaitPropagation } from "./await-propagation.ts";
import { runningVersions } from "./connectors.ts";
import { ConfigurationAnswer, documentFrom, documentOf } from "./document.ts";
import {
  afterLook,
  afterWrite,
  EMPTY_JOURNAL,
  isUnsure,
  type Journal,
  journalFacts,
  type RuleDocument,
  type VersionJump,
} from "./journal.ts";
import { mergeRules } from "./merge-rules.ts";
import { loginCheckOf } from "./rules.ts";
import { afterAsking } from "./running.ts";
import type { IngressRuleChange, ObservedIngressRules } from "./types.ts";

export interface IngressRuleDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
  /** The tunnel's id; undefined while it is not there. */
  readonly tunnel: () => string | undefined;
  /** Called when another writer changed the document. */
  readonly onJump?: ((jump: VersionJump) => void) | undefined;
  /** Milliseconds of a clock that only grows. */
  readonly now?: () => number;
}

type Done = ApplyResult<ObservedIngressRules, IngressRuleChange>;

/** How often a write is tried that Cloudflare's limit of requests keeps out, each time from a fresh read. */
const MOST_TRIES = 3;

/**
 * The tunnel's one document of rules. Several write it and no write is conditional, so each write has a read just before it: what
 * is not as it was planned for is shown to the planner instead of being written over.
 */
export function createIngressRuleDriver(
  options: IngressRuleDriverOptions,
): ResourceDriver<ObservedIngressRules, IngressRuleChange> {
  const document = new TunnelDocument(options);
  return {
    kind: "ingress",
    observe: (depth) => document.observe(depth),
    apply: async (changes, observed) => {
      const done = await document.write(changes, observed);
      return await document.confirmed(changes, observed, await document.seenGone(observed, done));
    },
  };
}

/** The document, and what this process remembers of it from look to look. */
class TunnelDocument {
  readonly #options: IngressRuleDriverOptions;
  readonly #mark: string;
  readonly #now: () => number;
  #journal: Journal = EMPTY_JOURNAL;
  /** Whether Cloudflare takes our mark in a rule; false from its first refusal on. */
  #takesMark = true;

  constructor(options: IngressRuleDriverOptions) {
    this.#options = options;
    this.#mark = dnsComment(options.owner);
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * What the connectors run is asked at each look but those soon after a write, which ask only while it is not known to be the newest
   * document: one that is started again may come back with an old one.
   */
  async observe(depth: ObservationScope): Promise<ObservedIngressRules> {
    const document = await this.#look();
    const tunnel = this.#options.tunnel();
    if (
      tunnel !== undefined &&
      document.version > 0 &&
      (depth !== "rules" || isUnsure(this.#journal))
    ) {
      const running = await runningVersions({ ...this.#options, tunnel });
      // What a connector does not report is unknown: no reason to call it behind.
      const known = running.filter((version) => version !== undefined);
      this.#journal = afterAsking(this.#journal, document, known, this.#mark, this.#now());
    }
    return this.#seen(document);
  }

  /**
   * All changes in one write. Cloudflare refuses a document whole for one bad rule in it: then the halves are tried, so that
   * the one that is at fault keeps none of the others from being done.
   */
  async write(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Done> {
    try {
      return await this.#unlessKeptOut(changes, observed);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code !== "CFA-CF-REFUSED" || error.outcomeUnknown)
        return failAll(changes, observed, error);
      const unmarked = await this.#withoutMark(changes, observed);
      if (unmarked !== undefined) return unmarked;
      return changes.length < 2
        ? failAll(changes, observed, error)
        : await this.#inHalves(changes, observed);
    }
  }

  /** The second half is left where the document was another one meanwhile: the planner has not seen that. */
  async #inHalves(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Done> {
    const half = Math.ceil(changes.length / 2);
    const first = await this.write(changes.slice(0, half), observed);
    const moved = first.applied.length + first.failures.length === 0;
    if (moved || first.outcomeUnknown) return first;
    const second = await this.write(changes.slice(half), first.observed);
    return {
      ...second,
      applied: [...first.applied, ...second.applied],
      failures: [...first.failures, ...second.failures],
    };
  }

  /**
   * Another writer, who read before us and writes after us, puts back what was removed. A rule that asks for no login is open
   * then, so it is looked for at once.
   */
  async seenGone(before: ObservedIngressRules, done: Done): Promise<Done> {
    const left = new Set(done.observed.rules.map((rule) => JSON.stringify(rule)));
    if (
      before.rules.every(
        (rule) => loginCheckOf(rule)?.required === true || left.has(JSON.stringify(rule)),
      )
    )
      return done;
    try {
      return { ...done, observed: this.#seen(await this.#look()) };
    } catch (error) {
      if (error instanceof ServiceError) return { ...done, outcomeUnknown: true };
      throw error;
    }
  }

  /**
   * Where something is taken over, the rule that admits no one has to be in force before anything else happens. A daemon that comes
   * back to it only makes sure of that: where nothing had to be written nothing was done.
   */
  async confirmed(
    changes: readonly IngressRuleChange[],
    before: ObservedIngressRules,
    done: Done,
  ): Promise<Done> {
    const takes = changes.filter((change) => "instead" in change && done.applied.includes(change));
    if (takes.length === 0 || done.outcomeUnknown) return done;
    try {
      await awaitPropagation(
        { ...this.#options, tunnel: this.#options.tunnel() ?? "" },
        done.observed.version,
      );
      const written = done.observed.version !== before.version;
      return {
        ...done,
        applied: written ? done.applied : [],
        observed: { ...done.observed, propagated: true },
      };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const failures = takes.map((change) => ({ change, error }));
      return {
        ...done,
        applied: done.applied.filter((change) => !takes.includes(change)),
        failures: [...done.failures, ...failures],
      };
    }
  }

  /** A write that the limit keeps out is never sent again as it was: the document may be another one by then. */
  async #unlessKeptOut(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Done> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#replace(changes, observed);
      } catch (error) {
        const keptOut =
          error instanceof ServiceError &&
          error.code === "CFA-CF-RATE-LIMIT" &&
          !error.outcomeUnknown;
        if (!keptOut || tries === MOST_TRIES) throw error;
      }
    }
  }

  async #replace(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Done> {
    const fresh = await this.#look();
    if (!isSame(fresh, observed))
      return { observed: this.#seen(fresh), applied: [], failures: [], outcomeUnknown: false };
    const wanted = mergeRules(this.#seen(fresh), changes);
    // A document that is not changed is not written: each write moves the version, and other writers look at it.
    if (isDeepStrictEqual(wanted.rules, fresh.rules))
      return { observed: this.#seen(fresh), applied: changes, failures: [], outcomeUnknown: false };
    const after = await this.#put(wanted);
    const { journal, jump } = afterWrite(
      this.#journal,
      { before: fresh, after, changes },
      this.#mark,
      this.#now(),
    );
    this.#journal = journal;
    if (jump !== undefined) this.#options.onJump?.(jump);
    return {
      observed: this.#seen(after),
      applied: changes,
      failures: [],
      outcomeUnknown: jump !== undefined,
    };
  }

  /** The same without our mark, where that is what Cloudflare refuses; undefined where it is something else. */
  async #withoutMark(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Done | undefined> {
    const plain = changes.flatMap(unmarked);
    if (plain.length === 0 || isDeepStrictEqual(plain, changes)) return undefined;
    try {
      const done = await this.#unlessKeptOut(plain, observed);
      if (done.applied.length === 0) return done;
      this.#takesMark = false;
      return { ...done, applied: changes, observed: { ...done.observed, takesMark: false } };
    } catch (error) {
      if (error instanceof ServiceError && error.code === "CFA-CF-REFUSED" && !error.outcomeUnknown)
        return undefined;
      throw error;
    }
  }

  async #look(): Promise<RuleDocument> {
    const { cloudflare, account: account_id, tunnel, onJump } = this.#options;
    const id = tunnel();
    if (id === undefined) return documentFrom({});
    const answer = await cloudflare.request("configuration.get", ConfigurationAnswer, (sdk) =>
      sdk.zeroTrust.tunnels.cloudflared.configurations.get(id, { account_id }),
    );
    const document = documentFrom(answer);
    const { journal, jump } = afterLook(this.#journal, document, this.#mark, this.#now());
    this.#journal = journal;
    if (jump !== undefined) onJump?.(jump);
    return document;
  }

  async #put(wanted: RuleDocument): Promise<RuleDocument> {
    const { cloudflare, account: account_id, tunnel } = this.#options;
    const config = documentOf(wanted) as unknown as ConfigurationUpdateParams["config"];
    try {
      const answer = await cloudflare.request("configuration.put", ConfigurationAnswer, (sdk) =>
        sdk.zeroTrust.tunnels.cloudflared.configurations.update(tunnel() ?? "", {
          account_id,
          ...(config !== undefined && { config }),
        }),
      );
      return documentFrom(answer);
    } catch (error) {
      // It may have been written: then the version moves by our own hand.
      if (error instanceof ServiceError && error.outcomeUnknown)
        this.#journal = { ...this.#journal, version: undefined };
      throw error;
    }
  }

  #seen(document: RuleDocument): ObservedIngressRules {
    return {
      ...document,
      ...journalFacts(this.#journal, this.#now()),
      mark: this.#mark,
      takesMark: this.#takesMark,
      propagated: false,
    };
  }
}

const isSame = (one: RuleDocument, other: RuleDocument): boolean =>
  one.version === other.version &&
  isDeepStrictEqual([one.rules, one.catchAll, one.rest], [other.rules, other.catchAll, other.rest]);

function unmarked(change: IngressRuleChange): readonly IngressRuleChange[] {
  if ("unmarked" in change) return [];
  if ("placeholder" in change) return [{ ...change, plain: true }];
  return [
    "desired" in change ? { ...change, desired: { ...change.desired, mark: undefined } } : change,
  ];
}
