import type { Docker } from "../../../src/clients/docker/docker.ts";
import { invalidDockerResponse, throwDockerError } from "../../../src/clients/docker/errors.ts";
import { largerThan } from "../../../src/clients/limited.ts";
import { MAX_CONTAINERS_COST } from "../../../src/clients/limits.ts";
import type { DockerAddress } from "../../../src/config/docker-address.ts";
import { networkProblems } from "../../../src/core/labels/network-problems.ts";
import { identityOf } from "../../../src/sources/docker/identity.ts";
import { workload } from "../../../test/support/builders.ts";
import { AS_IT_WAS, type Entry, type Said, sh, yaml } from "./entry.ts";
import { thrown } from "./run.ts";

const SOCKET = "/var/run/docker.sock";
const PROXY: DockerAddress = { kind: "tcp", host: "socket-proxy", port: 2375, tls: undefined };
const user = { uid: 65532, gids: [65532] };
const coded = (code: string) => Object.assign(new Error(code), { code });
const answered = (statusCode: number) =>
  Object.assign(new Error(String(statusCode)), { statusCode });

const said = (address: DockerAddress, path: string, error: Error): Promise<Said> =>
  thrown(() => throwDockerError({ address, path, user }, error));
const socket = (path: string): DockerAddress => ({ kind: "socket", path });

/** The group is read off the socket, which not every machine has: the root of the file system stands for it here. */
async function denied(): Promise<Said> {
  const { code, message, fix } = await said(socket("/"), "/info", coded("EACCES"));
  return {
    code,
    message: message.replace("unix:///:", `unix://${SOCKET}:`).replace("group 0,", "group 991,"),
    fix: fix.replace('"0"', '"991"'),
  };
}

let serial = 0;
/** Another id each time. */
const podman = {
  info: async () => ({ ID: String(serial++), ServerVersion: "5" }),
} as unknown as Docker;

export const ofDocker = {
  "CFA-DOCKER-DENIED": {
    says: async () => [await denied(), await said(socket("/nowhere"), "/info", coded("EACCES"))],
    so: "cfauth may not open Docker's socket: it runs as an ordinary user, and the socket belongs to a group.",
    why: "Without the list of containers nothing is known.",
    mend: [
      "Best: a socket proxy between the two, as in `docker-compose.example.yml`. Or the group, whose number is in the message:",
      sh("stat -Lc %g /var/run/docker.sock"),
      yaml("  cfauth:", '    group_add: ["991"]'),
      "Rights on the socket are those of root on the host, whether it is mounted `:ro` or not: [security.md](security.md#docker).",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-DOCKER-UNREACHABLE": {
    says: async () => [
      await said(socket(SOCKET), "/containers/json", coded("ENOENT")),
      await said(PROXY, "/containers/json", coded("ECONNREFUSED")),
      await said(PROXY, "/containers/json", coded("ABORT_ERR")),
      await said(PROXY, "/containers/json", largerThan(MAX_CONTAINERS_COST, "bytes")),
      invalidDockerResponse({ address: PROXY, path: "/containers/json", user }, "0.Id"),
      await thrown(() => identityOf(podman)),
    ],
    so: "Docker does not answer, answers more than cfauth reads, or what answers is no Docker engine. Podman answers, but without an id that lasts.",
    why: "Silence is not absence: cfauth never takes a missing answer for a list without containers.",
    mend: [
      "- Does the engine run? Is the socket mounted? `ENOENT` means that there is no file of that name in cfauth's container.\n- With a socket proxy: does it run, and is cfauth on its network? After an update of the engine a proxy may hold a dead socket: restart it.\n- Podman: set `CFAUTH_OWNER` to a name of your choice.",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-DOCKER-PROXY": {
    says: async () => [await said(PROXY, "/events", answered(403))],
    so: "The socket proxy does not let through something that cfauth reads.",
    why: "Without events cfauth would notice late or never, without the list it knows nothing.",
    mend: [
      "Allow `GET` on `/containers/json`, `/images/<id>/json`, `/events` and `/info`. Rules for three proxies: [security.md](security.md#docker).",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-NETWORK-DNS": {
    says: () =>
      (["any", "domain", "search"] as const).flatMap((outside) =>
        networkProblems(
          [workload({}, { networks: { tunnel: { ip: "172.18.0.2", outside } } })],
          ["tunnel"],
        ),
      ),
    so: "While a container runs, Docker's DNS answers for its name on the network, `wiki.tunnel`. While it is stopped, Docker asks the DNS outside. A DNS server there answers for such names: the network is called like a domain, a search domain of the host has a wildcard record, or the DNS answers everything. cfauth finds this out where it is on the network itself.",
    goesOn: true,
    why: "as long as the container runs, its name leads to it. Only within the grace period after a stop the route could lead to another machine; its login stays in front.",
    mend: [
      "Where a search domain answers, switch search domains off for both, and recreate them:",
      yaml("  cloudflared:", '    dns_search: "."', "  cfauth:", '    dns_search: "."'),
      "Where every name is answered, as some providers do in place of an error, give both another DNS server (`dns:`). Where the network is called like a domain, use short ids, which are in no domain, or a network with another name:",
      yaml("  cfauth:", "    environment:", "      CFAUTH_TARGET: id"),
    ],
    effect: "None: routes open and close as always.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
