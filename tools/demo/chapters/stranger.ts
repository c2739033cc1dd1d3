import { authHost, hasReached, type RunningDemo, teamHost } from "../context.ts";
import type { Open } from "../launch.ts";
import { asksForPassword, heading, type Page, visitor } from "../visitor.ts";

/** Someone without a login requests the page. */
export async function strangerComes(running: RunningDemo, { host, url }: Open): Promise<void> {
  const { output, setup } = running;
  const before = setup.seen.length;
  output.chapter("A stranger visits");
  output.command(`curl --location --cookie "" ${url}`);
  output.blank();
  const page = await visitor().open(url);
  output.pairs(redirects(page, running));
  output.blank();
  const [first, second] = page.way;
  const turned =
    first?.status === 302 &&
    second?.url.hostname === teamHost(setup) &&
    page.url.hostname === authHost(setup);
  output.check(turned && asksForPassword(page), "the stranger is sent to the login");
  output.check(
    !hasReached(setup.seen.slice(before), host),
    "the request did not reach the container",
  );
}

/** Each redirect on the way, and where it leads. */
function redirects(
  { way, ...page }: Page,
  { setup }: RunningDemo,
): readonly (readonly [string, string])[] {
  const owners: Readonly<Record<string, string>> = {
    [teamHost(setup)]: "Cloudflare Access",
    [authHost(setup)]: "Authentik",
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
