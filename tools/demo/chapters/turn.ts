import type { Seen } from "../../../test/sandbox/edge/visit.ts";
import { dockerRunCommand } from "../containers.ts";
import { authHost, passwordOf, type RunningDemo, USER } from "../context.ts";
import type { JournalEntry } from "../journal-entry.ts";
import { launch } from "../launch.ts";

/** Starts a container that stays up, and reports what happens until the signal arrives. */
export async function yourTurn(running: RunningDemo): Promise<void> {
  const { output, setup, signal, begin, clock } = running;
  output.chapter("Your turn");
  const { run, url } = await launch(running, {
    name: "whoami-2",
    at: "whoami",
    text: "The same again, and this one stays up:",
  });
  output.blank();
  output.pairs([
    ["open", `${url}  in Chrome, Edge or Firefox`],
    ["user", USER],
    ["password", passwordOf(USER)],
    ["status", `${running.daemon.url()}/  (cfauth's own page)`],
    [
      "library",
      `${setup.sandbox.edge.url(authHost(setup))}/if/user/  (its tiles lead to https:// addresses, where the real Cloudflare would answer)`,
    ],
  ]);
  output.blank();
  output.say("Try this in another terminal:");
  output.blank();
  output.command(
    ...dockerRunCommand({
      ...run,
      name: "wiki",
      labels: { "cfauth.hostname": `wiki.${setup.sandbox.zone}` },
    }),
  );
  output.command(`docker stop ${run.name}`);
  output.blank();
  output.say(
    "The demo shows here what happens. Ctrl-C ends the demo and removes everything that it created.",
  );
  output.blank();
  begin();
  setup.onSeen((seen) => {
    const visit = visitOf(seen);
    if (visit !== undefined) output.entry(visit, clock());
  });
  await new Promise<void>((over) =>
    signal.aborted ? over() : signal.addEventListener("abort", () => over(), { once: true }),
  );
}

/** Pages between the login and the return do not count as visits. */
function visitOf({ decision, host, path, status, email }: Seen): JournalEntry | undefined {
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
