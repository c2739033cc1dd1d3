import type { RouteKey } from "../core/domain/route.ts";
import { formatDuration } from "../core/text/duration.ts";
import { pluralise } from "../core/text/grammar.ts";
import type { Report } from "../status/report.ts";
import { type DoctorCheck, firstFew, passedCheck, type Requirement } from "./findings.ts";

export interface MarkedObjects {
  readonly owner: string;
  /** True if CFAUTH_OWNER sets the owner; false if it is derived from the engine. */
  readonly named: boolean;
  /** Deployed routes that carry the owner's mark and that no container here requests. */
  readonly unasked: readonly RouteKey[];
  /**
   * Routes that a container here requests and that are not in sync, although nothing prevents that.
   */
  readonly undone: readonly RouteKey[];
  /**
   * The report of the local daemon, which must not be mistaken for another one; undefined if none
   * answers or it has another owner.
   */
  readonly daemon: Report | undefined;
  readonly startupGraceMs: number;
}

const CHECK: Requirement = { id: "routes.owner", title: "no other daemon uses this owner" };

/**
 * Checks whether another daemon uses the same owner: two daemons with one owner remove each other's
 * routes. There is no list of daemons. Only the objects that a daemon leaves behind give a hint:
 *
 * | observed                                  | local daemon     | result                          |
 * |-------------------------------------------|------------------|---------------------------------|
 * | marked route that no container here wants | is closing it    | pass: its container just ended  |
 * |                                           | does not know it | warning: it came from elsewhere |
 * |                                           | does not run     | warning, if CFAUTH_OWNER is set |
 * | route that it calls live is not in sync   | runs, is settled | warning: somebody changed it    |
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
  const foreignRoutes =
    daemon === undefined ? (named ? unasked : []) : unasked.filter((key) => !stateOf.has(key));
  const changed =
    daemon?.lastPass?.result === "settled"
      ? undone.filter((key) => stateOf.get(key) === "live")
      : [];
  if (foreignRoutes.length === 0 && changed.length === 0)
    return passedCheck(
      CHECK.id,
      CHECK.title,
      daemon === undefined ? "not seen" : `no other daemon with owner ${owner} found`,
    );
  const reasons = [
    ...(foreignRoutes.length > 0
      ? [
          `${pluralise(foreignRoutes.length, "route carries", "routes carry")} the mark of owner ${owner}, but no container here requests ${foreignRoutes.length === 1 ? "it" : "them"}: ${firstFew(foreignRoutes)}`,
        ]
      : []),
    ...(changed.length > 0
      ? [
          `${firstFew(changed)} ${changed.length === 1 ? "is" : "are"} not as cfauth left ${changed.length === 1 ? "it" : "them"} ${lastPassTime(daemon)}`,
        ]
      : []),
  ];
  const otherExplanation =
    daemon === undefined
      ? "their containers may just be stopped"
      : "somebody may have changed it by hand";
  return {
    ...CHECK,
    result: "warn",
    detail: `${reasons.join("; ")}. Another machine may run cfauth with owner ${owner}, and then each removes the other's routes; or ${otherExplanation}`,
    code: "CFA-OWNER-SHARED",
    fixes: [
      `if there is another one, give each its own CFAUTH_OWNER${daemon === undefined ? ` before cfauth starts here, because it closes them after ${formatDuration(startupGraceMs)}` : ""}`,
      `if there is none, there is nothing to do: cfauth ${changed.length > 0 ? "corrects it" : "closes what nobody requests"} by itself`,
    ],
  };
}

const lastPassTime = (daemon: Report | undefined): string =>
  daemon?.lastPass ? `at ${daemon.lastPass.at.slice(11, 16)} UTC` : "";
