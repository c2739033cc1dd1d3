declare const brand: unique symbol;

/**
 * The boundary of authority: labels act within a party, and between parties only with consent. A Compose project, a Swarm
 * stack, or else a container alone: `compose:blog`, `stack:media`, `container:wiki`.
 */
export type Party = string & { readonly [brand]: "Party" };

export const composeProject = (name: string): Party => `compose:${name}` as Party;
export const swarmStack = (name: string): Party => `stack:${name}` as Party;
/** By its name, which the engine keeps unique and which survives a recreate. */
export const singleContainer = (name: string): Party => `container:${name}` as Party;

/** What people call it: `project blog`, `stack media`, `container wiki`. */
export const describeParty = (party: Party): string =>
  party.replace(/^compose:/, "project ").replace(/^(stack|container):/, "$1 ");

/** Whether a `share-with` list admits the party: its project's or stack's name, or `*` for every party. */
export const isSharedWith = (shareWith: readonly string[], party: Party): boolean =>
  shareWith.some(
    (name) => name === "*" || party === composeProject(name) || party === swarmStack(name),
  );

/** The name by which a `share-with` list can admit the party; a container alone has none. */
export const shareName = (party: Party): string | undefined =>
  /^(?:compose|stack):(.+)$/.exec(party)?.[1];
