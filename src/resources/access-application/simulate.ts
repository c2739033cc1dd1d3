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
  observed: ObservedAccessApplications,
  change: AccessApplicationChange,
  known: string,
): ObservedAccessApplications {
  if ("foreign" in change)
    return {
      ...observed,
      theirs: observed.theirs.flatMap((it) =>
        it.id === change.foreign.id ? without(it, change.place) : [it],
      ),
    };
  if ("desired" in change) {
    const application = markOwned(
      applicationOf(change.desired, "existing" in change ? change.existing : undefined, known),
    );
    return { ...observed, mine: new Map([...observed.mine, [application.route, application]]) };
  }
  if (!("existing" in change)) return { ...observed, tagged: change.action === "create" };
  const { id } = change.existing;
  return {
    ...observed,
    mine: new Map([...observed.mine].filter(([, it]) => it.id !== id)),
    duplicates: observed.duplicates.filter((it) => it.id !== id),
  };
}

const applicationOf = (
  desired: DesiredApplication,
  at: AccessApplication | undefined,
  known: string,
): AccessApplication => ({
  id: at?.id ?? known,
  aud: at?.aud ?? known,
  route: desired.route,
  name: desired.name,
  allowedIdps: [desired.idp],
  autoRedirect: true,
  session: desired.session,
  tags: [...new Set([...(at?.tags ?? []), desired.tag])].toSorted(),
  policies: desired.policies,
  launcher: { visible: desired.launcher.visible, logo: desired.launcher.logo ?? at?.launcher.logo },
  unmanagedFields: at?.unmanagedFields ?? {},
});

function without(foreign: ForeignApplication, place: string): readonly ForeignApplication[] {
  const covers = foreign.destinations.filter((it) => it !== place);
  return covers.length === 0 ? [] : [{ ...foreign, destinations: covers }];
}
