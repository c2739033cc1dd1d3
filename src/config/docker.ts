import { mayBePrivateHost } from "../core/domain/private-host.ts";
import type { DockerAddress } from "./docker-address.ts";
import type { SettingFault } from "./fault.ts";
import { codeOf } from "./read-environment.ts";

type Read = { readonly address: DockerAddress } | { readonly faults: readonly SettingFault[] };

const DEFAULT_SOCKET = "/var/run/docker.sock";

/**
 * Reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH the way the Docker CLI does.
 *
 * | DOCKER_HOST             | connection                                             |
 * |-------------------------|--------------------------------------------------------|
 * | not set, unix://        | the local socket                                       |
 * | unix:///path            | that socket                                            |
 * | tcp://host[:2375]       | plain HTTP, to private networks only                   |
 * | … and DOCKER_TLS_VERIFY | TLS, port 2376, certificates from DOCKER_CERT_PATH     |
 * | http://, https://       | plain HTTP (private networks only), or TLS             |
 * | ssh://, npipe://, fd:// | rejected                                               |
 */
export function readDockerAddress(
  texts: Readonly<Record<string, string>>,
  readFile: (path: string) => string,
): Read {
  const text = texts["DOCKER_HOST"] ?? "unix://";
  if (text.startsWith("unix://"))
    return parseSocket(text.slice("unix://".length) || DEFAULT_SOCKET);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["tcp:", "http:", "https:"].includes(url.protocol))
    return dockerHostFault(
      "is not a Docker address that cfauth supports",
      "write unix:///var/run/docker.sock or tcp://host:2375",
    );
  if (url.hostname === "")
    return dockerHostFault("has no host", "write it like tcp://socket-proxy:2375");
  if (!["", "/"].includes(url.pathname) || /[?#@]/.test(text))
    return dockerHostFault(
      "has more than a host and a port",
      "write it like tcp://socket-proxy:2375",
    );
  const tls =
    url.protocol === "https:" ||
    (url.protocol === "tcp:" && texts["DOCKER_TLS_VERIFY"] !== undefined);
  const at = { host: url.hostname.replace(/^\[|\]$/g, ""), port: portOf(url, tls) };
  if (!tls && !mayBePrivateHost(at.host))
    return dockerHostFault(
      "connects to an engine on the internet without TLS, so anyone on the way could decide what cfauth publishes",
      "write https:// or set DOCKER_TLS_VERIFY=1, or use a tunnel such as ssh -L 2375:/var/run/docker.sock",
    );
  if (!tls) return { address: { kind: "tcp", ...at, tls: undefined } };
  const certificates = readCertificates(texts["DOCKER_CERT_PATH"], readFile);
  return "faults" in certificates
    ? certificates
    : { address: { kind: "tcp", ...at, tls: certificates } };
}

const parseSocket = (path: string): Read =>
  path.startsWith("/")
    ? { address: { kind: "socket", path } }
    : dockerHostFault("is not an absolute path", "write unix:///var/run/docker.sock");

const dockerHostFault = (why: string, fix: string): Read => ({
  faults: [{ name: "DOCKER_HOST", why, fix }],
});

/** `URL.port` is empty for the default port of http and https. */
function portOf(url: URL, tls: boolean): number {
  if (url.port !== "") return Number(url.port);
  if (url.protocol !== "tcp:") return tls ? 443 : 80;
  return tls ? 2376 : 2375;
}

type Certificates = { readonly ca?: string; readonly cert?: string; readonly key?: string };

/** Without a folder: the certificates that the system trusts, and no client certificate. */
function readCertificates(
  folder: string | undefined,
  readFile: (path: string) => string,
): Certificates | { readonly faults: readonly SettingFault[] } {
  if (folder === undefined) return {};
  try {
    return {
      ca: readFile(`${folder}/ca.pem`),
      cert: readFile(`${folder}/cert.pem`),
      key: readFile(`${folder}/key.pem`),
    };
  } catch (error) {
    const why = `names a folder in which ca.pem, cert.pem or key.pem cannot be read (${codeOf(error)})`;
    return {
      faults: [
        {
          name: "DOCKER_CERT_PATH",
          why,
          fix: "check that the path is correct inside the container and that cfauth's user may read the files",
        },
      ],
    };
  }
}
