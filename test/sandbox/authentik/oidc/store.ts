import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

/** Sessions, codes and tokens of all providers together: one login serves every application. */
export interface Store {
  readonly adapter: AdapterFactory;
  /** The stored data of a token or an interaction, without checks. */
  peek(model: string, id: string): AdapterPayload | undefined;
}

/** @param clientOf - called on every request instead of reading a stored client */
export function createStore(clientOf: (clientId: string) => AdapterPayload | undefined): Store {
  const kept = new Map<string, AdapterPayload>();
  return {
    adapter: (model) => (model === "Client" ? clients(clientOf) : records(kept, model)),
    peek: (model, id) => kept.get(`${model} ${id}`),
  };
}

function records(kept: Map<string, AdapterPayload>, model: string): Adapter {
  const key = (id: string): string => `${model} ${id}`;
  const one = (fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    [...kept].find(([id, payload]) => id.startsWith(`${model} `) && fits(payload))?.[1];
  return {
    upsert: async (id, payload) => void kept.set(key(id), payload),
    find: async (id) => kept.get(key(id)),
    findByUid: async (uid) => one((payload) => payload.uid === uid),
    findByUserCode: async (code) => one((payload) => payload.userCode === code),
    consume: async (id) =>
      void Object.assign(kept.get(key(id)) ?? {}, { consumed: Math.floor(Date.now() / 1000) }),
    destroy: async (id) => void kept.delete(key(id)),
    revokeByGrantId: async (grantId) => {
      for (const [id, payload] of kept) if (payload.grantId === grantId) kept.delete(id);
    },
  };
}

function clients(clientOf: (clientId: string) => AdapterPayload | undefined): Adapter {
  const nothing = async (): Promise<undefined> => undefined;
  return {
    find: async (id) => clientOf(id),
    upsert: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  };
}
