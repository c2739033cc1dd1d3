import { markOwned } from "../contract/owned.ts";
import type {
  AccessApplication,
  AccessApplicationChange,
  DesiredApplication,
  ForeignApplication,
  ObservedAccessApplications,
} from "./types.ts";

/**
 * What will be observed after the change.
 *
 * @param known - stands in for the id and the audience tag, which are not known yet
 */
export function simulateAccessApplication(
  observed: ObservedAccessApplications,
  change: AccessApplicationChange,
  known: string,
): ObservedAccessApplications {
  if ("foreign" in change)
    return {
      ...observed,
      theirs: observed.theirs.flatMap((it) =>
        it.id === change.foreign.id ? removeDestination(it, change.place) : [it],
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
  existing: AccessApplication | undefined,
  known: string,
): AccessApplication => ({
  id: existing?.id ?? known,
  aud: existing?.aud ?? known,
  route: desired.route,
  name: desired.name,
  allowedIdps: [desired.idp],
  autoRedirect: true,
  session: desired.session,
  tags: [...new Set([...(existing?.tags ?? []), desired.tag])].toSorted(),
  policies: desired.policies,
  launcher: {
    visible: desired.launcher.visible,
    logo: desired.launcher.logo ?? existing?.launcher.logo,
  },
  unmanagedFields: existing?.unmanagedFields ?? {},
});

function removeDestination(
  foreign: ForeignApplication,
  place: string,
): readonly ForeignApplication[] {
  const destinations = foreign.destinations.filter((it) => it !== place);
  return destinations.length === 0 ? [] : [{ ...foreign, destinations }];
}
