import type { Docker } from "../../../src/clients/docker/docker.ts";
import { invalidDockerResponse, throwDockerError } from "../../../src/clients/docker/errors.ts";
import { largerThan } from "../../../src/clients/limited.ts";
import { MAX_CONTAINERS_COST } from "../../../src/clients/limits.ts";
import type { DockerAddress } from "../../../src/config/docker-address.ts";
import { networkProblems } from "../../../src/core/labels/network-problems.ts";
import { identityOf } from "../../../src/sources/docker/identity.ts";
import { workload } from "../../../test/support/builders.ts";
import { type Entry, NOTHING_CHANGES, type ShownProblem, sh, yaml } from "./entry.ts";
import { catchServiceError } from "./run.ts";

const SOCKET = "/var/run/docker.sock";
const PROXY: DockerAddress = { kind: "tcp", host: "socket-proxy", port: 2375, tls: undefined };
const user = { uid: 65532, gids: [65532] };
const coded = (code: string) => Object.assign(new Error(code), { code });
const answered = (statusCode: number) =>
  Object.assign(new Error(String(statusCode)), { statusCode });

const dockerProblem = (address: DockerAddress, path: string, error: Error): Promise<ShownProblem> =>
  catchServiceError(() => throwDockerError({ address, path, user }, error));
const socket = (path: string): DockerAddress => ({ kind: "socket", path });

/** cfauth reads the group from the socket, which not every machine has. The root of the file system replaces it here. */
async function deniedSocket(): Promise<ShownProblem> {
  const { code, message, fix } = await dockerProblem(socket("/"), "/info", coded("EACCES"));
  return {
    code,
    message: message.replace("unix:///:", `unix://${SOCKET}:`).replace("group 0,", "group 991,"),
    fix: fix.replace('"0"', '"991"'),
  };
}

let serial = 0;
/** Another id on each call. */
const podman = {
  info: async () => ({ ID: String(serial++), ServerVersion: "5" }),
} as unknown as Docker;

export const DOCKER = {
  "CFA-DOCKER-DENIED": {
    title: "no permission to open the Docker socket",
    messages: async () => [
      await deniedSocket(),
      await dockerProblem(socket("/nowhere"), "/info", coded("EACCES")),
    ],
    meaning:
      "cfauth has no permission to open the Docker socket: it runs as an ordinary user, and the socket belongs to a group.",
    reason: "Without the list of containers cfauth does not know what to route.",
    solution: [
      "The best way is a socket proxy in between, as in `docker-compose.example.yml`. Or add the group; its number is in the message:",
      sh("stat -Lc %g /var/run/docker.sock"),
      yaml("  cfauth:", '    group_add: ["991"]'),
      "Access to the socket means root on the host, even if it is mounted `:ro`: [security.md](security.md#docker).",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-DOCKER-UNREACHABLE": {
    title: "Docker does not answer",
    messages: async () => [
      await dockerProblem(socket(SOCKET), "/containers/json", coded("ENOENT")),
      await dockerProblem(PROXY, "/containers/json", coded("ECONNREFUSED")),
      await dockerProblem(PROXY, "/containers/json", coded("ABORT_ERR")),
      await dockerProblem(PROXY, "/containers/json", largerThan(MAX_CONTAINERS_COST, "bytes")),
      invalidDockerResponse({ address: PROXY, path: "/containers/json", user }, "0.Id"),
      await catchServiceError(() => identityOf(podman)),
    ],
    meaning:
      "Docker does not answer, sends a larger answer than cfauth reads, or something that is not a Docker engine answers. Podman answers, but has no permanent id.",
    reason:
      'No answer is not an empty list: cfauth never treats a missing answer as "no containers".',
    solution: [
      "- Does the engine run? Is the socket mounted? `ENOENT` means that cfauth's container has no file of that name.\n- With a socket proxy: does it run, and is cfauth on its network? After an update of the engine a proxy may still use a dead socket: restart it.\n- Podman: set `CFAUTH_OWNER` to a name of your choice.",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-DOCKER-PROXY": {
    title: "the socket proxy rejects a request",
    messages: async () => [await dockerProblem(PROXY, "/events", answered(403))],
    meaning: "The socket proxy rejects a request that cfauth needs.",
    reason:
      "Without events cfauth would notice changes late or never. Without the list it knows nothing.",
    solution: [
      "Allow `GET` on `/containers/json`, `/images/<id>/json`, `/events` and `/info`. Rules for three proxies: [security.md](security.md#docker).",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-NETWORK-DNS": {
    title: "an outside DNS server answers for container names",
    messages: () =>
      (["any", "domain", "search"] as const).flatMap((outside) =>
        networkProblems(
          [workload({}, { networks: { tunnel: { ip: "172.18.0.2", outside } } })],
          ["tunnel"],
        ),
      ),
    meaning:
      "While a container runs, Docker's DNS answers for its name on the network, `wiki.tunnel`. While it is stopped, Docker asks the DNS outside. A DNS server there answers for such names: the network is named like a domain, a search domain of the host has a wildcard record, or the DNS server answers every name. cfauth detects this if it is on the network itself.",
    warning: true,
    reason:
      "While the container runs, its name leads to it. Only during the grace period after a stop could the route lead to another machine, and its login stays in front.",
    solution: [
      "If a search domain answers, switch search domains off for both, and recreate them:",
      yaml("  cloudflared:", '    dns_search: "."', "  cfauth:", '    dns_search: "."'),
      "If the DNS server answers every name, as some providers do instead of an error, give both another DNS server (`dns:`). If the network is named like a domain, use short ids, which no domain contains, or a network with another name:",
      yaml("  cfauth:", "    environment:", "      CFAUTH_TARGET: id"),
    ],
    effect: "None: routes open and close as usual.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
