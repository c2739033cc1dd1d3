import { knock } from "../knocks.ts";
import type { Open } from "../launch.ts";
import { seconds } from "../paper.ts";
import { GRACE } from "../running.ts";
import { counted, didJust, type Running, teamHost } from "../telling.ts";
import { until } from "../until.ts";
import { heading, visitor } from "../visitor.ts";

/** The container stops, and its hostname goes. */
export async function stops(running: Running, open: Open): Promise<void> {
  const { paper, stage, journal, daemon, signal, begin, clock, alive } = running;
  const { run, container, host, url } = open;
  const untouched = stage.foreign();
  paper.chapter("The container stops");
  paper.command(`docker stop ${run.name}`);
  paper.blank();
  paper.say(
    `It may come back within ${GRACE.replace("s", " seconds")} (a minute, unless told otherwise). Then all of it goes, from the outside to the inside:`,
  );
  paper.blank();
  const knocking = knock(stage.sandbox.edge.port, host, teamHost(stage));
  try {
    begin();
    await container.stop({ t: 0 });
    await until(
      `${host} is closed`,
      async () => alive() && (await daemon.report()).routes.every(({ hostname }) => hostname !== host),
      signal,
    );
  } finally {
    await knocking.stop();
  }
  const ms = clock();
  paper.blank();
  const ordered = await didJust(running, ["DNS record", "ingress rule", "Access application", "Access policy"]);
  paper.check(ordered, `closed ${seconds(ms)} after the stop, with ${counted(journal)}`);
  const gone = await visitor().open(url);
  paper.check(
    gone.status === 530 && knocking.found().other === 0,
    `whoever asks now is told by Cloudflare: ${gone.status} “${heading(gone)}”`,
  );
  paper.check(nothingLeft(running, host), "nothing of it is left in Cloudflare");
  paper.check(loginStays(running), "tunnel and login stay, for the next container");
  paper.check(stage.foreign() === untouched, "what others had there is as it was: a DNS record, an Access application, a login method");
}

function nothingLeft({ stage: { sandbox } }: Running, host: string): boolean {
  const { records, apps, policies, configurations } = sandbox.cloudflare.state;
  const rules = [...configurations.values()].flatMap(({ config }) => config.ingress).filter(({ hostname }) => hostname !== undefined);
  const named = [...[...records.values()].map(({ name }) => name), ...[...apps.values()].map(({ domain }) => domain)];
  return rules.length === 0 && policies.size === 0 && !named.includes(host);
}

function loginStays({ stage: { sandbox } }: Running): boolean {
  const { tunnels, identityProviders } = sandbox.cloudflare.state;
  const { providers, applications } = sandbox.authentik.state;
  const methods = [...identityProviders.values()].filter(({ type }) => type === "oidc");
  return [tunnels.size, methods.length, providers.length, applications.length].every((count) => count === 1);
}
