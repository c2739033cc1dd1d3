import { type Application, type AuthentikState, applicationOf, type Provider } from "../state.ts";
import type { Version } from "../versions.ts";
import type { Store } from "./store.ts";

/** What everything that a browser or an OIDC client meets has in common. */
export interface World {
  readonly state: AuthentikState;
  readonly version: Version;
  /** As browsers and clients know it. */
  readonly publicOrigin: string;
  readonly store: Store;
  readonly cookieKeys: string[];
  /** Told of mistakes of the sandbox's own. */
  readonly broken: (reason: unknown) => void;
}

/** A provider that can be logged in through: it has an application. */
export interface Relay {
  readonly provider: Provider;
  readonly application: Application;
}

function relayOf(state: AuthentikState, provider: Provider | undefined): Relay | undefined {
  const application = provider && applicationOf(state, provider);
  return provider && application ? { provider, application } : undefined;
}

export function relayOfClient(state: AuthentikState, clientId: unknown): Relay | undefined {
  return relayOf(
    state,
    state.providers.find(({ client_id }) => client_id === clientId),
  );
}

export function relayOfSlug(state: AuthentikState, slug: string | undefined): Relay | undefined {
  const application = state.applications.find((candidate) => candidate.slug === slug);
  return relayOf(
    state,
    state.providers.find(({ pk }) => pk === application?.provider),
  );
}
