import type { Problem } from "../domain/problem.ts";
import type { OutsideDns, Workload } from "../domain/workload.ts";

/**
 * Warnings for networks whose names the DNS outside Docker answers too. While a container is
 * stopped, its name leads to another machine.
 */
export function networkProblems(
  workloads: readonly Workload[],
  networks: readonly string[],
): readonly Problem[] {
  return [...new Set(networks)].toSorted().flatMap((network) => {
    const outside = workloads.flatMap((it) => it.networks[network]?.outside ?? []).at(0);
    return outside === undefined ? [] : [outsideDnsProblem(network, outside)];
  });
}

function outsideDnsProblem(network: string, outside: OutsideDns): Problem {
  const { message, fix } = sentencesOf(network, outside);
  return {
    code: "CFA-NETWORK-DNS",
    severity: "warning",
    container: undefined,
    label: undefined,
    route: undefined,
    message,
    effect: "unchanged",
    fix,
  };
}

function sentencesOf(network: string, outside: OutsideDns): Pick<Problem, "message" | "fix"> {
  switch (outside) {
    case "any":
      return {
        message: `the DNS outside Docker answers every name, including those of stopped containers on ${network}, so their routes lead to another machine until they close`,
        fix: 'set dns: "9.9.9.9", or another server that does not do this, on cloudflared and on cfauth in compose.yaml, and recreate both',
      };
    case "domain":
      return {
        message: `the DNS outside Docker answers names that end with .${network}, so the route of a stopped container leads to another machine until it closes`,
        fix: "set CFAUTH_TARGET=id on cfauth, or use a network whose name is not a domain, such as tunnel, and set CFAUTH_NETWORK to it",
      };
    case "search":
      return {
        message: `a search domain answers names such as app.${network}, so the route of a stopped container leads to another machine until it closes`,
        fix: 'set dns_search: "." on cloudflared and on cfauth in compose.yaml, and recreate both',
      };
  }
}
