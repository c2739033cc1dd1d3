import { VERSION } from "../../../src/core/version.ts";
import { countCalls, type DemoContext, didExactly, type RunningDemo } from "../context.ts";
import { runDaemon } from "../daemon.ts";
import { seconds } from "../output.ts";
import { until } from "../until.ts";

export function opening({ output, setup }: DemoContext): void {
  output.say(
    "One Docker label gives a container a public hostname that only people who log in with Authentik can open. This demo shows how.",
  );
  output.blank();
  output.pairs([
    [
      "real",
      `cfauth ${VERSION} as its own process, Docker Engine ${setup.engineVersion}, the containers, the OpenID Connect login`,
    ],
    [
      "simulated",
      "Cloudflare with its edge, and Authentik: by a sandbox on this machine, without an account",
    ],
  ]);
}

/** Starts the daemon. @param left - stops it at the end */
export async function starts(
  context: DemoContext,
  left: AsyncDisposableStack,
): Promise<RunningDemo> {
  const { output, setup } = context;
  output.chapter("cfauth starts");
  output.command(`docker network create ${setup.network}`);
  output.command("cfauth run");
  output.blank();
  output.say("Once, cfauth creates what every login needs:");
  output.blank();
  return runDaemon(context, left);
}

/** Waits until the daemon has created what every login needs. */
export async function prepares(running: RunningDemo): Promise<void> {
  const { output, daemon, journal, signal, alive, clock } = running;
  await until("cfauth is ready", () => alive() && daemon.ready(), signal);
  const ms = clock();
  output.blank();
  const made = journal.entries().map(({ what }) => what);
  const whole = ["tunnel", "login provider", "application", "login method"].every((what) =>
    made.includes(what),
  );
  output.check(
    whole && (await didExactly(running, made)),
    `ready after ${seconds(ms)}, with ${countCalls(journal)}`,
  );
  output.check(
    agree(running),
    "Cloudflare and Authentik are connected: both have the same client id and secret",
  );
}

function agree({ setup: { sandbox } }: RunningDemo): boolean {
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
