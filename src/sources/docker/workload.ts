import type { Workload } from "../../domain/workload.ts";
import { healthOf } from "./health.ts";
import type { Listed } from "./listed.ts";
import { portsOf } from "./ports.ts";

export function workloadOf(listed: Listed): Workload {
  const labels = listed.Labels ?? {};
  const networks = Object.entries(listed.NetworkSettings.Networks ?? {});
  return {
    id: listed.Id,
    name: nameOf(listed.Names),
    service: serviceOf(labels),
    created: listed.Created * 1_000,
    labels,
    networks: Object.fromEntries(networks.map(([name, { IPAddress }]) => [name, { ip: IPAddress === "" ? undefined : IPAddress }])),
    ports: portsOf(listed.Ports ?? []),
    health: healthOf(listed),
  };
}

/** A container that others are linked to has their names for it as well, `/other/alias`: its own has one slash. */
const nameOf = (names: readonly string[]): string =>
  (names.find((name) => name.lastIndexOf("/") <= 0) ?? names[0] ?? "").replace(/^\//, "");

function serviceOf(labels: Readonly<Record<string, string>>): Workload["service"] {
  const project = labels["com.docker.compose.project"];
  const name = labels["com.docker.compose.service"];
  return project === undefined || name === undefined ? undefined : { project, name };
}
