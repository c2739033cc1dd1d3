import type { Open } from "../launch.ts";
import { authHost, type Running, reached, teamHost } from "../telling.ts";
import { asksForPassword, heading, type Page, visitor } from "../visitor.ts";

/** Somebody who is not logged in asks for the page. */
export async function strangerComes(running: Running, { host, url }: Open): Promise<void> {
  const { paper, stage } = running;
  const before = stage.seen.length;
  paper.chapter("A stranger comes");
  paper.command(`curl --location --cookie "" ${url}`);
  paper.blank();
  const page = await visitor().open(url);
  paper.pairs(signposts(page, running));
  paper.blank();
  const [first, second] = page.way;
  const turned =
    first?.status === 302 &&
    second?.url.hostname === teamHost(stage) &&
    page.url.hostname === authHost(stage);
  paper.check(turned && asksForPassword(page), "turned away to the login");
  paper.check(!reached(stage.seen.slice(before), host), "the container heard nothing of it");
}

/** Each place on the way, and where it points to. */
function signposts(
  { way, ...page }: Page,
  { stage }: Running,
): readonly (readonly [string, string])[] {
  const owners: Readonly<Record<string, string>> = {
    [teamHost(stage)]: "Cloudflare Access",
    [authHost(stage)]: "Authentik",
  };
  return way.flatMap(({ status, url }, index): (readonly [string, string])[] => {
    const next = way[index + 1]?.url.hostname;
    if (next === undefined)
      return [[`${status}`, `“${heading(page)}” – a form for name and password`]];
    return next === url.hostname
      ? []
      : [[`${status}`, `→ ${next}  (${owners[next] ?? "the container"})`]];
  });
}
