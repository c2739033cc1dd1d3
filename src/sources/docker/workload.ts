import { isProjectName, stackOf } from "../../core/domain/compose.ts";
import {
  composeProject,
  type Party,
  singleContainer,
  swarmStack,
} from "../../core/domain/party.ts";
import type { Workload } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";
import { healthOf } from "./health.ts";
import { portsOf } from "./ports.ts";

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";

export function workloadOf(listed: ListedContainer): Workload {
  const labels = operatorLabels(listed.Labels ?? {});
  const networks = Object.entries(listed.NetworkSettings.Networks ?? {});
  const name = nameOf(listed.Names);
  const service = serviceOf(labels);
  const claimedNames = claimsOf(listed.Labels ?? {}).filter((it) => it !== service?.name);
  const unreadLabels = listed.Unread?.Labels;
  return {
    id: listed.Id,
    name,
    party: partyOf(name, service, labels),
    service,
    ...(claimedNames.length > 0 && { claimedNames }),
    created: listed.Created * 1_000,
    labels,
    ...(unreadLabels !== undefined && { unreadLabels }),
    imageLabels: { kind: "obeyed" },
    networks: Object.fromEntries(
      networks.map(([name, { IPAddress }]) => [
        name,
        { ip: IPAddress === "" ? undefined : IPAddress },
      ]),
    ),
    ports: portsOf(listed.Ports ?? []),
    health: healthOf(listed),
  };
}

/**
 * A container of `docker compose run` has every label of its service but runs another command for a
 * while. It is no replica of the service, so it is listed without labels. It must still be listed
 * because its name is taken.
 */
const operatorLabels = (
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  labels["com.docker.compose.oneoff"] === "True" ? {} : labels;

/**
 * A container that others link to also has their names for it, `/other/alias`. Its own name has one
 * slash.
 */
const nameOf = (names: readonly string[]): string =>
  (names.find((name) => name.lastIndexOf("/") <= 0) ?? names[0] ?? "").replace(/^\//, "");

/**
 * A Swarm task answers to its service's name, and in a stack also to that name without the stack
 * prefix.
 */
function claimsOf(labels: Readonly<Record<string, string>>): readonly string[] {
  const task = labels["com.docker.swarm.service.name"];
  const stack = labels["com.docker.stack.namespace"];
  const inStack =
    stack !== undefined && task?.startsWith(`${stack}_`) ? task.slice(stack.length + 1) : undefined;
  return [labels[SERVICE], task, inStack].flatMap((name) =>
    name === undefined || name === "" ? [] : [name],
  );
}

/**
 * A project name that Compose could not have produced is ignored, because somebody wrote the label
 * by hand.
 */
function serviceOf(labels: Readonly<Record<string, string>>): Workload["service"] {
  const project = labels[PROJECT];
  const name = labels[SERVICE];
  return project === undefined || name === undefined || name === "" || !isProjectName(project)
    ? undefined
    : { project, name };
}

function partyOf(
  name: string,
  service: Workload["service"],
  labels: Readonly<Record<string, string>>,
): Party {
  if (service !== undefined) return composeProject(service.project);
  const stack = stackOf(name, {
    stack: labels["com.docker.stack.namespace"],
    service: labels["com.docker.swarm.service.name"],
    task: labels["com.docker.swarm.task.name"],
  });
  return stack === undefined ? singleContainer(name) : swarmStack(stack);
}
