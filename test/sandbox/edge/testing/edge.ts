/** An edge with a view made by hand, and a way in without a login. */

import type { IngressRule } from "../../cloudflare/state.ts";
import { makeSigningKey } from "../access/logins.ts";
import { type EdgeOptions, startEdge } from "../index.ts";
import type { Seen } from "../visit.ts";
import { application, policy, serviceToken, type World, world } from "./world.ts";

/** Shared by all edges of a test file, because creating a key is slow. */
export const signingKey = makeSigningKey();

export const HOST = "app.example.com";
export const everyone = [{ everyone: {} }];

export const guarded = (aud: string): Pick<IngressRule, "originRequest"> => ({
  originRequest: { access: { required: true, teamName: "acme", audTag: [aud] } },
});

export async function edge(stands: World, options: Partial<EdgeOptions> = {}) {
  const seen: Seen[] = [];
  const onRequest = (one: Seen): void => void seen.push(one);
  const started = await startEdge({
    view: () => world(stands),
    team: "acme",
    signingKey: await signingKey,
    onRequest,
    ...options,
  });
  return Object.assign(started, { seen });
}

export const AS_MACHINE = {
  "CF-Access-Client-Id": "machine.access",
  "CF-Access-Client-Secret": "hush",
};

/** A hostname that admits one service token without a login. */
export const machineApp = (uri: string): World => {
  const entry = policy("machines", "non_identity", [{ service_token: { token_id: "machine" } }]);
  return {
    names: [HOST],
    apps: [application(uri, [entry])],
    policies: [entry],
    serviceTokens: [serviceToken("machine")],
  };
};
