import { markOwned } from "../contract/owned.ts";
import type {
  AccessApplication,
  AccessApplicationChange,
  DesiredApplication,
  ForeignApplication,
  ObservedAccessApplications,
} from "./types.ts";

/** As it will be seen. @param known - in place of the id and the audience tag that nobody knows yet */
export function simulateAccessApplication(
  seen: ObservedAccessApplications,
  change: AccessApplicationChange,
  known: string,
): ObservedAccessApplications {
  if ("foreign" in change)
    return { ...seen, theirs: seen.theirs.flatMap((it) => (it.id === change.foreign.id ? without(it, change.place) : [it])) };
  if ("wish" in change) {
    const application = markOwned(applicationOf(change.wish, "at" in change ? change.at : undefined, known));
    return { ...seen, mine: new Map([...seen.mine, [application.route, application]]) };
  }
  if (!("at" in change)) return { ...seen, tagged: change.action === "create" };
  const { id } = change.at;
  return {
    ...seen,
    mine: new Map([...seen.mine].filter(([, it]) => it.id !== id)),
    doubles: seen.doubles.filter((it) => it.id !== id),
  };
}

const applicationOf = (wish: DesiredApplication, at: AccessApplication | undefined, known: string): AccessApplication => ({
  id: at?.id ?? known,
  aud: at?.aud ?? known,
  route: wish.route,
  name: wish.name,
  allowedIdps: [wish.idp],
  autoRedirect: true,
  session: wish.session,
  tags: [...new Set([...(at?.tags ?? []), wish.tag])].toSorted(),
  policies: wish.policies,
  launcher: { visible: wish.launcher.visible, logo: wish.launcher.logo ?? at?.launcher.logo },
  kept: at?.kept ?? {},
});

function without(foreign: ForeignApplication, place: string): readonly ForeignApplication[] {
  const covers = foreign.covers.filter((it) => it !== place);
  return covers.length === 0 ? [] : [{ ...foreign, covers }];
}
