import { z } from "zod";
import { formatDockerAddress } from "../config/docker-address.ts";
import type { Workload } from "../core/domain/workload.ts";
import { ServiceError } from "../core/errors.ts";
import { pluralise } from "../core/text/grammar.ts";
import type { DoctorContext } from "./context.ts";
import {
  checkFrom,
  type DoctorCheck,
  type Findings,
  firstFew,
  passedCheck,
  type Requirement,
} from "./findings.ts";

/** Checks the engine, each API path that a socket proxy may refuse, and the tunnel networks. */
export async function checkDocker(context: DoctorContext): Promise<Findings> {
  const { config } = context;
  const [listed, info, events] = await Promise.all([
    settle(context.workloads()),
    settle(readVersion(context)),
    settle(trySubscribe(context)),
  ]);
  // A fault of the whole engine is reported once.
  const engineError = [listed, info, events].find(
    (it) => it instanceof ServiceError && it.code !== "CFA-DOCKER-PROXY",
  );
  if (listed instanceof ServiceError && engineError instanceof ServiceError) throw engineError;
  const workloads = listed instanceof ServiceError ? undefined : listed;
  const at = formatDockerAddress(config.docker);
  const checks = [
    passedCheck("docker.reach", "Docker answers", `at ${at}`),
    pathCheck("containers", "GET /containers/json", listed, "fail"),
    pathCheck("info", "GET /info", info, config.owner === undefined ? "fail" : "pass"),
    pathCheck("events", "GET /events", events, "warn"),
    ...(workloads === undefined ? [] : [imageCheck(workloads)]),
    ...(config.labels.target === "published" ? [] : await networkChecks(context, workloads ?? [])),
  ];
  const named = info instanceof ServiceError ? "engine" : `engine ${info}`;
  const hasOwner =
    config.owner !== undefined || !((await settle(context.owner())) instanceof ServiceError);
  const missingPath = workloads === undefined ? "containers" : hasOwner ? undefined : "info";
  return {
    headline: [`${named} at ${at}`, ...summarise(config.labels.networks, checks, workloads)].join(
      " · ",
    ),
    checks,
    ...(missingPath !== undefined && {
      blockedGroups: { routes: { id: `docker.path.${missingPath}`, title: "Docker" } },
    }),
  };
}

const settle = <T>(look: Promise<T>): Promise<T | ServiceError> =>
  look.catch((error: unknown) => {
    if (error instanceof ServiceError) return error;
    throw error;
  });

const readVersion = async ({ docker: engine }: DoctorContext): Promise<string> =>
  (await engine.info(z.looseObject({ ServerVersion: z.string() }))).ServerVersion;

/** Subscribes and unsubscribes: a proxy may allow the list and refuse the events. */
async function trySubscribe({ docker: engine, now }: DoctorContext): Promise<true> {
  const enough = new AbortController();
  const stream = await engine.events(
    { type: ["container"] },
    Math.floor(now / 1_000),
    enough.signal,
  );
  stream.on("error", () => {});
  enough.abort();
  stream.destroy();
  return true;
}

/** @param refused - the result if this path is refused */
function pathCheck(
  name: string,
  title: string,
  found: unknown,
  refused: "pass" | "warn" | "fail",
): DoctorCheck {
  const id = `docker.path.${name}`;
  if (!(found instanceof ServiceError)) return passedCheck(id, title, "allowed");
  const check = checkFrom(found, { id, title }, refused);
  if (refused === "pass")
    return { ...passedCheck(id, title, "refused, but not needed because CFAUTH_OWNER is set") };
  return name === "events"
    ? { ...check, detail: `${found.message}, so changes are noticed only at each resync` }
    : check;
}

/** Checks that cfauth can tell image labels from container labels. */
function imageCheck(workloads: readonly Workload[]): DoctorCheck {
  const { id, title } = { id: "docker.path.images", title: "GET /images/<id>/json" };
  const uninspected = workloads.flatMap(({ name, imageLabels }) =>
    imageLabels.kind === "unknown" ? [{ name, why: imageLabels.why }] : [],
  );
  const [first] = uninspected;
  if (first === undefined)
    return passedCheck(
      id,
      title,
      workloads.some(({ imageLabels }) => imageLabels.kind === "obeyed")
        ? "not needed because CFAUTH_IMAGE_LABELS=true"
        : "allowed",
    );
  return {
    id,
    title,
    result: "warn",
    code: "CFA-IMAGE-UNKNOWN",
    detail: `the images of ${firstFew(uninspected.map(({ name }) => name))} cannot be inspected (${first.why}); labels there that grant access without a login, adopt objects or point elsewhere are ignored`,
    fixes: [
      "let the socket proxy allow GET /images/<id>/json",
      "or set CFAUTH_IMAGE_LABELS=true on cfauth, which obeys the labels of every image",
    ],
  };
}

async function networkChecks(
  { docker: engine, config }: DoctorContext,
  workloads: readonly Workload[],
): Promise<readonly DoctorCheck[]> {
  const seen = new Map<string, number>();
  for (const name of workloads.flatMap((it) => Object.keys(it.networks)))
    seen.set(name, (seen.get(name) ?? 0) + 1);
  return await Promise.all(
    config.labels.networks.map(async (name): Promise<DoctorCheck> => {
      const need: Requirement = { id: "docker.network", title: `network ${name}` };
      const used = seen.get(name);
      if (used !== undefined) return passedCheck(need.id, need.title, pluralise(used, "container"));
      const found = await settle(engine.network(name, z.looseObject({ Name: z.string() })));
      if (!(found instanceof ServiceError))
        return passedCheck(need.id, need.title, "no container is on it yet");
      return found.status === 404
        ? missingNetworkCheck(need, name, [...seen.keys()])
        : unknownNetworkCheck(need, name, found);
    }),
  );
}

/** Compose prefixes a network with the project name unless the network has its own `name`. */
function missingNetworkCheck(
  need: Requirement,
  name: string,
  others: readonly string[],
): DoctorCheck {
  const meant = others.find((it) => it.endsWith(`_${name}`));
  return {
    ...need,
    result: "fail",
    code: "CFA-DOCKER-NETWORK",
    detail: `there is no network ${name} through which cloudflared could reach containers${meant === undefined ? "" : `; a network ${meant} exists`}`,
    fixes: [
      meant === undefined
        ? `docker network create ${name}, then attach cloudflared and your services to it`
        : `set CFAUTH_NETWORK: ${meant} on cfauth`,
      meant === undefined
        ? "or set CFAUTH_NETWORK to the network that cloudflared is on"
        : `or add name: ${name} to that network in compose.yaml`,
    ],
  };
}

const unknownNetworkCheck = (
  need: Requirement,
  name: string,
  { message }: ServiceError,
): DoctorCheck => ({
  ...need,
  result: "warn",
  detail: `cannot tell whether network ${name} exists: ${message}`,
  fixes: [`check with docker network ls; if ${name} is listed, there is nothing to do`],
});

function summarise(
  networks: readonly string[],
  checks: readonly DoctorCheck[],
  workloads: readonly Workload[] | undefined,
): readonly string[] {
  if (workloads === undefined) return ["listing containers is refused"];
  const gone = checks
    .filter(({ id, result }) => id === "docker.network" && result === "fail")
    .map(({ title }) => title);
  if (gone.length > 0) return [`no ${gone.join(", no ")}`];
  const refused = checks.filter(
    ({ id, result }) => id.startsWith("docker.path.") && (result === "warn" || result === "fail"),
  );
  if (refused.length > 0) return [`${refused.map(({ title }) => title).join(" and ")} refused`];
  const on = workloads.filter((it) =>
    networks.some((name) => Object.hasOwn(it.networks, name)),
  ).length;
  const all = checks
    .filter(({ id }) => id === "docker.network")
    .map(({ title }) => title.replace("network ", ""));
  return all.length === 0
    ? [pluralise(workloads.length, "container")]
    : [
        `${all.length === 1 ? "network" : "networks"} ${all.join(", ")}, ${pluralise(on, "container")}`,
      ];
}
