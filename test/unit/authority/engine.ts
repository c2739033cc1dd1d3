/**
 * A Docker engine in memory: the containers that it lists, and the containers that its DNS returns
 * for a name.
 */

import { createHash } from "node:crypto";
import type { z } from "zod";
import type { DockerDns } from "../../../src/clients/docker/dns.ts";
import type { Docker } from "../../../src/clients/docker/docker.ts";
import { ServiceError } from "../../../src/core/errors.ts";

/** A running container. */
export interface Container {
  readonly name: string;
  /** The actual party of the container, whatever its labels say. */
  readonly owner: string;
  /** Labels from the operator, including those of Compose. */
  readonly labels: Readonly<Record<string, string>>;
  readonly imageLabels?: Readonly<Record<string, string>>;
  /**
   * Further names that Docker's DNS resolves to it on each of its networks. A container list does
   * not show them.
   */
  readonly aliases?: readonly string[];
  readonly networks: readonly string[];
  /** Seconds since 1970. */
  readonly created: number;
  /** How many earlier containers had this name. */
  readonly incarnation?: number;
  readonly ports?: readonly number[];
}

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");

/** 64 hexadecimal digits. A recreated container has another id. */
export const idOf = ({ name, incarnation = 0 }: Pick<Container, "name" | "incarnation">): string =>
  hex(`${name} ${incarnation}`);
export const shortIdOf = (container: Pick<Container, "name" | "incarnation">): string =>
  idOf(container).slice(0, 12);
const imageIdOf = ({ imageLabels = {} }: Container): string =>
  `sha256:${hex(JSON.stringify(Object.entries(imageLabels).toSorted()))}`;

/** The permanent address of this name on this network. */
export function addressOf({ name }: Pick<Container, "name">, network: string): string {
  const at = Number.parseInt(hex(`${network} ${name}`).slice(0, 4), 16);
  return `172.20.${at >> 8}.${at & 255}`;
}

/**
 * The container as GET /containers/json lists it, with the image's labels merged into the
 * operator's.
 */
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
      container.networks.map((network) => [
        network,
        { IPAddress: addressOf(container, network), Aliases: null },
      ]),
    ),
  },
});

/**
 * The part of the client that a source uses.
 *
 * @param inspects - whether images may be inspected, as through a proxy that permits it
 */
export function dockerOf(running: () => readonly Container[], inspects = true): Docker {
  const answer = async <T>(shape: z.ZodType<T>, body: unknown): Promise<T> => shape.parse(body);
  const imageOf = (id: string): unknown => {
    const found = running().find((container) => imageIdOf(container) === id);
    if (!inspects || found === undefined) throw refused();
    return { Id: id, Config: { Labels: found.imageLabels ?? null } };
  };
  const client = {
    containers: <T>(shape: z.ZodType<T>) => answer(shape, running().map(listed)),
    info: <T>(shape: z.ZodType<T>) => answer(shape, { ID: "engine", ServerVersion: "28.5.2" }),
    network: <T>(name: string, shape: z.ZodType<T>) =>
      answer(shape, { Name: name, Driver: "bridge" }),
    image: async <T>(id: string, shape: z.ZodType<T>) => answer(shape, imageOf(id)),
    events: () => Promise.reject(new Error("these tests send no events")),
  };
  return client;
}

const refused = (): ServiceError =>
  new ServiceError({
    service: "docker",
    code: "CFA-DOCKER-PROXY",
    message: "the proxy refuses GET /images/<id>/json",
    fix: "permit it",
    transient: false,
    status: 403,
  });

/** Where a request goes that is sent to the host of a rule. */
export interface Answering {
  /** All containers whose addresses Docker's DNS returns, each once. */
  readonly containers: readonly Container[];
  readonly addresses: readonly string[];
  /**
   * True if the query or the request leaves Docker, so that another machine on the LAN may answer.
   */
  readonly outside: boolean;
}

export const NOBODY: Answering = { containers: [], addresses: [], outside: false };
const OUTSIDE: Answering = { containers: [], addresses: [], outside: true };

/**
 * Docker's DNS as seen by a container on these networks (measured alike on 20.10.24 and 28.5.2). It
 * first looks for the whole name on every network of the asker, then without a suffix that is the
 * name of such a network. It forwards names that no container has. The resolver outside knows short
 * names, by its search domain, and names of its own domain. It has no domain named like a Docker
 * network and no machine named like a container's id.
 */
export function answering(
  running: readonly Container[],
  networks: readonly string[],
  host: string,
): Answering {
  const name = host.replace(/\.$/, "");
  const attached = networks.flatMap((network) =>
    running.filter((it) => it.networks.includes(network)).map((it) => ({ container: it, network })),
  );
  const found = (fits: (at: (typeof attached)[number]) => boolean): Answering => {
    const all = attached.filter(fits);
    const addresses = all.map(({ container, network }) => addressOf(container, network));
    return {
      containers: [...new Set(all.map(({ container }) => container))],
      addresses: [...new Set(addresses)],
      outside: false,
    };
  };
  const orElse = (one: Answering, other: () => Answering): Answering =>
    one.containers.length > 0 ? one : other();
  if (/^\[|^[\d.]+$/.test(name)) {
    const unused = name.startsWith("172.20.") ? NOBODY : OUTSIDE;
    return orElse(
      found(({ container, network }) => addressOf(container, network) === name),
      () => unused,
    );
  }
  const whole = found(({ container }) => namesOf(container).includes(name.toLowerCase()));
  return orElse(whole, () => {
    const scope = networks.find((network) => name.endsWith(`.${network}`));
    if (scope === undefined) return /^[0-9a-f]{12}$/.test(name) ? NOBODY : OUTSIDE;
    const short = name.slice(0, -scope.length - 1).toLowerCase();
    return found(
      ({ container, network }) => network === scope && namesOf(container).includes(short),
    );
  });
}

const namesOf = (container: Container): readonly string[] =>
  [container.name, shortIdOf(container), ...(container.aliases ?? [])].map((it) =>
    it.toLowerCase(),
  );

/** Docker's DNS as seen by a process in a container on these networks. */
export const dnsOf = (
  running: () => readonly Container[],
  networks: readonly string[],
): DockerDns => ({
  addresses: async (names) =>
    new Map(names.map((name) => [name, answering(running(), networks, name).addresses])),
  searchDomains: () => [],
});

/**
 * The host in the service of a rule, such as `http://app.tunnel:80`. Undefined for a rule that
 * leads nowhere, such as `http_status:404`.
 */
export function hostOf(service: string): string | undefined {
  const [, host] = /^[a-z]+:\/\/(\[[^\]]*\]|[^:/]*)/.exec(service) ?? [];
  return host;
}
