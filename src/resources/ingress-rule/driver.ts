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
  afterRead,
  afterWrite,
  EMPTY_JOURNAL,
  type Journal,
  journalFacts,
  type RuleDocument,
  shouldAskConnectors,
  type VersionJump,
} from "./journal.ts";
import { mergeRules } from "./merge-rules.ts";
import { loginCheckOf } from "./rules.ts";
import { afterReport } from "./running.ts";
import type { IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

export interface IngressRuleDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
  /** The tunnel's id; undefined while it does not exist. */
  readonly tunnel: () => string | undefined;
  /** Called when another writer changed the document. */
  readonly onJump?: ((jump: VersionJump) => void) | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

type Result = ApplyResult<ObservedIngressRules, IngressRuleChange>;

/**
 * How many times a write is attempted that Cloudflare's rate limit rejects. Each attempt starts
 * with a fresh read.
 */
const MAX_ATTEMPTS = 3;

/**
 * Observes and writes the tunnel's single document of rules. It has several writers, and no write
 * is conditional, so cfauth reads it just before each write. If it is no longer what the plan
 * assumed, cfauth writes nothing and the planner sees the new document.
 */
export function createIngressRuleDriver(
  options: IngressRuleDriverOptions,
): ResourceDriver<ObservedIngressRules, IngressRuleChange> {
  const document = new TunnelDocument(options);
  return {
    kind: "ingress",
    observe: (scope) => document.observe(scope),
    apply: async (changes, observed) => {
      const written = await document.write(changes, observed);
      const confirmed = await document.confirmRemoval(observed, written);
      return await document.confirmTakeover(changes, observed, confirmed);
    },
  };
}

/** The document, and what this process remembers of it between observations. */
class TunnelDocument {
  readonly #options: IngressRuleDriverOptions;
  readonly #mark: string;
  readonly #now: () => number;
  #journal: Journal = EMPTY_JOURNAL;
  /** Whether Cloudflare accepts our mark in a rule; false from its first refusal on. */
  #takesMark = true;

  constructor(options: IngressRuleDriverOptions) {
    this.#options = options;
    this.#mark = dnsComment(options.owner);
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Reads the document, and asks what version the connectors run: a restarted one may come back
   * with an old version. Soon after a write it asks only while the newest version is not confirmed.
   */
  async observe(scope: ObservationScope): Promise<ObservedIngressRules> {
    const document = await this.#read();
    const tunnel = this.#options.tunnel();
    if (
      tunnel !== undefined &&
      document.version > 0 &&
      (scope !== "rules" || shouldAskConnectors(this.#journal))
    ) {
      const running = await runningVersions({ ...this.#options, tunnel });
      // If a connector does not report its version, it is unknown and does not count as behind.
      const known = running.filter((version) => version !== undefined);
      this.#journal = afterReport(this.#journal, document, known, this.#mark, this.#now());
    }
    return this.#observed(document);
  }

  /**
   * Applies all changes in one write. Cloudflare refuses the whole document because of one bad
   * rule. Then each half of the changes is tried, so that the bad one does not block the others.
   */
  async write(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Result> {
    try {
      return await this.#replaceWithRetries(changes, observed);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code !== "CFA-CF-REFUSED" || error.outcomeUnknown)
        return failAll(changes, observed, error);
      const unmarked = await this.#writeWithoutMark(changes, observed);
      if (unmarked !== undefined) return unmarked;
      return changes.length < 2
        ? failAll(changes, observed, error)
        : await this.#writeInHalves(changes, observed);
    }
  }

  /**
   * If someone else changed the document in between, the second half is skipped, because the
   * planner has not seen that change.
   */
  async #writeInHalves(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Result> {
    const half = Math.ceil(changes.length / 2);
    const first = await this.write(changes.slice(0, half), observed);
    const wasSkipped = first.applied.length + first.failures.length === 0;
    if (wasSkipped || first.outcomeUnknown) return first;
    const second = await this.write(changes.slice(half), first.observed);
    return {
      ...second,
      applied: [...first.applied, ...second.applied],
      failures: [...first.failures, ...second.failures],
    };
  }

  /**
   * After a rule without a login check was removed, reads the document again at once. Another
   * writer that read before our write and wrote after it would restore the rule, and the route
   * would be open.
   */
  async confirmRemoval(before: ObservedIngressRules, result: Result): Promise<Result> {
    const remaining = new Set(result.observed.rules.map((rule) => JSON.stringify(rule)));
    const isHarmless = (rule: RawRule) =>
      loginCheckOf(rule)?.required === true || remaining.has(JSON.stringify(rule));
    if (before.rules.every(isHarmless)) return result;
    try {
      return { ...result, observed: this.#observed(await this.#read()) };
    } catch (error) {
      if (error instanceof ServiceError) return { ...result, outcomeUnknown: true };
      throw error;
    }
  }

  /**
   * In a takeover, cloudflared must run the placeholder rule before anything else happens. If an
   * earlier attempt wrote that rule already, this only waits, and nothing counts as applied.
   */
  async confirmTakeover(
    changes: readonly IngressRuleChange[],
    before: ObservedIngressRules,
    result: Result,
  ): Promise<Result> {
    const takeovers = changes.filter(
      (change) => "instead" in change && result.applied.includes(change),
    );
    if (takeovers.length === 0 || result.outcomeUnknown) return result;
    try {
      await awaitPropagation(
        { ...this.#options, tunnel: this.#options.tunnel() ?? "" },
        result.observed.version,
      );
      const written = result.observed.version !== before.version;
      return {
        ...result,
        applied: written ? result.applied : [],
        observed: { ...result.observed, propagated: true },
      };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const failures = takeovers.map((change) => ({ change, error }));
      return {
        ...result,
        applied: result.applied.filter((change) => !takeovers.includes(change)),
        failures: [...result.failures, ...failures],
      };
    }
  }

  /**
   * A write that the rate limit rejected is never repeated unchanged: the document may have changed
   * by then.
   */
  async #replaceWithRetries(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#replace(changes, observed);
      } catch (error) {
        const wasRateLimited =
          error instanceof ServiceError &&
          error.code === "CFA-CF-RATE-LIMIT" &&
          !error.outcomeUnknown;
        if (!wasRateLimited || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #replace(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Result> {
    const fresh = await this.#read();
    const untouched = { observed: this.#observed(fresh), failures: [], outcomeUnknown: false };
    if (!isSame(fresh, observed)) return { ...untouched, applied: [] };
    const desired = mergeRules(untouched.observed, changes);
    // Do not write an unchanged document: each write raises the version, which other writers
    // compare.
    if (isDeepStrictEqual(desired.rules, fresh.rules)) return { ...untouched, applied: changes };
    const after = await this.#put(desired);
    const { journal, jump } = afterWrite(
      this.#journal,
      { before: fresh, after, changes },
      this.#mark,
      this.#now(),
    );
    this.#journal = journal;
    if (jump !== undefined) this.#options.onJump?.(jump);
    return {
      observed: this.#observed(after),
      applied: changes,
      failures: [],
      outcomeUnknown: jump !== undefined,
    };
  }

  /**
   * Tries the write without our mark. Undefined if Cloudflare refuses that too, so that the mark is
   * not the reason.
   */
  async #writeWithoutMark(
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<Result | undefined> {
    const plain = changes.flatMap(withoutMark);
    if (plain.length === 0 || isDeepStrictEqual(plain, changes)) return undefined;
    try {
      const result = await this.#replaceWithRetries(plain, observed);
      if (result.applied.length === 0) return result;
      this.#takesMark = false;
      return { ...result, applied: changes, observed: { ...result.observed, takesMark: false } };
    } catch (error) {
      if (error instanceof ServiceError && error.code === "CFA-CF-REFUSED" && !error.outcomeUnknown)
        return undefined;
      throw error;
    }
  }

  async #read(): Promise<RuleDocument> {
    const { cloudflare, account: account_id, tunnel, onJump } = this.#options;
    const id = tunnel();
    if (id === undefined) return documentFrom({});
    const answer = await cloudflare.request("configuration.get", ConfigurationAnswer, (sdk) =>
      sdk.zeroTrust.tunnels.cloudflared.configurations.get(id, { account_id }),
    );
    const document = documentFrom(answer);
    const { journal, jump } = afterRead(this.#journal, document, this.#mark, this.#now());
    this.#journal = journal;
    if (jump !== undefined) onJump?.(jump);
    return document;
  }

  async #put(desired: RuleDocument): Promise<RuleDocument> {
    const { cloudflare, account: account_id, tunnel } = this.#options;
    const config = documentOf(desired) as unknown as ConfigurationUpdateParams["config"];
    try {
      const answer = await cloudflare.request("configuration.put", ConfigurationAnswer, (sdk) =>
        sdk.zeroTrust.tunnels.cloudflared.configurations.update(tunnel() ?? "", {
          account_id,
          ...(config !== undefined && { config }),
        }),
      );
      return documentFrom(answer);
    } catch (error) {
      // Our write may have succeeded, so the next new version may be our own.
      if (error instanceof ServiceError && error.outcomeUnknown)
        this.#journal = { ...this.#journal, version: undefined };
      throw error;
    }
  }

  #observed(document: RuleDocument): ObservedIngressRules {
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

function withoutMark(change: IngressRuleChange): readonly IngressRuleChange[] {
  if ("unmarked" in change) return [];
  if ("placeholder" in change) return [{ ...change, plain: true }];
  if ("desired" in change) return [{ ...change, desired: { ...change.desired, mark: undefined } }];
  return [change];
}
