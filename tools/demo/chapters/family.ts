import {
  countCalls,
  didAll,
  FRIEND,
  hasReached,
  passwordOf,
  type RunningDemo,
  USER,
} from "../context.ts";
import { launch, type Open } from "../launch.ts";
import { seconds } from "../output.ts";
import { heading, type Page, type Visitor, visitor } from "../visitor.ts";

/** A container for members of a group. Its labels also ask for a path without a login and for a name. */
export async function familyOpens(running: RunningDemo): Promise<Open> {
  const { output, setup, journal } = running;
  const before = setup.seen.length;
  output.chapter("A container for the family");
  const open = await launch(running, {
    name: "photos",
    labels: { "access.groups": "family", "access.bypass": "/hooks", "app.name": "Photos" },
    text: "From now on each login also carries the person's groups. The rest works as before; the webhook path is its own route:",
  });
  output.blank();
  const whole = await didAll(running, [
    "scope",
    "Access policy",
    "Access application",
    "ingress rule",
    "DNS record",
    "tile",
  ]);
  output.check(
    whole,
    `open ${seconds(open.ms)} after the start of the container, with ${countCalls(journal)}`,
  );
  output.check(
    !hasReached(setup.seen.slice(before), open.host),
    "meanwhile nobody reached the container",
  );
  return open;
}

/** Alice is in the group, Bob is not. @param alice - already logged in */
export async function onlyFamilyEnters(
  { output, setup }: RunningDemo,
  { host, url, words }: Open,
  alice: Visitor,
): Promise<void> {
  output.chapter("Alice may, Bob may not");
  const hers = await giveConsent(alice, await alice.open(url));
  const before = setup.seen.length;
  const bob = visitor();
  const his = await giveConsent(
    bob,
    await bob.submit(await bob.open(url), { username: FRIEND, password: passwordOf(FRIEND) }),
  );
  output.pairs([
    [USER, `in the group family   ${hers.status} “${heading(hers)}”`],
    [FRIEND, `not in it             ${his.status} “${heading(his)}”`],
  ]);
  output.blank();
  output.check(
    hers.status === 200 && heading(hers) === words,
    "Alice got in without her password, because she is already logged in",
  );
  const shut = his.status === 403 && !hasReached(setup.seen.slice(before), host);
  output.check(shut, "Bob has an account too, but Cloudflare turned him away before the container");
}

/** Gives consent if Authentik asks whether Cloudflare may know more than before. */
const giveConsent = (who: Visitor, page: Page): Promise<Page> =>
  page.html.includes('id="consent"') ? who.submit(page, {}) : Promise.resolve(page);
