import { VERSION } from "../../../src/core/version.ts";
import { seconds } from "../paper.ts";
import { runDaemon } from "../running.ts";
import { counted, didJust, type Running, type Telling } from "../telling.ts";
import { until } from "../until.ts";

export function opening({ paper, stage }: Telling): void {
  paper.say(
    "One Docker label gives a container a public hostname that only people who log in with Authentik can open. This is how that goes.",
  );
  paper.blank();
  paper.pairs([
    [
      "real",
      `cfauth ${VERSION} as a process of its own, Docker Engine ${stage.engineVersion}, the containers, the OpenID Connect login`,
    ],
    [
      "played",
      "Cloudflare with its edge, and Authentik: by a sandbox on this machine, without any account",
    ],
  ]);
}

/** The daemon starts. @param left - ends it, when all is over */
export async function starts(telling: Telling, left: AsyncDisposableStack): Promise<Running> {
  const { paper, stage } = telling;
  paper.chapter("cfauth starts");
  paper.command(`docker network create ${stage.network}`);
  paper.command("cfauth run");
  paper.blank();
  paper.say("cfauth creates, once, what every login needs:");
  paper.blank();
  return runDaemon(telling, left);
}

/** The daemon has made what every login needs. */
export async function prepares(running: Running): Promise<void> {
  const { paper, daemon, journal, signal, alive, clock } = running;
  await until("cfauth is ready", () => alive() && daemon.ready(), signal);
  const ms = clock();
  paper.blank();
  const made = journal.deeds().map(({ what }) => what);
  const whole = ["tunnel", "login provider", "application", "login method"].every((what) =>
    made.includes(what),
  );
  paper.check(
    whole && (await didJust(running, made)),
    `ready after ${seconds(ms)}, with ${counted(journal)}`,
  );
  paper.check(
    agree(running),
    "Cloudflare and Authentik know each other: the same client, the same secret",
  );
}

function agree({ stage: { sandbox } }: Running): boolean {
  const method = [...sandbox.cloudflare.state.identityProviders.values()].find(
    ({ type }) => type === "oidc",
  );
  const [provider] = sandbox.authentik.state.providers;
  return (
    provider !== undefined &&
    method?.config["client_id"] === provider.client_id &&
    method.config["client_secret"] === provider.client_secret
  );
}
