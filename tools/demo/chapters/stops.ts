import { countCalls, didAll, type RunningDemo, teamHost } from "../context.ts";
import { GRACE } from "../daemon.ts";
import type { Open } from "../launch.ts";
import { seconds } from "../output.ts";
import { pollHostname } from "../poll.ts";
import { until } from "../until.ts";
import { heading, visitor } from "../visitor.ts";

/** The containers stop, and their hostnames close. */
export async function stops(running: RunningDemo, opened: readonly Open[]): Promise<void> {
  const { output, setup, journal, daemon, signal, begin, clock, alive } = running;
  const untouched = setup.foreign();
  output.chapter("The containers stop");
  output.command(`docker stop ${opened.map(({ run }) => run.name).join(" ")}`);
  output.blank();
  output.say(
    `cfauth waits ${GRACE.replace("s", " seconds")} in case they come back (a minute by default). Then it removes everything, from the outside in:`,
  );
  output.blank();
  const hosts = opened.map(({ host }) => host);
  const polls = hosts.map((host) => pollHostname(setup.sandbox.edge.port, host, teamHost(setup)));
  try {
    begin();
    await Promise.all(opened.map(({ container }) => container.stop({ t: 0 })));
    await until(
      `${hosts.join(" and ")} are closed`,
      async () =>
        alive() &&
        (await daemon.report()).routes.every(({ hostname }) => !hosts.includes(hostname)),
      signal,
    );
  } finally {
    await Promise.all(polls.map((poll) => poll.stop()));
  }
  const ms = clock();
  output.blank();
  const whole = await didAll(running, ["tile", ...INWARD]);
  output.check(
    whole && fromOutside(running),
    `closed ${seconds(ms)} after the stop, with ${countCalls(journal)}`,
  );
  const [gone, ...others] = await Promise.all(opened.map(({ url }) => visitor().open(url)));
  const shut =
    [gone, ...others].every((page) => page?.status === 530) &&
    polls.every((poll) => poll.found().other === 0);
  output.check(
    shut,
    `a visitor now gets this answer from Cloudflare: ${gone?.status} “${gone && heading(gone)}”`,
  );
  output.check(nothingLeft(running), "nothing of them is left in Cloudflare or in the library");
  output.check(loginStays(running), "the tunnel and the login stay for the next container");
  output.check(
    setup.foreign() === untouched,
    "foreign objects are untouched: a DNS record, an Access application, a login method",
  );
}

const INWARD = ["DNS record", "ingress rule", "Access application", "Access policy"];

/** Whether the kinds were removed in that order. The library does not matter here. */
function fromOutside({ journal }: RunningDemo): boolean {
  const kinds = new Set(
    journal.entries().flatMap(({ where, what }) => (where === "Cloudflare" ? [what] : [])),
  );
  return [...kinds].join() === INWARD.join();
}

/** Ignores the foreign record and application. */
function nothingLeft({ setup: { sandbox } }: RunningDemo): boolean {
  const { records, apps, policies, configurations } = sandbox.cloudflare.state;
  const rules = [...configurations.values()]
    .flatMap(({ config }) => config.ingress)
    .filter(({ hostname }) => hostname !== undefined);
  const named = [
    ...[...records.values()].map(({ name }) => name),
    ...[...apps.values()].map(({ domain }) => domain),
  ];
  const theirs = `nas.${sandbox.zone}`;
  const { bindings } = sandbox.authentik.state;
  return (
    rules.length + policies.size + bindings.length === 0 && named.every((name) => name === theirs)
  );
}

function loginStays({ setup: { sandbox } }: RunningDemo): boolean {
  const { tunnels, identityProviders } = sandbox.cloudflare.state;
  const { providers, applications } = sandbox.authentik.state;
  const methods = [...identityProviders.values()].filter(({ type }) => type === "oidc");
  return [tunnels.size, methods.length, providers.length, applications.length].every(
    (count) => count === 1,
  );
}
