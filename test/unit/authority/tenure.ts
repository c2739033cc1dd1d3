/**
 * Which party may answer at a hostname, derived from the promises alone: an oracle that knows
 * nothing of the code.
 */
import type { Request } from "../core/plan/model.ts";
import type { Container } from "./engine.ts";
import {
  AUTHENTIK,
  asksForLogin,
  HOSTS,
  type Intent,
  LOGIN_HOST,
  type Member,
  pathsIn,
} from "./parties.ts";

/** The state of one member. A stopped member keeps its last labels. */
export interface Resident {
  readonly member: Member;
  readonly intent: Intent;
  readonly running: boolean;
  /** Its short id. */
  readonly id: string;
}

export interface TenureOptions {
  readonly graceMs: number;
  readonly startupGraceMs: number;
}

/** A rule of ours that leads to some container, running or not. */
export interface DeployedRule {
  readonly hostname: string;
  readonly host: string;
  /** The parties whose containers have, or had, the host of the rule as their name or short id. */
  readonly owners: readonly string[];
  /** Whether it answers at the root of the hostname. */
  readonly isWhole: boolean;
  /** Whether a running container answers there. */
  readonly answers: boolean;
  /** Whether the host is a short id. */
  readonly byId: boolean;
}

interface Holding {
  readonly owner: string;
  /** When the grace period of a holder that does not run ends. Undefined while it runs. */
  readonly until: number | undefined;
  /** The containers that asked for the hostname last. */
  readonly asked: readonly string[];
  /**
   * Set if a daemon that started knows only the holder's short id from its rule. A container with
   * another id is then not the holder.
   */
  readonly known?: string | undefined;
  /**
   * With `known`: the parties whose paths were in place then. The daemon cannot see that the
   * holder's party withdraws its consent.
   */
  readonly guests?: readonly string[];
}

const WILDCARD = "*.example.com";
const NAMES: readonly string[] = [...HOSTS, WILDCARD];

const asksForPath = (intent: Intent, name: string, path: string): boolean =>
  pathsIn(intent, name).some((prefix) => path === prefix || path.startsWith(`${prefix}/`));

const asksFor = ({ routes }: Intent, name: string): boolean =>
  routes.some(({ host }) => host === name);

/**
 * The holders of hostnames. A holder keeps its hostname while any of its containers asks for it,
 * with valid or faulty labels, and for its grace period. A free hostname goes to one of those that
 * ask for it; the oracle observes which one and does not predict it.
 */
export class Tenure {
  private readonly holdings = new Map<string, Holding>();
  /**
   * Parties that have met no rival for a hostname since they asked for it, unless they already held
   * it.
   */
  private readonly undisturbed = new Map<string, boolean>();
  /**
   * Per hostname and party: until when a party that asked for the hostname may still keep it from
   * others.
   */
  private readonly asked = new Map<string, Map<string, number>>();
  /** What guests asked for, and until when that may still be in place. */
  private guests: readonly {
    readonly owner: string;
    readonly intent: Intent;
    readonly until: number;
  }[] = [];
  /**
   * Hostnames whose holder is unknown to a daemon that starts, and until when that matters. Either
   * a rule leads to the short id of a container that does not run, and a container with another id
   * may be the holder. Or several parties have paths, and the first one to run is not the holder
   * for that reason.
   */
  private readonly unknownUntil = new Map<string, number>();
  private residents: readonly Resident[] = [];
  private now = 0;
  private readonly grace: TenureOptions;

  constructor(grace: TenureOptions) {
    this.grace = grace;
  }

  /** @param deployed - per hostname: the party whose container our rule leads to */
  update(residents: readonly Resident[], deployed: ReadonlyMap<string, string>, now: number): void {
    const until = now + this.grace.graceMs + this.grace.startupGraceMs;
    this.residents = residents;
    this.prolong(until);
    this.now = now;
    const asking = residents
      .filter(({ running }) => running)
      .map(({ member, intent }) => ({ owner: member.owner, intent, until }));
    this.guests = [...this.guests.filter((it) => it.until > now), ...asking];
    for (const name of NAMES) {
      for (const owner of this.asking(name)) this.remember(name, owner, until);
      this.expire(name, now);
      const owner = deployed.get(name);
      if (
        !this.holdings.has(name) &&
        !this.isUnknown(name) &&
        owner !== undefined &&
        this.asking(name).includes(owner)
      )
        this.holdings.set(name, { owner, until: undefined, asked: this.askersOf(name, owner) });
    }
    for (const owner of new Set(residents.map(({ member }) => member.owner)))
      for (const name of NAMES) this.disturb(owner, name);
  }

  /**
   * A daemon that starts does not know how long a holder has been missing, so it waits the longer
   * period. It knows nothing about a hostname without a rule, or with rules of guests only, because
   * it remembers only what is deployed.
   */
  restarted(residents: readonly Resident[], rules: readonly DeployedRule[], now: number): void {
    this.residents = residents;
    this.now = now;
    for (const name of new Set(rules.flatMap((it) => (it.byId && !it.answers ? it.hostname : []))))
      this.unknownUntil.set(name, now + this.grace.startupGraceMs);
    for (const [name, held] of this.holdings) {
      const leading = rules.filter(({ hostname }) => hostname === name);
      const theirs = leading.filter(
        ({ owners }) => owners.length === 0 || owners.includes(held.owner),
      );
      // Of several parties that have paths the daemon takes the one that consents to all others,
      // else the oldest.
      const isShared = theirs.length < leading.length && !theirs.some(({ isWhole }) => isWhole);
      if (isShared) this.unknownUntil.set(name, now + this.grace.startupGraceMs);
      if (theirs.length === 0 || isShared) this.release(name);
      else if (theirs.every(({ byId, answers }) => byId && !answers))
        this.holdings.set(name, {
          ...held,
          until: now + this.grace.startupGraceMs,
          known: theirs[0]?.host,
          guests: leading.flatMap(({ owners }) => owners).filter((owner) => owner !== held.owner),
        });
      else if (this.askersOf(name, held.owner).length === 0) {
        this.holdings.set(name, { ...held, until: now + this.grace.startupGraceMs });
        // The holder is not known then: faulty labels of another party may be those of the missing
        // holder.
        if (this.othersAskedLately(held.owner, name))
          this.undisturbed.set(`${held.owner} ${name}`, false);
      }
      // Faulty labels left its rule at the id of an earlier container, and the daemon no longer
      // knows whose container that was.
      else if (!leading.some(({ answers }) => answers)) this.release(name);
    }
  }

  /**
   * Another writer gave the hostname to a party that asks for it. From then on either of the two
   * may have it.
   */
  reopen(deployed: ReadonlyMap<string, string>): void {
    for (const [name, owner] of deployed) {
      const holder = this.holdings.get(name)?.owner;
      if (holder === undefined || holder === owner || !this.asking(name).includes(owner)) continue;
      this.release(name);
    }
  }

  /** From now on any party that asks for the hostname may get it. */
  private release(name: string): void {
    this.holdings.delete(name);
    for (const party of this.asking(name)) this.undisturbed.set(`${party} ${name}`, false);
  }

  /**
   * A container whose faulty labels may mean any route keeps its earlier routes from others while
   * it runs with these labels.
   */
  private prolong(until: number): void {
    const unsure = new Set(
      this.residents
        .filter(({ running, intent }) => running && "prot" in intent.further)
        .map(({ member }) => member.owner),
    );
    for (const parties of this.asked.values())
      for (const [owner, end] of parties) {
        if (unsure.has(owner) && end > this.now) parties.set(owner, Infinity);
        else if (end === Infinity) parties.set(owner, until);
      }
  }

  private remember(name: string, owner: string, until: number): void {
    this.asked.set(name, (this.asked.get(name) ?? new Map()).set(owner, until));
  }

  private expire(name: string, now: number): void {
    const held = this.holdings.get(name);
    if (held === undefined) return;
    const asked = this.askersOf(name, held.owner, held.known);
    if (asked.length > 0) {
      this.holdings.set(name, { owner: held.owner, until: undefined, asked });
      return;
    }
    const until = held.until ?? now + this.grace.graceMs;
    if (now >= until || this.isGivenUp(held)) this.holdings.delete(name);
    else this.holdings.set(name, { ...held, until });
  }

  /**
   * True if the containers that asked for a hostname run and no longer ask for it. Then none of
   * them is missing.
   */
  private isGivenUp({ asked }: Holding): boolean {
    return asked.every((name) =>
      this.residents.some(({ member, running }) => running && member.name === name),
    );
  }

  /**
   * The running containers of the party that ask for the hostname, with valid or faulty labels.
   *
   * @param known - a short id: only the container that has it
   */
  private askersOf(name: string, owner: string, known?: string): readonly string[] {
    return this.residents
      .filter(
        ({ member, running, intent, id }) =>
          running && member.owner === owner && asksFor(intent, name) && (known ?? id) === id,
      )
      .map(({ member }) => member.name);
  }

  private disturb(owner: string, name: string): void {
    const key = `${owner} ${name}`;
    const holds = this.holderOf(name) === owner;
    const alone = !this.othersAskedLately(owner, name);
    if (this.asking(name).includes(owner))
      this.undisturbed.set(key, (this.undisturbed.get(key) ?? alone) && (holds || alone));
    else if (!holds) this.undisturbed.delete(key);
  }

  /**
   * The parties with a running container that asks for the hostname, with valid or faulty labels.
   */
  asking(name: string): readonly string[] {
    const all = this.residents.filter(({ running, intent }) => running && asksFor(intent, name));
    return [...new Set(all.map(({ member }) => member.owner))];
  }

  /** Undefined if the hostname is free. */
  holderOf(name: string): string | undefined {
    return this.holdings.get(name)?.owner;
  }

  /** Why the container must not answer the request. Undefined if it may. */
  objection(container: Container, request: Request): string | undefined {
    if (request.host === LOGIN_HOST)
      return container.name === AUTHENTIK.name ? undefined : "the hostname is Authentik's own";
    const [name = WILDCARD] = [request.host, WILDCARD].filter(
      (it) => this.holderOf(it) !== undefined || this.asking(it).length > 0,
    );
    const [holder, asking] = [this.holderOf(name), this.asking(name)];
    if (holder === container.owner || (holder === undefined && asking.includes(container.owner)))
      return undefined;
    if (holder === undefined)
      return asking.length > 0 ? `${asking.join(" and ")} asks for ${name} itself` : undefined;
    const wasGuest = this.holdings.get(name)?.guests?.includes(container.owner) === true;
    const isGuest =
      asking.includes(container.owner) &&
      (wasGuest || this.consents(holder, container.owner, name, request));
    return isGuest ? undefined : `${holder} holds ${name}`;
  }

  /**
   * True if the holder shares its hostname with the guest, and the guest asks for a path that
   * covers the request.
   */
  private consents(holder: string, guest: string, name: string, { path }: Request): boolean {
    const own = this.residents
      .filter(({ member }) => member.owner === holder)
      .map(({ intent }) => intent);
    const shares = own.some(
      (it) => asksFor(it, name) && (it.shareWith.includes("*") || it.shareWith.includes(guest)),
    );
    return (
      shares &&
      this.residents.some(
        ({ member, intent }) => member.owner === guest && asksForPath(intent, name, path),
      )
    );
  }

  /**
   * True if the answer for this party to the request must not depend on anyone else.
   *
   * @param sound - whether all labels of the party are valid. A wildcard waits for a narrower route
   * inside it that cannot open, unless another party has that hostname.
   */
  isOwn(owner: string, request: Request, sound: boolean): boolean {
    const { host } = request;
    if (this.isUnknown(host)) return false;
    if (host === LOGIN_HOST) return owner !== AUTHENTIK.owner || this.asksForLogin();
    const claims = [host, WILDCARD].filter((name) => this.hasAsked(owner, name));
    // A rule that kept a wildcard from another party's hostname stays while the wildcard's own
    // labels are faulty, because nothing more is opened then.
    const foreign =
      !claims.includes(host) && (sound ? this.askedLately(host, () => true) : this.asked.has(host));
    // A guest's path of a wildcard must not answer for a hostname that the holder asks for. The
    // rule that prevents this takes the whole hostname.
    if (claims.length > 1 && this.hasGuests(owner, WILDCARD)) return false;
    if (
      !sound &&
      claims.includes(WILDCARD) &&
      !NAMES.every((name) => this.isUndisturbed(owner, name))
    )
      return false;
    if (claims.some((name) => this.isUnknown(name))) return false;
    return (
      !foreign &&
      claims.every(
        (name) =>
          this.undisturbed.get(`${owner} ${name}`) === true && !this.isShared(owner, name, request),
      )
    );
  }

  private isUnknown(name: string): boolean {
    return (this.unknownUntil.get(name) ?? 0) > this.now;
  }

  private isUndisturbed(owner: string, name: string): boolean {
    return !this.hasAsked(owner, name) || this.undisturbed.get(`${owner} ${name}`) === true;
  }

  private hasAsked(owner: string, name: string): boolean {
    return this.residents.some(
      ({ member, intent }) => member.owner === owner && asksFor(intent, name),
    );
  }

  /** True if a party other than this one asks for the hostname, or did so recently. */
  private othersAskedLately(owner: string, name: string): boolean {
    return this.askedLately(name, (other) => other !== owner);
  }

  private askedLately(name: string, fits: (party: string) => boolean): boolean {
    return [...(this.asked.get(name) ?? [])].some(
      ([party, until]) => fits(party) && until > this.now,
    );
  }

  /**
   * Authentik's own hostname stays while any other route may need it, even if its container no
   * longer asks for it.
   */
  private asksForLogin(): boolean {
    return this.residents.some(
      ({ member, intent }) => member.name === AUTHENTIK.name && asksForLogin(intent),
    );
  }

  /**
   * True if the party shares the hostname and a guest asks for a path in it, or did so recently.
   */
  private hasGuests(owner: string, name: string): boolean {
    const shares = this.guests.some(
      (it) => it.owner === owner && asksFor(it.intent, name) && it.intent.shareWith.length > 0,
    );
    return (
      shares && this.guests.some((it) => it.owner !== owner && pathsIn(it.intent, name).length > 0)
    );
  }

  /** True if a guest may answer there, or could recently. */
  private isShared(owner: string, name: string, { path }: Request): boolean {
    const shared = this.guests
      .filter((it) => it.owner === owner && asksFor(it.intent, name))
      .some(({ intent }) => intent.shareWith.length > 0);
    return (
      shared && this.guests.some((it) => it.owner !== owner && asksForPath(it.intent, name, path))
    );
  }
}
