import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";

/** Docker's own DNS, as a container on a network with a name of its own reaches it. */
const DOCKER_DNS = "127.0.0.11";

/** By these the server says that there is no such name, or none with an IPv4 address. Anything else says nothing. */
const NO_SUCH_NAME: readonly string[] = ["ENOTFOUND", "ENODATA"];

/** Docker's DNS. Asking it changes nothing, and no answer is never an error. */
export interface DockerDns {
  /**
   * The IPv4 addresses of all these names, none where there is no such name. A name that was not answered in time, or not at all, is
   * left out. Node asks in lower case.
   *
   * @param timeoutMs - for all of them together
   */
  addresses(
    names: readonly string[],
    timeoutMs: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The domains in which a resolver of this container looks for a name that it has not found. */
  searchDomains(): readonly string[];
}

export const createDockerDns = (
  servers: readonly string[] = [DOCKER_DNS],
  resolvConf = "/etc/resolv.conf",
): DockerDns => ({
  addresses: async (names, timeoutMs) => {
    const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
    resolver.setServers([...servers]);
    const late = setTimeout(() => resolver.cancel(), timeoutMs);
    try {
      const asked = [...new Set(names)].map(
        async (name) => [name, await addressesOf(resolver, name)] as const,
      );
      const answers = await Promise.all(asked);
      return new Map(answers.flatMap(([name, all]) => (all === undefined ? [] : [[name, all]])));
    } finally {
      clearTimeout(late);
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

/** The last `search` or `domain` line counts, as in resolv.conf(5); a dot alone is no domain. */
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
