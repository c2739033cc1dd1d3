import type { RouteKey } from "../core/domain/route.ts";
import { formatDuration } from "../core/text/duration.ts";
import { pluralise } from "../core/text/grammar.ts";
import type { Report } from "../status/report.ts";
import { type DoctorCheck, firstFew, passedCheck, type Requirement } from "./findings.ts";

export interface MarkedObjects {
  readonly owner: string;
  /** Whether CFAUTH_OWNER says so, and not the engine. */
  readonly named: boolean;
  /** Routes that stand and carry the owner's mark, and no container here asks for. */
  readonly unasked: readonly RouteKey[];
  /** Routes that a container here asks for and that do not stand as they are wished, though nothing keeps them from it. */
  readonly undone: readonly RouteKey[];
  /** The daemon beside, which must not be taken for another; undefined where none answers, or it is of another owner. */
  readonly daemon: Report | undefined;
  readonly startupGraceMs: number;
}

const NEED: Requirement = { id: "routes.owner", title: "nobody else uses this owner" };

/**
 * Whether somebody else goes by the owner's name: two daemons with one owner take down each other's routes. There is no list of
 * daemons to look at. What shows is what one of them leaves behind:
 *
 * | seen                                             | the daemon beside    | then                                   |
 * |--------------------------------------------------|----------------------|----------------------------------------|
 * | a route of the mark that nobody here asks for    | closes it            | nothing: its container has just gone   |
 * |                                                  | does not know of it  | a warning: it came from elsewhere      |
 * |                                                  | is not there         | a warning, if the owner was named      |
 * | a route that it calls live is not as it left it  | is there, and settled| a warning: somebody changed it         |
 */
export function findSharedOwner({
  owner,
  named,
  unasked,
  undone,
  daemon,
  startupGraceMs,
}: MarkedObjects): DoctorCheck {
  const stateOf = new Map(
    daemon?.routes.map((route) => [`${route.hostname}${route.path ?? ""}`, route.state]),
  );
  const strange =
    daemon === undefined ? (named ? unasked : []) : unasked.filter((key) => !stateOf.has(key));
  const changed =
    daemon?.lastPass?.result === "settled"
      ? undone.filter((key) => stateOf.get(key) === "live")
      : [];
  if (strange.length === 0 && changed.length === 0)
    return passedCheck(
      NEED.id,
      NEED.title,
      daemon === undefined ? "not seen" : `nobody else is seen to use owner ${owner}`,
    );
  const said = [
    ...(strange.length > 0
      ? [
          `${pluralise(strange.length, "route carries", "routes carry")} the mark of owner ${owner}, and no container here asks for ${strange.length === 1 ? "it" : "them"}: ${firstFew(strange)}`,
        ]
      : []),
    ...(changed.length > 0
      ? [
          `${firstFew(changed)} ${changed.length === 1 ? "is" : "are"} not as cfauth left ${changed.length === 1 ? "it" : "them"} ${ago(daemon)}`,
        ]
      : []),
  ];
  const maybe =
    daemon === undefined
      ? "their containers may only be stopped"
      : "somebody may have changed it by hand";
  return {
    ...NEED,
    result: "warn",
    detail: `${said.join("; ")}. This is how it looks when another machine runs cfauth as owner ${owner}, and then each takes down the other's routes; or ${maybe}`,
    code: "CFA-OWNER-SHARED",
    fixes: [
      `if there is another one, give each a CFAUTH_OWNER of its own${daemon === undefined ? ` before cfauth starts here, which closes them after ${formatDuration(startupGraceMs)}` : ""}`,
      `if there is none, there is nothing to do: cfauth ${changed.length > 0 ? "puts it right" : "closes what nobody asks for"} by itself`,
    ],
  };
}

const ago = (daemon: Report | undefined): string =>
  daemon?.lastPass ? `at ${daemon.lastPass.at.slice(11, 16)} UTC` : "";
