import Provider from "oidc-provider";
import { attached } from "../claims.ts";
import { mayReturnTo, signer } from "./client.ts";
import { issuerOf } from "./paths.ts";
import { settings } from "./settings.ts";
import type { Relay, World } from "./world.ts";

/** The library for a provider, under an origin. */
export type Instances = (relay: Relay | undefined, origin: string) => Provider;

/**
 * One instance of the library per provider, because issuer and keys are fixed on creation. An instance is replaced when
 * its inputs change. It reads clients, users and consents on every request.
 */
export function createInstances(world: World): Instances {
  const made = new Map<string, Provider>();
  return (relay, origin) => {
    const key = JSON.stringify([origin, relay && ingredients(world, relay)]);
    const instance = made.get(key) ?? make(world, relay, origin);
    made.set(key, instance);
    return instance;
  };
}

function ingredients({ state }: World, { provider, application }: Relay): unknown {
  return [provider, application, attached(state, provider), signer(state, provider)?.jwk.kid];
}

function make(world: World, relay: Relay | undefined, origin: string): Provider {
  const instance = new Provider(
    relay ? issuerOf(origin, relay.provider, relay.application) : `${origin}/`,
    settings(world, relay),
  );
  instance.proxy = true;
  instance.Client.prototype.redirectUriAllowed = (uri) =>
    relay !== undefined && mayReturnTo(relay.provider, uri);
  instance.on("server_error", (_, error) => world.broken(error));
  return instance;
}
