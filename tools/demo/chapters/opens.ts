import type { Rule } from "../deeds.ts";
import { launch, type Open } from "../launch.ts";
import { seconds } from "../paper.ts";
import { OWNER } from "../running.ts";
import { counted, didJust, type Running } from "../telling.ts";

/** A container starts, and its hostname opens. */
export async function opens(running: Running): Promise<Open> {
  const { paper, journal } = running;
  paper.chapter("A container starts, with one label");
  const open = await launch(running, {
    name: "whoami",
    text: "From the inside out, so that it is never open without a login:",
  });
  paper.blank();
  const ordered = await didJust(running, [
    "Access policy",
    "Access application",
    "ingress rule",
    "DNS record",
    "tile",
  ]);
  paper.check(
    ordered,
    `open ${seconds(open.ms)} after the start of the container, with ${counted(journal)}`,
  );
  const { nothing, login, other } = open.knocks;
  paper.check(
    login > 0 && other === 0,
    `of ${nothing + login + other} who knocked meanwhile ${nothing} found nothing yet and ${login} the login: nobody got to the container`,
  );
  paper.check(
    checkedTwice(running, open),
    "the tunnel itself also lets in only people who have logged in to this very application",
  );
  paper.check(
    true,
    `from nothing to this first protected page: one line typed, ${seconds(performance.now())} since the demo was started`,
  );
  return open;
}

/** Whether cloudflared asks for a token of the very application that stands before the hostname; beside it is only cfauth's mark. */
function checkedTwice({ stage: { sandbox } }: Running, { host }: Open): boolean {
  const { apps, configurations } = sandbox.cloudflare.state;
  const application = [...apps.values()].find(({ domain }) => domain === host);
  const rules = [...configurations.values()].flatMap(
    ({ config }) => config.ingress as readonly Rule[],
  );
  const access = rules.find(({ hostname }) => hostname === host)?.originRequest?.access;
  return (
    application !== undefined &&
    access?.required === true &&
    access.audTag?.join() === [application.aud, `cfauth:${OWNER}`].join()
  );
}
