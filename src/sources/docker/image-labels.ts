import type { ImageLabels } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";

type Labels = Readonly<Record<string, string>>;

/** What is known about the labels of one image. */
export type ImageAnswer =
  | { readonly kind: "known"; readonly labels: Labels }
  | { readonly kind: "unknown"; readonly why: string };

export interface Separated {
  /** The listed container without the image's labels. */
  readonly listed: ListedContainer;
  readonly imageLabels: ImageLabels;
}

/**
 * Label prefixes that cfauth reads besides its own: identity, tiles, and the labels of other tools.
 */
const READ_PREFIXES = [
  "com.docker.compose.",
  "com.docker.stack.",
  "com.docker.swarm.",
  "homepage.",
  "dockflare.",
  "cloudflare.tunnel.",
  "cloudflare.access.",
];

/** True if cfauth reads labels of this name. */
export function isReadLabel(name: string, prefix: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith(`${prefix.toLowerCase()}.`) ||
    READ_PREFIXES.some((head) => lower.startsWith(head))
  );
}

/**
 * Removes the labels that come from the container's image. The engine merges both into one list, so
 * a label counts as the image's if its name and value equal the image's. An operator who repeats
 * the image's exact value loses that label, and a warning says so.
 *
 * Labels that Compose and Swarm write on a container count as theirs even if the image has the same
 * ones, because Compose puts its labels on every image that it builds (docker/compose
 * pkg/compose/build.go, checked 2026-12).
 */
export function withoutImageLabels(
  listed: ListedContainer,
  answer: ImageAnswer,
  prefix: string,
): Separated {
  const labels = listed.Labels ?? {};
  if (answer.kind === "unknown")
    return { listed: { ...listed, Labels: withoutUnproven(listed) }, imageLabels: answer };
  const written = writtenPrefixes(labels, answer.labels);
  const isFromImage = (name: string): boolean =>
    Object.hasOwn(answer.labels, name) &&
    answer.labels[name] === labels[name] &&
    !written.some((head) => name.startsWith(head));
  const names = Object.keys(labels).filter(isFromImage);
  return {
    listed: { ...listed, Labels: without(labels, names) },
    imageLabels: {
      kind: "ignored",
      names: names.filter((name) => isReadLabel(name, prefix)).toSorted(),
    },
  };
}

/**
 * Labels that only the tool itself writes, separately on each container. If one of them is present,
 * the tool also wrote the other labels with the prefix.
 */
const WRITERS: readonly { readonly head: string; readonly proofs: readonly string[] }[] = [
  {
    head: "com.docker.compose.",
    proofs: ["com.docker.compose.config-hash", "com.docker.compose.container-number"],
  },
  { head: "com.docker.swarm.", proofs: ["com.docker.swarm.task.id"] },
];

/** The label prefixes whose tool wrote on this container. */
const writtenPrefixes = (labels: Labels, image: Labels): readonly string[] =>
  WRITERS.filter(({ proofs }) =>
    proofs.some((name) => Object.hasOwn(labels, name) && labels[name] !== image[name]),
  ).map(({ head }) => head);

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const STACK = "com.docker.stack.namespace";

/**
 * If the image is unknown, its labels might name a project or stack that the container does not
 * belong to. Something that no image can choose must agree: the container's name (`blog-web-1`,
 * `blog_web_1`, `media_web.1.x7k2`), or a network of the project (`blog_default`). Otherwise the
 * container is a party of its own. The service name stays: if Compose started the container, it
 * made the name an alias.
 */
function withoutUnproven({ Names, Labels, NetworkSettings }: ListedContainer): Labels {
  const labels = Labels ?? {};
  const [project, service, stack] = [labels[PROJECT], labels[SERVICE], labels[STACK]];
  // Compose prefixes the old container's name with an id while it recreates the container.
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
  const removed = new Set(names);
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !removed.has(name)));
}
