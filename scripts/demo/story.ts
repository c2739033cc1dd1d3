/** The story: each chapter does something, tells what happened, and checks that it was so. */

import type Dockerode from "dockerode";
import type { Seen } from "../../test/sandbox/edge/visit.ts";
import { type Daemon, startDaemon } from "../../test/e2e/daemon.ts";
import { VERSION } from "../../src/version.ts";
import { create, freeName, type Run, typed } from "./containers.ts";
import type { Deed, Rule } from "./deeds.ts";
import { hello, PORT } from "./image.ts";
import { followJournal, type Journal } from "./journal.ts";
import { knock, type Knocks } from "./knocks.ts";
import { type Paper, seconds } from "./paper.ts";
import type { Stage } from "./stage.ts";
import { until } from "./until.ts";
import { asksForPassword, heading, type Page, visitor } from "./visitor.ts";

export interface Telling {
  readonly paper: Paper;
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

interface Running extends Telling {
  readonly daemon: Daemon;
  readonly journal: Journal;
  /** Begins a new count of calls, and the clock that stands before each deed. */
  readonly begin: () => void;
  /** Milliseconds since `begin`. */
  readonly clock: () => number;
}

/** How long cfauth waits for a container to come back. A minute, unless told; nobody wants to watch that. */
const GRACE = "2s";

const USER = "alice";
const PASSWORD = "alice-password";

export function opening({ paper, stage }: Telling): void {
  paper.say("One Docker label gives a container a public hostname that only people who log in with Authentik can open. This is how it goes, step by step.");
  paper.blank();
  paper.pairs([
    ["real", `cfauth ${VERSION} as a process of its own, Docker ${stage.engineVersion}, the containers, the OpenID Connect login`],
    ["played", "Cloudflare with its edge, and Authentik: by a sandbox on this machine. No account is needed."],
  ]);
}

/** @param left - ends the daemon in the end */
export async function start(telling: Telling, left: AsyncDisposableStack): Promise<Running> {
  const { paper, stage, signal } = telling;
  const { sandbox, network } = stage;
  let begun = performance.now();
  const clock = (): number => performance.now() - begun;
  const journal = followJournal(sandbox, (deed) => paper.deed(deed, clock()));
  const begin = (): void => {
    begun = performance.now();
    journal.clear();
  };

  paper.chapter("cfauth starts");
  paper.command(`docker network create ${network}`);
  paper.command("cfauth run");
  paper.blank();
  paper.say("What every login needs is made once:");
  paper.blank();
  begin();
  const daemon = await startDaemon({ ...sandbox.environment, CFAUTH_OWNER: "demo", CFAUTH_NETWORK: network, CFAUTH_GRACE_PERIOD: GRACE, CFAUTH_STARTUP_GRACE_PERIOD: GRACE });
  left.defer(() => ended(daemon));
  await until("cfauth is ready", () => alive(daemon) && daemon.ready(), signal);
  const ms = clock();
  const made = namesOf(journal.deeds());
  paper.blank();
  paper.check(["login provider", "application", "login method", "tunnel"].every((what) => made.includes(what)) && agrees(daemon, journal), `ready after ${seconds(ms)}, with ${counted(journal)}`);
  const { state } = sandbox.cloudflare;
  const [secret] = sandbox.authentik.state.providers.map(({ client_secret }) => client_secret);
  const method = [...state.identityProviders.values()].find(({ type }) => type === "oidc");
  paper.check(secret !== undefined && method?.config["client_secret"] === secret, "Cloudflare and Authentik know each other: same client, same secret");
  return { ...telling, daemon, journal, begin, clock };
}

export interface Open {
  readonly run: Run;
  readonly container: Dockerode.Container;
  readonly host: string;
  readonly url: string;
  /** What its page says. */
  readonly words: string;
}

export async function open(running: Running): Promise<Open> {
  const { paper, stage, journal, daemon, begin } = running;
  const { cloudflare, edge } = stage.sandbox;
  paper.chapter("A container starts, with one label");
  const up = await launch(running, "cfauth-demo-whoami", "whoami", () => {
    paper.blank();
    paper.say("From the inside to the outside, so that no moment is without a login:");
    paper.blank();
    begin();
  });
  paper.blank();
  paper.check(agrees(daemon, journal) && inOrder(journal.deeds(), ["Access policy", "Access application", "ingress rule", "DNS record"]), `open ${seconds(up.ms)} after the container started, with ${counted(journal)}`);
  const { nothing, login, other } = up.knocks;
  paper.check(other === 0 && login > 0, `somebody knocked all the while: ${times(nothing)} nothing was there, then the login; never the container`);
  const [application] = [...cloudflare.state.apps.values()].filter(({ domain }) => domain === up.host);
  const documents = [...cloudflare.state.configurations.values()].flatMap(({ config }) => config.ingress as readonly Rule[]);
  const access = documents.find(({ hostname }) => hostname === up.host)?.originRequest?.access;
  paper.check(access?.required === true && application !== undefined && (access.audTag ?? []).join() === application.aud, "the tunnel lets in only who has logged in to just this application");
  return { ...up, url: `${edge.url(up.host)}/` };
}

/** Runs a container and waits until a stranger meets the login at its hostname. */
async function launch({ paper, stage, signal, daemon }: Running, name: string, label: string, beforehand: () => void) {
  const { engine, sandbox, network, image } = stage;
  const host = `${label}.${sandbox.zone}`;
  const run: Run = { name: await freeName(engine, name), network, image, labels: { "cfauth.hostname": host } };
  const container = await create(engine, run);
  const { Config } = await container.inspect();
  paper.command(...typed(run));
  const knocking = knock(sandbox.edge.port, host, teamHost(stage));
  try {
    beforehand();
    const begun = performance.now();
    await container.start();
    await until(`${host} asks for a login`, () => alive(daemon) && knocking.knocks().login > 0, signal);
    const ms = performance.now() - begun;
    await until("cfauth says so as well", async () => (await daemon.report()).routes.some(({ hostname, state }) => hostname === host && state === "live"), signal);
    return { run, container, host, ms, words: hello(Config.Hostname), knocks: await knocking.stop() };
  } finally {
    await knocking.stop();
  }
}

export async function strangerComes({ paper, stage }: Running, { host, url }: Open): Promise<void> {
  const before = stage.seen.length;
  paper.chapter("A stranger comes");
  paper.command(`curl --location ${url}`);
  paper.blank();
  const page = await visitor().open(url);
  paper.pairs(signposts(page, stage));
  paper.blank();
  const first = page.way[1]?.url.hostname;
  const { sandbox } = stage;
  const turned = page.way[0]?.status === 302 && first === teamHost(stage) && page.url.hostname === `auth.${sandbox.zone}` && asksForPassword(page);
  paper.check(turned, "turned to Authentik's login");
  paper.check(!reached(stage.seen.slice(before), host), "the container heard nothing of it");
}

export async function aliceComes({ paper, stage, journal, begin }: Running, { host, url, words }: Open): Promise<void> {
  const before = stage.seen.length;
  paper.chapter("Alice logs in");
  begin();
  const alice = visitor();
  const wrong = await alice.submit(await alice.open(url), { username: USER, password: "guessed" });
  paper.check(asksForPassword(wrong) && !reached(stage.seen.slice(before), host), "with a wrong password she is where she was: at the login");
  paper.blank();
  const consent = await alice.submit(wrong, { username: USER, password: PASSWORD });
  const page = consent.html.includes('id="consent"') ? await alice.submit(consent, {}) : consent;
  const let_in = stage.seen.slice(before).find(({ decision, host: at }) => decision === "origin" && at === host);
  paper.pairs([
    ["Authentik asks", `name and password — ${USER}, ${PASSWORD}`],
    ["Authentik asks", `“${heading(consent)}”, with her name and e-mail address — yes`],
    ["Access says", `${let_in?.email ?? "nobody"} may enter`],
    ["the container", `${page.status}  “${heading(page)}”`],
  ]);
  paper.blank();
  paper.check(page.status === 200 && page.url.href === url && heading(page) === words, `that is the container's own page: ${words.split(" ").at(-1)} is the name that Docker gave it`);
  paper.check(let_in?.access === "passed" && let_in.email === `${USER}@example.com`, "Access knows who she is");
  paper.check(journal.calls() === 0, "cfauth had no part in it: no calls meanwhile");
}

export async function containerStops(running: Running, { run, container, host, url }: Open): Promise<void> {
  const { paper, stage, journal, daemon, signal, begin, clock } = running;
  const { cloudflare, authentik, edge } = stage.sandbox;
  const untouched = stage.foreign();
  paper.chapter("The container stops");
  paper.command(`docker stop ${run.name}`);
  paper.blank();
  paper.say(`cfauth gives it ${GRACE.replace("s", " s")} to come back (a minute, unless told otherwise), then takes all away, from the outside to the inside:`);
  paper.blank();
  const knocking = knock(edge.port, host, teamHost(stage));
  try {
    begin();
    await container.stop({ t: 0 });
    await until(`${host} is closed`, async () => alive(daemon) && (await daemon.report()).routes.every(({ hostname }) => hostname !== host), signal);
  } finally {
    await knocking.stop();
  }
  const ms = clock();
  const { other } = knocking.knocks();
  paper.blank();
  paper.check(agrees(daemon, journal) && inOrder(journal.deeds(), ["DNS record", "ingress rule", "Access application", "Access policy"]), `closed ${seconds(ms)} after the stop, with ${counted(journal)}`);
  const gone = await visitor().open(url);
  paper.check(gone.status === 530 && other === 0, `the page is gone: ${gone.status}, “${heading(gone)}”`);
  const { state } = cloudflare;
  const mine = [...state.records.values(), ...state.apps.values()].filter(({ name }) => name.startsWith("whoami"));
  const rules = [...state.configurations.values()].flatMap(({ config }) => config.ingress).filter(({ hostname }) => hostname !== undefined);
  paper.check(mine.length === 0 && state.policies.size === 0 && rules.length === 0, "nothing of it is left in Cloudflare");
  const kept = [...state.identityProviders.values()].filter(({ type }) => type === "oidc").length === 1 && state.tunnels.size === 1 && authentik.state.applications.length === 1 && authentik.state.providers.length === 1;
  paper.check(kept, "the login stays, for the next container: tunnel and login method in Cloudflare, provider and application in Authentik");
  paper.check(stage.foreign() === untouched, "what others made is as it was: a DNS record, an Access application, a login method");
}

/** Starts the container that stays, and tells what happens from here on until the signal comes. */
export async function yourTurn(running: Running): Promise<void> {
  const { paper, stage, signal, begin, clock } = running;
  paper.chapter("Your turn");
  const up = await launch(running, "cfauth-demo-whoami-2", "whoami", () => {
    paper.blank();
    begin();
  });
  const url = `${stage.sandbox.edge.url(up.host)}/`;
  paper.blank();
  paper.pairs([
    ["open", `${url}   (in Chrome, Edge or Firefox)`],
    ["log in as", USER],
    ["password", PASSWORD],
  ]);
  paper.blank();
  paper.say("And try, in another terminal:");
  paper.blank();
  paper.command(`docker stop ${up.run.name}`);
  paper.command(...typed({ ...up.run, name: "wiki", labels: { "cfauth.hostname": `wiki.${stage.sandbox.zone}` } }));
  paper.blank();
  paper.say("Ctrl-C ends the demo and takes everything away. Until then, this is what happens:");
  paper.blank();
  begin();
  stage.onSeen((seen) => {
    const visit = visitOf(seen);
    if (visit !== undefined) paper.deed(visit, clock());
  });
  await new Promise<void>((over) => (signal.aborted ? over() : signal.addEventListener("abort", () => over(), { once: true })));
}

/** Of the visits that a person would call one. */
function visitOf({ decision, host, path, status, email }: Seen): Deed | undefined {
  if (path === "/favicon.ico" || host.startsWith("auth.")) return undefined;
  const visit = { sign: "·", where: "visitor", name: `${host}${path}` } as const;
  switch (decision) {
    case "login":
      return { ...visit, what: "sent to the login" };
    case "origin":
      return { ...visit, what: "let in", note: email ?? "without a login" };
    case "denied":
    case "refused-by-connector":
      return { ...visit, what: "refused" };
    case "no-dns":
    case "no-tunnel":
    case "connector":
      return { ...visit, what: `found ${status}` };
    case "access-page":
    case "direct":
    case "fault":
      return undefined;
  }
}

const ended = async (daemon: Daemon): Promise<void> => {
  const late = setTimeout(() => daemon.kill(), 10_000);
  await daemon.stop();
  clearTimeout(late);
};

const alive = (daemon: Daemon): true => {
  const last = daemon.lines.findLast(({ level }) => level === "fatal" || level === "stderr");
  if (last !== undefined) throw new Error(`cfauth ended by itself: ${last.msg}`);
  return true;
};

const teamHost = ({ sandbox }: Stage): string => `${sandbox.cloudflare.state.team}.cloudflareaccess.localhost`;

const namesOf = (deeds: readonly Deed[]): readonly string[] => deeds.map(({ what }) => what);

const inOrder = (deeds: readonly Deed[], expected: readonly string[]): boolean => namesOf(deeds).join() === expected.join();

/** Whether cfauth's log tells of as many changes as the journal has writes. */
const agrees = (daemon: Daemon, journal: Journal): boolean => journal.writes() > 0 && daemon.lines.filter(({ msg }) => msg === "change failed").length === 0;

const reached = (seen: readonly Seen[], host: string): boolean => seen.some(({ decision, host: at }) => decision === "origin" && at === host);

const counted = (journal: Journal): string => `${calls(journal.calls("cloudflare"))} to Cloudflare and ${journal.calls("authentik") || "none"} to Authentik`;

const calls = (count: number): string => (count === 1 ? "1 call" : `${count} calls`);

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

/** The hosts on the way, each with the status of its last answer. */
function signposts(page: Page, stage: Stage): readonly (readonly [string, string])[] {
  const who: Readonly<Record<string, string>> = { [teamHost(stage)]: "Cloudflare Access", [`auth.${stage.sandbox.zone}`]: "Authentik" };
  return page.way.flatMap(({ status, url }, index) => {
    const next = page.way[index + 1]?.url.hostname;
    if (next === undefined) return [[`${status}`, `“${heading(page)}”, asks for a name and a password`] as const];
    return next === url.hostname ? [] : [[`${status}`, `on to ${next}${who[next] === undefined ? "" : ` (${who[next]})`}`] as const];
  });
}
