/** cloudflared: accepts configurations, routes requests from the edge, checks the token, and forwards to the origin. */

import { posix } from "node:path";
import type { JWTVerifyGetKey } from "jose";
import type { TunnelConfiguration } from "../../cloudflare/state.ts";
import { inward } from "../headers.ts";
import { badGateway, refused } from "../pages.ts";
import { pass, type Upstream } from "../proxy.ts";
import { answer, type Visit } from "../visit.ts";
import { accept, type Rule } from "./document.ts";
import { jwtVerdict } from "./jwt.ts";
import { ruleFor } from "./match.ts";
import type { Service } from "./service.ts";

/** The address of an origin's hostname; undefined if there is none. */
export type Resolve = (host: string) => Promise<string | undefined>;

export interface ConnectorOptions {
  readonly keys: JWTVerifyGetKey;
  readonly resolve: Resolve;
  readonly relocated: (location: string) => string;
  readonly now: () => number;
  /** 2026.8.0 cleaned request paths before it matched them, 2026.8.2 took that back. */
  readonly cleansPaths: boolean;
}

export interface Connector {
  /** Why configurations were refused, oldest first. */
  readonly refusals: readonly string[];
  serve(
    visit: Visit,
    tunnel: string,
    configuration: TunnelConfiguration,
    jwt?: string,
  ): Promise<void>;
}

export function connector(options: ConnectorOptions): Connector {
  const refusals: string[] = [];
  /** By tunnel: the newest version seen, and the rules in force, which are older if the newest was refused. */
  const running = new Map<string, { readonly version: number; readonly rules: readonly Rule[] }>();

  const rulesOf = (tunnel: string, { version, config }: TunnelConfiguration): readonly Rule[] => {
    const now = running.get(tunnel);
    // cloudflared silently ignores a version that is not newer.
    if (now && version <= now.version) return now.rules;
    const rules = taken(config, refusals) ?? now?.rules ?? [];
    running.set(tunnel, { version, rules });
    return rules;
  };

  return {
    refusals,
    serve: async (visit, tunnel, configuration, jwt) => {
      const path = options.cleansPaths ? posix.normalize(visit.path) : visit.path;
      const rule = ruleFor(rulesOf(tunnel, configuration), visit.host, path);
      if (!rule)
        return answer(visit, "connector", {
          status: 503,
          title: "503 Service unavailable",
          sentence: "No ingress rules are defined.",
        });
      const verdict = await jwtVerdict({
        check: rule.access,
        token: jwt,
        keys: options.keys,
        now: options.now(),
      });
      if (verdict === 403) return answer(visit, "refused-by-connector", refused);
      if (verdict === 502)
        return answer(
          visit,
          "refused-by-connector",
          badGateway("cloudflared could not verify the Access token."),
        );
      return serveRule(visit, rule, options, jwt);
    },
  };
}

function taken(config: unknown, refusals: string[]): Rule[] | undefined {
  try {
    return accept(config);
  } catch (error) {
    refusals.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function serveRule(
  visit: Visit,
  { service, origin }: Rule,
  options: ConnectorOptions,
  jwt?: string,
): Promise<void> {
  switch (service.kind) {
    case "status":
      return answer(visit, "connector", {
        status: service.status,
        title: `${service.status}`,
        sentence: "An ingress rule answers with this status.",
        body: "",
        type: "text/plain",
      });
    case "hello":
      return answer(visit, "connector", {
        status: 200,
        title: "Congrats! You created a tunnel!",
        sentence: "This is cloudflared's test page.",
      });
    case "foreign":
      return answer(
        visit,
        "connector",
        badGateway(`The sandbox does not serve ${service.service}.`),
      );
    case "http": {
      const address = await options.resolve(service.host);
      if (address === undefined || service.port > 65_535)
        return answer(
          visit,
          "connector",
          badGateway(`There is no ${service.host}:${service.port}.`),
        );
      const upstream = upstreamOf(visit, service, origin, address, jwt);
      return pass(visit, {
        upstream,
        answered: "origin",
        failed: "connector",
        relocated: options.relocated,
      });
    }
  }
}

function upstreamOf(
  visit: Visit,
  service: Service & { kind: "http" },
  origin: Rule["origin"],
  address: string,
  jwt?: string,
): Upstream {
  const headers = inward(visit, jwt);
  const { httpHostHeader, originServerName, matchSNItoHost } = origin;
  return {
    protocol: service.protocol,
    address,
    port: service.port,
    headers:
      httpHostHeader === ""
        ? headers
        : { ...headers, host: httpHostHeader, "x-forwarded-host": String(headers.host) },
    servername: originServerName || (matchSNItoHost ? visit.host : service.host),
    verify: !origin.noTLSVerify,
    connectTimeoutMs: Math.max(0, origin.connectTimeoutMs),
  };
}
