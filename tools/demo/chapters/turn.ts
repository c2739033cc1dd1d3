import type { Seen } from "../../../test/sandbox/edge/visit.ts";
import { typed } from "../containers.ts";
import type { Deed } from "../deeds.ts";
import { launch } from "../launch.ts";
import { authHost, passwordOf, type Running, USER } from "../telling.ts";

/** A second container starts and stays. What happens from here on is told until the signal comes. */
export async function yourTurn(running: Running): Promise<void> {
  const { paper, stage, signal, begin, clock } = running;
  paper.chapter("Your turn");
  const { run, url } = await launch(running, {
    name: "whoami-2",
    at: "whoami",
    text: "The same once more, to stay:",
  });
  paper.blank();
  paper.pairs([
    ["open", `${url}  in Chrome, Edge or Firefox`],
    ["user", USER],
    ["password", passwordOf(USER)],
    ["status", `${running.daemon.url()}/  (cfauth's own page)`],
    [
      "library",
      `${stage.sandbox.edge.url(authHost(stage))}/if/user/  (its tiles lead to https://, where the real Cloudflare would be)`,
    ],
  ]);
  paper.blank();
  paper.say("And in another terminal:");
  paper.blank();
  paper.command(
    ...typed({ ...run, name: "wiki", labels: { "cfauth.hostname": `wiki.${stage.sandbox.zone}` } }),
  );
  paper.command(`docker stop ${run.name}`);
  paper.blank();
  paper.say(
    "What happens is told here. Ctrl-C ends the demo and takes away everything that it made.",
  );
  paper.blank();
  begin();
  stage.onSeen((seen) => {
    const visit = visitOf(seen);
    if (visit !== undefined) paper.deed(visit, clock());
  });
  await new Promise<void>((over) =>
    signal.aborted ? over() : signal.addEventListener("abort", () => over(), { once: true }),
  );
}

/** What a person would call a visit; the pages between the login and back are none. */
function visitOf({ decision, host, path, status, email }: Seen): Deed | undefined {
  if (path === "/favicon.ico") return undefined;
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
      return { ...visit, what: `answered ${status}` };
    case "access-page":
    case "direct":
    case "fault":
      return undefined;
  }
}
