import type { ImageLabels } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";

type Labels = Readonly<Record<string, string>>;

/** What is known of the labels of one image. */
export type ImageAnswer =
  | { readonly kind: "known"; readonly labels: Labels }
  | { readonly kind: "unknown"; readonly why: string };

export interface Separated {
  /** The container as it is listed, without the image's labels. */
  readonly listed: ListedContainer;
  readonly imageLabels: ImageLabels;
}

/** Label families that are read beside cfauth's own: identity, tiles, and what other tools ask for. */
const READ = [
  "com.docker.compose.",
  "com.docker.stack.",
  "com.docker.swarm.",
  "homepage.",
  "dockflare.",
  "cloudflare.tunnel.",
  "cloudflare.access.",
];

/** Whether cfauth reads labels of this name at all. */
export function isRead(name: string, prefix: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith(`${prefix.toLowerCase()}.`) || READ.some((head) => lower.startsWith(head))
  );
}

/**
 * The container without the labels that come from its image. The engine merges both into one list, so a label counts as the
 * image's when name and value are the image's. An operator who repeats the very value of the image loses it, and a warning says so.
 *
 * What Compose and Swarm write on a container is theirs even where the image says the same: Compose puts its labels on every
 * image that it builds (docker/compose pkg/compose/build.go, checked 2026-12).
 */
export function withoutImageLabels(
  listed: ListedContainer,
  answer: ImageAnswer,
  prefix: string,
): Separated {
  const labels = listed.Labels ?? {};
  if (answer.kind === "unknown")
    return { listed: { ...listed, Labels: withoutUnproven(listed) }, imageLabels: answer };
  const written = writers(labels, answer.labels);
  const isImages = (name: string): boolean =>
    Object.hasOwn(answer.labels, name) &&
    answer.labels[name] === labels[name] &&
    !written.some((head) => name.startsWith(head));
  const names = Object.keys(labels).filter(isImages);
  return {
    listed: { ...listed, Labels: without(labels, names) },
    imageLabels: {
      kind: "ignored",
      names: names.filter((name) => isRead(name, prefix)).toSorted(),
    },
  };
}

/** A label that only the tool itself writes, and on each container again: then it wrote the others of its family as well. */
const WRITERS: readonly { readonly head: string; readonly proofs: readonly string[] }[] = [
  {
    head: "com.docker.compose.",
    proofs: ["com.docker.compose.config-hash", "com.docker.compose.container-number"],
  },
  { head: "com.docker.swarm.", proofs: ["com.docker.swarm.task.id"] },
];

/** The families that their tool wrote on this container. */
const writers = (labels: Labels, image: Labels): readonly string[] =>
  WRITERS.filter(({ proofs }) =>
    proofs.some((name) => Object.hasOwn(labels, name) && labels[name] !== image[name]),
  ).map(({ head }) => head);

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const STACK = "com.docker.stack.namespace";

/**
 * Where the image is unknown, its labels might name a project or stack that the container is not of. What no image can choose has to
 * agree: the container's name (`blog-web-1`, `blog_web_1`, `media_web.1.x7k2`), or a network of the project (`blog_default`). Else
 * the container speaks for itself alone. The name of a service stays: Compose has made an alias of it, if it was Compose.
 */
function withoutUnproven({ Names, Labels, NetworkSettings }: ListedContainer): Labels {
  const labels = Labels ?? {};
  const [project, service, stack] = [labels[PROJECT], labels[SERVICE], labels[STACK]];
  // Compose puts an id in front of the old container's name while it makes a new one.
  const names = Names.map((name) => name.replace(/^\/([0-9a-f]{12}_)?/, ""));
  const isNamed = (...starts: readonly string[]): boolean =>
    names.some((name) => starts.some((start) => name.startsWith(start)));
  const isOn = (start: string): boolean =>
    Object.keys(NetworkSettings.Networks ?? {}).some((network) => network.startsWith(start));
  return without(labels, [
    ...(isNamed(`${project}-${service}-`, `${project}_${service}_`) || isOn(`${project}_`)
      ? []
      : [PROJECT]),
    ...(isNamed(`${stack}_`) || isOn(`${stack}_`) ? [] : [STACK]),
  ]);
}

function without(labels: Labels, names: readonly string[]): Record<string, string> {
  const gone = new Set(names);
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !gone.has(name)));
}
