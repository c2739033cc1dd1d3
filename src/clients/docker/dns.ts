import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";

/** The address of Docker's DNS in a container on a user-defined network. */
const DOCKER_DNS = "127.0.0.11";

/** Errors that mean the name does not exist or has no IPv4 address. Other errors prove nothing. */
const NO_SUCH_NAME: readonly string[] = ["ENOTFOUND", "ENODATA"];

/** Docker's DNS. Lookups change nothing, and a missing response is never an error. */
export interface DockerDns {
  /**
   * Looks up the IPv4 addresses of several names; a name that does not exist has none. A name
   * without a response in time is left out. Node lower-cases the names.
   *
   * @param timeoutMs - for all names together
   */
  addresses(
    names: readonly string[],
    timeoutMs: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The search domains of this container's resolver. */
  searchDomains(): readonly string[];
}

export const createDockerDns = (
  servers: readonly string[] = [DOCKER_DNS],
  resolvConf = "/etc/resolv.conf",
): DockerDns => ({
  addresses: async (names, timeoutMs) => {
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    resolver.setServers([...servers]);
    const timer = setTimeout(() => resolver.cancel(), timeoutMs);
    try {
      const lookups = [...new Set(names)].map(
        async (name) => [name, await addressesOf(resolver, name)] as const,
      );
      const answers = await Promise.all(lookups);
      return new Map(answers.flatMap(([name, all]) => (all === undefined ? [] : [[name, all]])));
    } finally {
      clearTimeout(timer);
    }
  },
  searchDomains: () => searchDomainsIn(textOf(resolvConf)),
});

async function addressesOf(
  resolver: Resolver,
  name: string,
): Promise<readonly string[] | undefined> {
  try {
    return (await resolver.resolve4(name)).toSorted();
  } catch (error) {
    return NO_SUCH_NAME.includes((error as { code?: string }).code ?? "") ? [] : undefined;
  }
}

/** The last `search` or `domain` line counts, as in resolv.conf(5). A single dot is no domain. */
export function searchDomainsIn(text: string): readonly string[] {
  const [last = ""] = [...text.matchAll(/^\s*(?:search|domain)[ \t]+(.*)$/gm)]
    .map(([, domains = ""]) => domains)
    .slice(-1);
  return last.split(/\s+/).filter((domain) => domain !== "" && domain !== ".");
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
