import { launch, type Open } from "../launch.ts";
import { seconds } from "../paper.ts";
import { asTold, counted, FRIEND, passwordOf, type Running, reached, USER } from "../telling.ts";
import { heading, type Page, type Visitor, visitor } from "../visitor.ts";

/** A container that only members of a group may enter; its labels ask for a path without a login and a name as well. */
export async function familyOpens(running: Running): Promise<Open> {
  const { paper, stage, journal } = running;
  const before = stage.seen.length;
  paper.chapter("A container for the family");
  const open = await launch(running, {
    name: "photos",
    labels: { "access.groups": "family", "access.bypass": "/hooks", "app.name": "Photos" },
    text: "From now on a login also says who is in that group. The rest works as before; the path for webhooks is a route of its own:",
  });
  paper.blank();
  const whole = await asTold(running, [
    "scope",
    "Access policy",
    "Access application",
    "ingress rule",
    "DNS record",
    "tile",
  ]);
  paper.check(
    whole,
    `open ${seconds(open.ms)} after the start of the container, with ${counted(journal)}`,
  );
  paper.check(
    !reached(stage.seen.slice(before), open.host),
    "meanwhile nobody got to the container",
  );
  return open;
}

/** One who is in the group, and one who is not. @param alice - logged in already */
export async function onlyFamilyEnters(
  { paper, stage }: Running,
  { host, url, words }: Open,
  alice: Visitor,
): Promise<void> {
  paper.chapter("Alice may, Bob may not");
  const hers = await agreed(alice, await alice.open(url));
  const before = stage.seen.length;
  const bob = visitor();
  const his = await agreed(
    bob,
    await bob.submit(await bob.open(url), { username: FRIEND, password: passwordOf(FRIEND) }),
  );
  paper.pairs([
    [USER, `in the group family   ${hers.status} “${heading(hers)}”`],
    [FRIEND, `not in it             ${his.status} “${heading(his)}”`],
  ]);
  paper.blank();
  paper.check(
    hers.status === 200 && heading(hers) === words,
    "Alice got in without her password, since she is logged in",
  );
  const shut = his.status === 403 && !reached(stage.seen.slice(before), host);
  paper.check(
    shut,
    "Bob is known as well, and was turned away by Cloudflare; the container heard nothing of him",
  );
}

/** Authentik asks whether Cloudflare may know more than before. */
const agreed = (who: Visitor, page: Page): Promise<Page> =>
  page.html.includes('id="consent"') ? who.submit(page, {}) : Promise.resolve(page);
