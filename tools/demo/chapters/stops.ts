import { knock } from "../knocks.ts";
import type { Open } from "../launch.ts";
import { seconds } from "../paper.ts";
import { GRACE } from "../running.ts";
import { asTold, counted, type Running, teamHost } from "../telling.ts";
import { until } from "../until.ts";
import { heading, visitor } from "../visitor.ts";

/** The containers stop, and their hostnames go. */
export async function stops(running: Running, opened: readonly Open[]): Promise<void> {
  const { paper, stage, journal, daemon, signal, begin, clock, alive } = running;
  const untouched = stage.foreign();
  paper.chapter("The containers stop");
  paper.command(`docker stop ${opened.map(({ run }) => run.name).join(" ")}`);
  paper.blank();
  paper.say(
    `They may come back within ${GRACE.replace("s", " seconds")} (a minute by default). After that cfauth removes everything, from the outside in:`,
  );
  paper.blank();
  const hosts = opened.map(({ host }) => host);
  const knockings = hosts.map((host) => knock(stage.sandbox.edge.port, host, teamHost(stage)));
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
    await Promise.all(knockings.map((knocking) => knocking.stop()));
  }
  const ms = clock();
  paper.blank();
  const whole = await asTold(running, ["tile", ...INWARD]);
  paper.check(
    whole && fromOutside(running),
    `closed ${seconds(ms)} after the stop, with ${counted(journal)}`,
  );
  const [gone, ...others] = await Promise.all(opened.map(({ url }) => visitor().open(url)));
  const shut =
    [gone, ...others].every((page) => page?.status === 530) &&
    knockings.every((knocking) => knocking.found().other === 0);
  paper.check(
    shut,
    `a visitor now gets this answer from Cloudflare: ${gone?.status} “${gone && heading(gone)}”`,
  );
  paper.check(nothingLeft(running), "nothing of it is left in Cloudflare, nor in the library");
  paper.check(loginStays(running), "tunnel and login stay, for the next container");
  paper.check(
    stage.foreign() === untouched,
    "what others had there is as it was: a DNS record, an Access application, a login method",
  );
}

const INWARD = ["DNS record", "ingress rule", "Access application", "Access policy"];

/** Whether the first of each kind went in that order; the library has no part in it. */
function fromOutside({ journal }: Running): boolean {
  const kinds = new Set(
    journal.deeds().flatMap(({ where, what }) => (where === "Cloudflare" ? [what] : [])),
  );
  return [...kinds].join() === INWARD.join();
}

/** But what others had: a record and an application of theirs. */
function nothingLeft({ stage: { sandbox } }: Running): boolean {
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

function loginStays({ stage: { sandbox } }: Running): boolean {
  const { tunnels, identityProviders } = sandbox.cloudflare.state;
  const { providers, applications } = sandbox.authentik.state;
  const methods = [...identityProviders.values()].filter(({ type }) => type === "oidc");
  return [tunnels.size, methods.length, providers.length, applications.length].every(
    (count) => count === 1,
  );
}
