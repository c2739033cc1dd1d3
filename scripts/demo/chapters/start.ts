import { VERSION } from "../../../src/version.ts";
import { type Daemon, startDaemon } from "../../../test/e2e/daemon.ts";
import { followJournal } from "../journal.ts";
import { seconds } from "../paper.ts";
import { counted, didJust, type Running, type Telling } from "../telling.ts";
import { until } from "../until.ts";

/** How long cfauth waits for a container to come back. A minute, unless told; nobody wants to watch that. */
export const GRACE = "2s";

/** How long the daemon may take to end, in milliseconds; it gives its last call four seconds. */
const END_MS = 10_000;

export function opening({ paper, stage }: Telling): void {
  paper.say("One Docker label gives a container a public hostname that only people who log in with Authentik can open. This is how that goes.");
  paper.blank();
  paper.pairs([
    ["real", `cfauth ${VERSION} as a process of its own, Docker Engine ${stage.engineVersion}, the containers, the OpenID Connect login`],
    ["played", "Cloudflare with its edge, and Authentik: by a sandbox on this machine, without any account"],
  ]);
}

/**
 * Starts the daemon and waits until it has made what every login needs.
 * @param left - ends the daemon, when all is over
 */
export async function starts(telling: Telling, left: AsyncDisposableStack): Promise<Running> {
  const { paper, stage, signal } = telling;
  const { sandbox, network } = stage;
  paper.chapter("cfauth starts");
  paper.command(`docker network create ${network}`);
  paper.command("cfauth run");
  paper.blank();
  paper.say("What every login needs is made, once and for all:");
  paper.blank();

  const grace = { CFAUTH_GRACE_PERIOD: GRACE, CFAUTH_STARTUP_GRACE_PERIOD: GRACE };
  let begun = performance.now();
  const clock = (): number => performance.now() - begun;
  const journal = followJournal(sandbox, (deed) => paper.deed(deed, clock()));
  const daemon = await startDaemon({ ...sandbox.environment, ...grace, CFAUTH_OWNER: "demo", CFAUTH_NETWORK: network });
  left.defer(() => ended(daemon));
  // Also where the demo is told to quit at once.
  process.once("exit", () => daemon.kill());

  let firstLine = 0;
  const running: Running = {
    ...telling,
    daemon,
    journal,
    clock,
    begin: () => {
      begun = performance.now();
      firstLine = daemon.lines.length;
      journal.clear();
    },
    alive: lifeOf(daemon),
    logged: () => daemon.lines.slice(firstLine).filter(({ msg }) => msg === "applied").length,
  };
  await until("cfauth is ready", () => running.alive() && daemon.ready(), signal);
  const ms = clock();
  paper.blank();
  const made = journal.deeds().map(({ what }) => what);
  const whole = ["tunnel", "login provider", "application", "login method"].every((what) => made.includes(what));
  paper.check(whole && (await didJust(running, made)), `ready after ${seconds(ms)}, with ${counted(journal)}`);
  paper.check(agree(running), "Cloudflare and Authentik know each other: the same client, the same secret");
  return running;
}

function agree({ stage: { sandbox } }: Running): boolean {
  const method = [...sandbox.cloudflare.state.identityProviders.values()].find(({ type }) => type === "oidc");
  const [provider] = sandbox.authentik.state.providers;
  return provider !== undefined && method?.config["client_id"] === provider.client_id && method.config["client_secret"] === provider.client_secret;
}

function lifeOf(daemon: Daemon): () => true {
  let over = false;
  void daemon.exited.then(() => {
    over = true;
  });
  return () => {
    if (over) throw new Error(`cfauth has ended by itself. Its last words: ${daemon.lines.slice(-3).map(({ msg }) => msg).join("; ")}.`);
    return true;
  };
}

async function ended(daemon: Daemon): Promise<void> {
  const late = setTimeout(() => daemon.kill(), END_MS);
  await daemon.stop();
  clearTimeout(late);
}
