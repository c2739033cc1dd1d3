/** A Docker engine in memory: what it lists, and which containers its DNS gives for a name. */

import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Docker } from "../../src/clients/docker.ts";

/** A container that runs. */
export interface Container {
  readonly name: string;
  /** Whose container it really is, whatever its labels say. */
  readonly owner: string;
  /** What the operator wrote, Compose's own labels included. */
  readonly labels: Readonly<Record<string, string>>;
  readonly imageLabels?: Readonly<Record<string, string>>;
  /** Further names that Docker's DNS answers for it on each of its networks. A list of containers does not show them. */
  readonly aliases?: readonly string[];
  readonly networks: readonly string[];
  /** Seconds since 1970. */
  readonly created: number;
  /** How many containers of this name there were before. */
  readonly incarnation?: number;
  readonly ports?: readonly number[];
}

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");

/** 64 hexadecimal digits; a container that is created again has another one. */
export const idOf = ({ name, incarnation = 0 }: Container): string => hex(`${name} ${incarnation}`);
export const shortIdOf = (container: Container): string => idOf(container).slice(0, 12);
const imageIdOf = ({ imageLabels = {} }: Container): string => `sha256:${hex(JSON.stringify(Object.entries(imageLabels).toSorted()))}`;

/** An address that belongs to this name on this network for good. */
export function addressOf({ name }: Pick<Container, "name">, network: string): string {
  const at = Number.parseInt(hex(`${network} ${name}`).slice(0, 4), 16);
  return `172.20.${at >> 8}.${at & 255}`;
}

/** The container as GET /containers/json lists it: the image's labels are merged into the operator's. */
const listed = (container: Container) => ({
  Id: idOf(container),
  Names: [`/${container.name}`],
  Image: "some/image:latest",
  ImageID: imageIdOf(container),
  Created: container.created,
  State: "running",
  Status: "Up 5 minutes",
  Labels: { ...container.imageLabels, ...container.labels },
  Ports: (container.ports ?? [80]).map((port) => ({ PrivatePort: port, Type: "tcp" })),
  NetworkSettings: {
    Networks: Object.fromEntries(
      container.networks.map((network) => [network, { IPAddress: addressOf(container, network), Aliases: null }]),
    ),
  },
});

/** As much of the client as a source asks for. */
export function dockerOf(running: () => readonly Container[]): Docker {
  const answer = async <T>(shape: z.ZodType<T>, body: unknown): Promise<T> => shape.parse(body);
  return {
    containers: (shape) => answer(shape, running().map(listed)),
    info: (shape) => answer(shape, { ID: "engine", ServerVersion: "28.5.2" }),
    network: (name, shape) => answer(shape, { Name: name, Driver: "bridge" }),
    events: () => Promise.reject(new Error("nobody listens here")),
  };
}

/** Where a request goes that is sent to a host text of a rule. */
export interface Answering {
  /** All containers whose addresses Docker's DNS gives. */
  readonly containers: readonly Container[];
  /** Whether the question, or the request, leaves Docker: a machine of the house may answer. */
  readonly outside: boolean;
}

const NOBODY: Answering = { containers: [], outside: false };

/**
 * Docker's DNS as a container on these networks asks it (measured on 20.10.24 and 28.5.2). A name is looked for whole on every
 * network of the asker first, and then without an ending that is the name of a network. A name that ends with a network of the
 * asker is not asked outside; any other one that no container has is.
 */
export function answering(running: readonly Container[], networks: readonly string[], host: string): Answering {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (/^\[|^[\d.]+$/.test(name)) {
    const addressed = running.filter((it) => it.networks.some((network) => networks.includes(network) && addressOf(it, network) === name));
    return addressed.length > 0 ? { containers: addressed, outside: false } : { containers: [], outside: true };
  }
  const on = (network: string, wanted: string) =>
    running.filter((it) => it.networks.includes(network) && namesOf(it).includes(wanted.toLowerCase()));
  const whole = [...new Set(networks.flatMap((network) => on(network, name)))];
  if (whole.length > 0) return { containers: whole, outside: false };
  for (let at = name.lastIndexOf("."); at > 0; at = name.lastIndexOf(".", at - 1)) {
    const network = networks.find((it) => it.toLowerCase() === name.slice(at + 1));
    if (network === undefined) continue;
    const scoped = on(network, name.slice(0, at));
    return scoped.length > 0 ? { containers: scoped, outside: false } : NOBODY;
  }
  // No machine is called by the id of a container.
  return /^[0-9a-f]{12}$/.test(name) ? NOBODY : { containers: [], outside: true };
}

const namesOf = (container: Container): readonly string[] =>
  [container.name, shortIdOf(container), ...(container.aliases ?? [])].map((it) => it.toLowerCase());

/** The host in the service of a rule, `http://app.tunnel:80`; undefined for one that leads nowhere, such as `http_status:404`. */
export function hostOf(service: string): string | undefined {
  const [, host] = /^[a-z]+:\/\/(\[[^\]]*\]|[^:/]*)/.exec(service) ?? [];
  return host;
}
