import type { Open } from "../launch.ts";
import { passwordOf, type Running, reached, USER } from "../telling.ts";
import { asksForPassword, heading, type Visitor, visitor } from "../visitor.ts";

/** Somebody whom Authentik knows asks for the page. @returns her, logged in */
export async function aliceComes(
  { paper, stage, journal, begin }: Running,
  { host, url, words }: Open,
): Promise<Visitor> {
  const before = stage.seen.length;
  paper.chapter("Alice comes");
  begin();
  const alice = visitor();
  const wrong = await alice.submit(await alice.open(url), { username: USER, password: "guessed" });
  paper.check(
    asksForPassword(wrong) && !reached(stage.seen.slice(before), host),
    "with a wrong password she gets no further than the stranger",
  );
  paper.blank();
  const consent = await alice.submit(wrong, { username: USER, password: passwordOf(USER) });
  const page = await alice.submit(consent, {});
  const visit = stage.seen
    .slice(before)
    .find(({ decision, host: at }) => decision === "origin" && at === host);
  paper.pairs([
    ["Authentik asks", `name and password?  ${USER}, ${passwordOf(USER)}`],
    ["Authentik asks", "may Cloudflare know her name and e-mail address?  yes"],
    ["Access knows", `${visit?.email ?? "nobody"}, and lets her in`],
    ["the container", `${page.status} “${heading(page)}”`],
  ]);
  paper.blank();
  const asked = consent.html.includes('id="consent"');
  paper.check(
    asked && page.status === 200 && page.url.href === url && heading(page) === words,
    "that is the container's own page; the name is the one that Docker gave it",
  );
  paper.check(
    visit?.access === "passed" && visit.email === `${USER}@example.com`,
    "she got there by her login, not past it",
  );
  paper.check(journal.calls() === 0, "cfauth had no part in it: no call to anybody meanwhile");
  return alice;
}
