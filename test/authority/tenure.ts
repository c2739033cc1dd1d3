/** Who may answer at a hostname, by the promises alone: an oracle that knows nothing of the code. */
import { covers } from "../../src/domain/hostname.ts";
import type { Request } from "../plan/model.ts";
import type { Container } from "./engine.ts";
import { AUTHENTIK, HOSTS, type Intent, LOGIN_HOST, type Member } from "./parties.ts";

/** What one member is doing: its last labels, also while it is stopped. */
export interface Resident {
  readonly member: Member;
  readonly intent: Intent;
  readonly running: boolean;
}

export interface TenureOptions {
  readonly graceMs: number;
  readonly startupGraceMs: number;
}

interface Holding {
  readonly owner: string;
  /** When the grace of a holder that does not run ends; undefined while it runs. */
  readonly until: number | undefined;
  /** The containers that asked for the name last. */
  readonly asked: readonly string[];
}

const NAMES: readonly string[] = [...HOSTS, "*.example.com"];

/**
 * Holders of hostnames. A holder keeps its name while any of its containers asks for it, with good labels or faulty ones, and
 * for its grace period. A free name goes to one of those that ask for it: which one is observed, not predicted.
 */
export class Tenure {
  private readonly holdings = new Map<string, Holding>();
  /** Parties that no rival has met at a name since they asked for it, unless they held it already. */
  private readonly undisturbed = new Map<string, boolean>();
  private residents: readonly Resident[] = [];
  private readonly grace: TenureOptions;

  constructor(grace: TenureOptions) {
    this.grace = grace;
  }

  /** @param deployed - per hostname: whose container the rule of ours leads to */
  update(residents: readonly Resident[], deployed: ReadonlyMap<string, string>, now: number): void {
    this.residents = residents;
    for (const name of NAMES) {
      this.expire(name, now);
      const owner = deployed.get(name);
      if (!this.holdings.has(name) && owner !== undefined && this.asking(name).includes(owner))
        this.holdings.set(name, { owner, until: undefined, asked: this.askersOf(name, owner) });
    }
    for (const owner of new Set(residents.map(({ member }) => member.owner))) for (const name of NAMES) this.disturb(owner, name);
  }

  /** A daemon that starts does not know since when a holder is missing: it waits the longer period. */
  restarted(residents: readonly Resident[], now: number): void {
    this.residents = residents;
    for (const [name, held] of this.holdings)
      if (this.askersOf(name, held.owner).length === 0) this.holdings.set(name, { ...held, until: now + this.grace.startupGraceMs });
  }

  /** Another writer gave the name to a party that asks for it: from then on which of the two has it is open. */
  reopen(deployed: ReadonlyMap<string, string>): void {
    for (const [name, owner] of deployed) {
      const holder = this.holdings.get(name)?.owner;
      if (holder === undefined || holder === owner || !this.asking(name).includes(owner)) continue;
      this.holdings.delete(name);
      for (const party of this.asking(name)) this.undisturbed.set(`${party} ${name}`, false);
    }
  }

  private expire(name: string, now: number): void {
    const held = this.holdings.get(name);
    if (held === undefined) return;
    const asked = this.askersOf(name, held.owner);
    if (asked.length > 0) {
      this.holdings.set(name, { owner: held.owner, until: undefined, asked });
      return;
    }
    const until = held.until ?? now + this.grace.graceMs;
    if (now >= until || this.isGivenUp(held)) this.holdings.delete(name);
    else this.holdings.set(name, { ...held, until });
  }

  /** Whether the containers that asked for a name run and no longer ask for it: nothing is missing then. */
  private isGivenUp({ asked }: Holding): boolean {
    return asked.every((name) => this.residents.some(({ member, running }) => running && member.name === name));
  }

  /** The running containers of the party that ask for the name, soundly or not. */
  private askersOf(name: string, owner: string): readonly string[] {
    return this.residents
      .filter(({ member, running, intent }) => running && member.owner === owner && intent.routes.some(({ host }) => host === name))
      .map(({ member }) => member.name);
  }

  private disturb(owner: string, name: string): void {
    const key = `${owner} ${name}`;
    const asking = this.asking(name);
    const holds = this.holdings.get(name)?.owner === owner;
    if (!asking.includes(owner)) {
      if (!holds) this.undisturbed.delete(key);
      return;
    }
    const alone = holds || asking.every((it) => it === owner);
    const inherited = this.holdings.get(name) !== undefined && !holds;
    this.undisturbed.set(key, (this.undisturbed.get(key) ?? true) && alone && !inherited);
  }

  /** The parties of which a running container asks for the name, soundly or not. */
  asking(name: string): readonly string[] {
    const all = this.residents.filter(({ running, intent }) => running && intent.routes.some(({ host }) => host === name));
    return [...new Set(all.map(({ member }) => member.owner))];
  }

  /** Undefined where the name is free. */
  holderOf(name: string): string | undefined {
    return this.holdings.get(name)?.owner;
  }

  /** Why the container must not answer the request; undefined where it may. */
  objection({ owner, name }: Container, request: Request): string | undefined {
    if (request.host === LOGIN_HOST) return name === AUTHENTIK.name ? undefined : "the hostname is Authentik's own";
    const holder = this.holderOf(request.host);
    const asking = this.asking(request.host);
    if (holder === owner) return undefined;
    if (holder !== undefined)
      return asking.includes(owner) && this.consents(holder, owner, request) ? undefined : `${holder} holds the hostname`;
    if (asking.includes(owner)) return undefined;
    if (asking.length > 0) return `${asking.join(" and ")} asks for the hostname itself`;
    return undefined;
  }

  /** Whether the holder shares its hostname with the guest, and the guest asks for a path that the request is for. */
  private consents(holder: string, guest: string, { host, path }: Request): boolean {
    const of = (owner: string) =>
      this.residents.filter(({ member, intent }) => member.owner === owner && intent.routes.some((it) => it.host === host));
    const shares = of(holder).some(({ intent }) => intent.shareWith.includes("*") || intent.shareWith.includes(guest));
    const routed = of(guest).some(({ intent }) =>
      intent.routes.some((it) => it.host === host && it.path !== undefined && (path === it.path || path.startsWith(`${it.path}/`))),
    );
    return shares && routed;
  }

  /** Whether what answers for this party at the request must not depend on anyone else. */
  isOwn(owner: string, request: Request): boolean {
    const { host } = request;
    if (host === LOGIN_HOST) return true;
    if (this.residents.some(({ member, intent }) => member.owner === owner && intent.routes.some((it) => it.host === host)))
      return this.undisturbed.get(`${owner} ${host}`) === true && !this.isShared(owner, request);
    const others = this.residents.filter(({ member }) => member.owner !== owner);
    const named = others.some(({ intent }) => intent.routes.some((it) => it.host === host));
    return (
      !named && NAMES.filter((it) => it.startsWith("*") && covers(it, host)).every((it) => this.undisturbed.get(`${owner} ${it}`) === true)
    );
  }

  private isShared(owner: string, request: Request): boolean {
    const guests = new Set(this.residents.map(({ member }) => member.owner).filter((it) => it !== owner));
    return [...guests].some((guest) => this.consents(owner, guest, request));
  }
}
