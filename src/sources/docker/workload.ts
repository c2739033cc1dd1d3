import { composeProject, type Party, singleContainer } from "../../domain/party.ts";
import type { Workload } from "../../domain/workload.ts";
import { healthOf } from "./health.ts";
import type { Listed } from "./listed.ts";
import { portsOf } from "./ports.ts";

export function workloadOf(listed: Listed): Workload {
  const labels = asked(listed.Labels ?? {});
  const networks = Object.entries(listed.NetworkSettings.Networks ?? {});
  const name = nameOf(listed.Names);
  const service = serviceOf(labels);
  return {
    id: listed.Id,
    name,
    party: partyOf(name, service),
    service,
    created: listed.Created * 1_000,
    labels,
    imageLabels: { kind: "obeyed" },
    networks: Object.fromEntries(networks.map(([name, { IPAddress }]) => [name, { ip: IPAddress === "" ? undefined : IPAddress }])),
    ports: portsOf(listed.Ports ?? []),
    health: healthOf(listed),
  };
}

/**
 * What `docker compose run` makes has every label of its service, and runs some other command for a while, no replica of it.
 * It is listed without any, so that it is still seen to have its name.
 */
const asked = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  labels["com.docker.compose.oneoff"] === "True" ? {} : labels;

/** A container that others are linked to has their names for it as well, `/other/alias`: its own has one slash. */
const nameOf = (names: readonly string[]): string =>
  (names.find((name) => name.lastIndexOf("/") <= 0) ?? names[0] ?? "").replace(/^\//, "");

function serviceOf(labels: Readonly<Record<string, string>>): Workload["service"] {
  const project = labels["com.docker.compose.project"];
  const name = labels["com.docker.compose.service"];
  return project === undefined || name === undefined ? undefined : { project, name };
}

const partyOf = (name: string, service: Workload["service"]): Party =>
  service === undefined ? singleContainer(name) : composeProject(service.project);
