/**
 * How Docker Compose and Docker Swarm name the objects that they create. The engine guarantees that
 * a container's name is unique. Labels are only text.
 */

/** True if Compose accepts the text as a project name. `share-with` uses the same form. */
export const isProjectName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]*$/.test(text);

/**
 * True if Compose gives this name to a replica of the service: `blog-web-1`. Compose v1 and the
 * compatibility mode use underscores. While Compose recreates a container, 12 hex digits come
 * first.
 */
export function isReplicaName(
  name: string,
  { project, name: service }: { readonly project: string; readonly name: string },
): boolean {
  const base = name.replace(/^[0-9a-f]{12}_/, "");
  return ["-", "_"].some((separator) => {
    const prefix = `${project}${separator}${service}${separator}`;
    return base.startsWith(prefix) && /^[1-9]\d*$/.test(base.slice(prefix.length));
  });
}

/** What cfauth remembers about Compose services from pass to pass. */
export interface KnownServices {
  /**
   * By service key: the latest names and short ids of its containers, plus the name of the service
   * itself if it had replicas. Kept while one of them runs or a rule leads to one.
   */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /**
   * Ids of running containers whose labels claim a service that they do not belong to. Such a
   * container never joins the service later.
   */
  readonly apart: ReadonlySet<string>;
}

/** The key of a service in `KnownServices`. */
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

/**
 * The stack of a container that has the name of its task, `media_web.1.<task id>`; undefined if the
 * labels do not match the name.
 */
export function stackOf(name: string, { stack, service, task }: TaskLabels): string | undefined {
  if (stack === undefined || !isProjectName(stack) || service === undefined || task === undefined)
    return undefined;
  return task === name && service.startsWith(`${stack}_`) && name.startsWith(`${service}.`)
    ? stack
    : undefined;
}
