import { statSync } from "node:fs";
import { type DockerAddress, formatDockerAddress } from "../../config/docker-address.ts";
import { ServiceError } from "../../core/errors.ts";
import { type PlainCause, safeCause } from "../cause.ts";
import { beyondLimitIn } from "../limited.ts";

export interface ProcessUser {
  readonly uid: number | undefined;
  readonly gids: readonly number[];
}

export interface FailedDockerCall {
  readonly address: DockerAddress;
  /** Without the query, as in the rules of a socket proxy. */
  readonly path: string;
  readonly user: ProcessUser;
}

/**
 * Throws the error for a failed request to the engine.
 *
 * | failure                       | code                   | transient |
 * |-------------------------------|------------------------|-----------|
 * | EACCES, EPERM                 | CFA-DOCKER-DENIED      | no        |
 * | 401, 403, 405                 | CFA-DOCKER-PROXY       | no        |
 * | any other status, no response | CFA-DOCKER-UNREACHABLE | yes       |
 * | the response is too large     | CFA-DOCKER-UNREACHABLE | no        |
 *
 * The engine itself rejects no GET, so a rejection comes from a proxy or an authorization plugin.
 *
 * @throws {ServiceError} always
 */
export function throwDockerError({ address, path, user }: FailedDockerCall, error: unknown): never {
  const beyond = beyondLimitIn(error);
  if (beyond !== undefined) throw oversizedError(address, path, beyond.message);
  const cause = safeCause(error, []);
  const status = statusOf(error);
  const common = {
    service: "docker",
    status,
    vendor: cause.code === undefined ? [] : [cause.code],
    cause,
  } as const;
  if (cause.code === "EACCES" || cause.code === "EPERM")
    throw new ServiceError({
      ...common,
      code: "CFA-DOCKER-DENIED",
      transient: false,
      ...deniedText(address, user),
    });
  if (status === 401 || status === 403 || status === 405)
    throw new ServiceError({
      ...common,
      code: "CFA-DOCKER-PROXY",
      transient: false,
      ...proxyText(address, path, status),
    });
  throw new ServiceError({
    ...common,
    code: "CFA-DOCKER-UNREACHABLE",
    transient: true,
    ...unreachableText(address, status === undefined ? reasonOf(cause) : `status ${status}`),
  });
}

const reasonOf = ({ code, name }: PlainCause): string =>
  code === "ABORT_ERR" ? "no answer in time" : (code ?? name);

export const statusOf = (error: unknown): number | undefined => {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === "number" ? statusCode : undefined;
};

interface ErrorText {
  readonly message: string;
  readonly fix: string;
}

function deniedText(address: DockerAddress, { uid, gids }: ProcessUser): ErrorText {
  const gid = address.kind === "socket" ? groupOf(address.path) : undefined;
  const belongs = gid === undefined ? "" : `: it belongs to group ${gid}`;
  const runs =
    uid === undefined
      ? ""
      : `${gid === undefined ? ": " : ", and "}cfauth runs as user ${uid} with ${gids.length === 0 ? "no groups" : `groups ${gids.join(", ")}`}`;
  const group =
    gid === undefined
      ? 'group_add: ["<what stat -Lc %g /var/run/docker.sock prints>"]'
      : `group_add: ["${gid}"]`;
  return {
    message: `not allowed to open ${formatDockerAddress(address)}${belongs}${runs}`,
    fix: `add ${group} to cfauth in compose.yaml, or use a socket proxy`,
  };
}

/** The socket's group is readable even if the socket may not be opened. */
function groupOf(path: string): number | undefined {
  try {
    return statSync(path).gid;
  } catch {
    return undefined;
  }
}

const proxyText = (address: DockerAddress, path: string, status: number): ErrorText => ({
  message: `the socket proxy at ${formatDockerAddress(address)} refuses GET ${path} (${status})`,
  fix: `allow GET ${path} in the socket proxy, in addition to ${["/containers/json", "/events", "/info"].filter((it) => it !== path).join(" and ")}`,
});

const unreachableText = (address: DockerAddress, what: string): ErrorText => ({
  message: `Docker does not answer at ${formatDockerAddress(address)} (${what}); nothing is torn down`,
  fix:
    address.kind === "socket"
      ? `check that Docker runs, and that ${address.path} is mounted into cfauth's container`
      : "check that DOCKER_HOST is correct, that the engine or proxy there runs, and that cfauth is on its network",
});

/** The list fails as a whole, because half of it would look like containers that stopped. */
const oversizedError = (address: DockerAddress, path: string, limit: string): ServiceError =>
  new ServiceError({
    service: "docker",
    code: "CFA-DOCKER-UNREACHABLE",
    message: `Docker at ${formatDockerAddress(address)} sent more than cfauth accepts for GET ${path}: the answer ${limit}; nothing is torn down`,
    fix: "look for containers with very long labels (docker ps --no-trunc --format '{{.Names}} {{.Labels}}' | awk '{ print length, $1 }' | sort -n), and remove them",
    transient: false,
  });

/** The response is not one of a Docker engine. `where` names fields, never their values. */
export const invalidDockerResponse = (
  { address, path }: FailedDockerCall,
  where: string,
): ServiceError =>
  new ServiceError({
    service: "docker",
    code: "CFA-DOCKER-UNREACHABLE",
    message: `the response to GET ${path} at ${formatDockerAddress(address)} is not from a Docker engine that cfauth supports (${where}); nothing is torn down`,
    fix: "check that DOCKER_HOST leads to a Docker engine; if it does, please report this",
    transient: true,
  });
