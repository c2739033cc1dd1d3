import { hasReached, passwordOf, type RunningDemo, USER } from "../context.ts";
import type { Open } from "../launch.ts";
import { asksForPassword, heading, type Visitor, visitor } from "../visitor.ts";

/** Someone with an account in Authentik requests the page. @returns her, logged in */
export async function aliceComes(
  { output, setup, journal, begin }: RunningDemo,
  { host, url, words }: Open,
): Promise<Visitor> {
  const before = setup.seen.length;
  output.chapter("Alice visits");
  begin();
  const alice = visitor();
  const wrong = await alice.submit(await alice.open(url), { username: USER, password: "guessed" });
  output.check(
    asksForPassword(wrong) && !hasReached(setup.seen.slice(before), host),
    "with a wrong password she gets no further than the stranger",
  );
  output.blank();
  const consent = await alice.submit(wrong, { username: USER, password: passwordOf(USER) });
  const page = await alice.submit(consent, {});
  const visit = setup.seen
    .slice(before)
    .find(({ decision, host: at }) => decision === "origin" && at === host);
  output.pairs([
    ["Authentik asks", `name and password?  ${USER}, ${passwordOf(USER)}`],
    ["Authentik asks", "may Cloudflare know her name and e-mail address?  yes"],
    ["Access knows", `${visit?.email ?? "nobody"}, and lets her in`],
    ["the container", `${page.status} “${heading(page)}”`],
  ]);
  output.blank();
  const asked = consent.html.includes('id="consent"');
  output.check(
    asked && page.status === 200 && page.url.href === url && heading(page) === words,
    "this is the container's own page, with the name that Docker gave the container",
  );
  output.check(
    visit?.access === "passed" && visit.email === `${USER}@example.com`,
    "she got there through her login, not around it",
  );
  output.check(journal.calls() === 0, "cfauth was not involved: it made no API calls meanwhile");
  return alice;
}
