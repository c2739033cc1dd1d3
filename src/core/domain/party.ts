declare const brand: unique symbol;

/**
 * The boundary of authority: labels act within a party, and between parties only with consent. A
 * party is a Compose project, a Swarm stack, or else a single container: `compose:blog`,
 * `stack:media`, `container:wiki`.
 */
export type Party = string & { readonly [brand]: "Party" };

export const composeProject = (name: string): Party => `compose:${name}` as Party;
export const swarmStack = (name: string): Party => `stack:${name}` as Party;
/** Uses the container's name, which the engine keeps unique and which survives a recreate. */
export const singleContainer = (name: string): Party => `container:${name}` as Party;

/** For people: `project blog`, `stack media`, `container wiki`. */
export const describeParty = (party: Party): string =>
  party.replace(/^compose:/, "project ").replace(/^(stack|container):/, "$1 ");

/**
 * True if a `share-with` list contains the party's project or stack name, or `*` for every party.
 */
export const isSharedWith = (shareWith: readonly string[], party: Party): boolean =>
  shareWith.some(
    (name) => name === "*" || party === composeProject(name) || party === swarmStack(name),
  );

/** The party's name in a `share-with` list; a single container has none. */
export const shareName = (party: Party): string | undefined =>
  /^(?:compose|stack):(.+)$/.exec(party)?.[1];
