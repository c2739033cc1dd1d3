/** How Docker Compose and Docker Swarm name what they create. A container's name is the engine's and unique; its labels are only text. */

/** A name that Compose takes for a project; `share-with` names projects in the same form. */
export const isProjectName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]*$/.test(text);

/**
 * Whether Compose gives this name to a replica of the service: `blog-web-1`, with underscores in Compose v1 and in compatibility
 * mode, and with 12 hex digits in front while Compose recreates the container.
 */
export function isReplicaName(
  name: string,
  { project, name: service }: { readonly project: string; readonly name: string },
): boolean {
  const plain = name.replace(/^[0-9a-f]{12}_/, "");
  return ["-", "_"].some((separator) => {
    const head = `${project}${separator}${service}${separator}`;
    return plain.startsWith(head) && /^[1-9]\d*$/.test(plain.slice(head.length));
  });
}

/** What is remembered of Compose services from pass to pass. */
export interface KnownServices {
  /**
   * By service: what the containers that are it were called last, by name and short id, and by the service itself where there were
   * replicas. Kept while they run or a rule leads there.
   */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Ids of running containers that say they are of a service and are not. A container does not become one of it any more. */
  readonly apart: ReadonlySet<string>;
}

/** The key under which a service is remembered. */
export const serviceKey = ({
  project,
  name,
}: {
  readonly project: string;
  readonly name: string;
}): string => JSON.stringify([project, name]);

export const noServices: KnownServices = { names: new Map(), apart: new Set() };

/** The labels that Swarm sets on the container of a task. */
export interface TaskLabels {
  readonly stack: string | undefined;
  readonly service: string | undefined;
  readonly task: string | undefined;
}

/** The stack of a container whose name is that of its task, `media_web.1.<task id>`; undefined where the labels do not fit the name. */
export function stackOf(name: string, { stack, service, task }: TaskLabels): string | undefined {
  if (stack === undefined || !isProjectName(stack) || service === undefined || task === undefined)
    return undefined;
  return task === name && service.startsWith(`${stack}_`) && name.startsWith(`${service}.`)
    ? stack
    : undefined;
}
