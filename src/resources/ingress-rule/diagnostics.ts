import type { Problem } from "../../core/domain/problem.ts";
import type { Diagnostic } from "../../core/plan/resource.ts";
import type { ObservedTunnel } from "../tunnel/types.ts";
import type { ObservedIngressRules } from "./types.ts";

interface Needs {
  readonly ingress: Pick<ObservedIngressRules, "behind" | "contested" | "takesMark" | "mark">;
  readonly tunnel: Pick<ObservedTunnel, "name">;
}

/** Problems of the tunnel's document as a whole, which belong to no route. */
export const diagnoseTunnelRules: Diagnostic<Needs> = ({ ingress, tunnel }) => [
  ...(ingress.behind ? [diagnosePropagation(tunnel.name)] : []),
  ...(ingress.contested ? [contestedProblem(ingress.mark)] : []),
  ...(ingress.takesMark ? [] : [unmarkedProblem()]),
];

const NO_ROUTE = {
  container: undefined,
  label: undefined,
  route: undefined,
  effect: "unchanged",
} as const;

/** Also for doctor. */
export const diagnosePropagation = (tunnel: string): Problem => ({
  ...NO_ROUTE,
  code: "CFA-TUNNEL-BEHIND",
  severity: "error",
  message: `a cloudflared of the tunnel ${tunnel} still runs older rules than those that cfauth wrote, so what was closed or narrowed may still be open`,
  about: "",
  fix: "read in docker compose logs cloudflared which rule it refuses and correct that label; else restart it: docker compose restart cloudflared",
});

const contestedProblem = (mark: string): Problem => ({
  ...NO_ROUTE,
  code: "CFA-TUNNEL-CONTESTED",
  severity: "warning",
  message:
    "another writer has changed or removed cfauth's rules in the tunnel 4 times within 10 minutes, and cfauth restored them each time",
  about: "",
  fix: `find the other writer: another tool on this tunnel, or a second cfauth with the owner ${mark.slice("cfauth:".length)}; give each a tunnel or a CFAUTH_OWNER of its own`,
});

const unmarkedProblem = (): Problem => ({
  ...NO_ROUTE,
  code: "CFA-TUNNEL-UNMARKED",
  severity: "warning",
  message:
    "Cloudflare refuses cfauth's mark in the tunnel's rules, so cfauth cannot recognise a rule of its own that is restored after its Access application is gone",
  about: "",
  fix: "report this to cfauth; after another tool has written the tunnel's rules, remove those that no container asks for under Zero Trust → Networks → Tunnels → Public hostnames",
});
