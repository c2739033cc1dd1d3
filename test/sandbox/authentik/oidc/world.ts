import { type Application, type AuthentikState, applicationOf, type Provider } from "../state.ts";
import type { Version } from "../versions.ts";
import type { Store } from "./store.ts";

/** What all pages and OIDC endpoints share. */
export interface World {
  readonly state: AuthentikState;
  readonly version: Version;
  /** The address for browsers and clients. */
  readonly publicOrigin: string;
  readonly store: Store;
  readonly cookieKeys: string[];
  /** Called with errors of the sandbox itself. */
  readonly broken: (reason: unknown) => void;
}

/** A provider with an application, so that logins work. */
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
