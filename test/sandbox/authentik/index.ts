/** An Authentik on loopback: its API for a daemon, and its login pages and OpenID Connect for browsers and Access. */

import { randomBytes } from "node:crypto";
import http, { type RequestListener } from "node:http";
import { createContract } from "../contract.ts";
import type { LiveControls } from "../controls.ts";
import type { Answer, Route } from "../routes.ts";
import { BadJson, startServer } from "../server.ts";
import { applicationRoutes } from "./api/applications.ts";
import { bindingRoutes } from "./api/bindings.ts";
import { certificateRoutes } from "./api/certificates.ts";
import { flowRoutes } from "./api/flows.ts";
import { groupRoutes } from "./api/groups.ts";
import { tokenGuard } from "./api/guard.ts";
import { providerExtraRoutes } from "./api/provider-extras.ts";
import { providerRoutes } from "./api/providers.ts";
import { rbacRoutes } from "./api/rbac.ts";
import { Refusal } from "./api/refusal.ts";
import { scopeMappingRoutes } from "./api/scope-mappings.ts";
import { secretRoutes } from "./api/secrets.ts";
import { systemRoutes } from "./api/system.ts";
import { contractProfile, tolerant } from "./contract-profile.ts";
import { addDefaults } from "./defaults.ts";
import { clientOf } from "./oidc/client.ts";
import { createFront } from "./oidc/front.ts";
import { createStore } from "./oidc/store.ts";
import { ADMIN, addGroup, addUser, FAMILY, type NewGroup, type NewUser } from "./people.ts";
import { type AuthentikState, emptyState } from "./state.ts";
import { type Version, type VersionName, version as versionOf } from "./versions.ts";

export interface AuthentikOptions {
  readonly controls: LiveControls;
  /** The address for browsers and Access, without a trailing slash. */
  readonly publicOrigin: string;
  readonly token?: string;
  /** By default `2026.8`. */
  readonly version?: VersionName;
  /** Users besides akadmin, who owns the token. By default alice (family) and bob (admins). */
  readonly users?: readonly NewUser[];
  /** Groups besides those of the users. */
  readonly groups?: readonly NewGroup[];
  /** False: the API answers, but flows, scopes and the certificate do not exist before `finishBoot()`. */
  readonly ready?: boolean;
  /** 0 or absent: any free port. */
  readonly port?: number;
}

export interface Authentik extends AsyncDisposable {
  /** The address for a daemon: `http://127.0.0.1:<port>`; the API is below `/api/v3`. */
  readonly url: string;
  readonly state: AuthentikState;
  /** Serves API and pages under `publicOrigin`. */
  readonly handler: RequestListener;
  /** Creates the default objects; does nothing the second time. */
  finishBoot(): Promise<void>;
  close(): Promise<void>;
}

export async function startAuthentik(options: AuthentikOptions): Promise<Authentik> {
  const { controls, publicOrigin, ready = true } = options;
  const version = versionOf(options.version ?? "2026.8");
  const state = populated(options);
  let booted: Promise<void> | undefined;
  const finishBoot = (): Promise<void> => (booted ??= addDefaults(state, version));
  if (ready) await finishBoot();
  const front = createFront({
    state,
    version,
    publicOrigin,
    store: createStore((clientId) => clientOf(state, clientId)),
    cookieKeys: [randomBytes(16).toString("hex")],
    broken: (reason) =>
      controls.violate([
        `sandbox authentik: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
      ]),
  });
  const { origin, close } = await startServer({
    api: "authentik",
    base: "/api/v3",
    controls,
    routes: routes(state, version),
    contract:
      version.schema === undefined
        ? undefined
        : tolerant(createContract(version.schema, contractProfile(version))),
    guard: tokenGuard(state),
    notFound: () => ({ status: 404 }),
    refusal,
    elsewhere: (request, response) => {
      if (request.url?.startsWith("/-/health/"))
        response.writeHead(version.has("readyAnswers200") ? 200 : 204).end();
      else front(request, response);
    },
    port: options.port,
  });
  return {
    url: origin,
    state,
    handler: passOn(origin),
    finishBoot,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function populated({
  token = "sandbox-authentik-token",
  users = FAMILY,
  groups = [],
}: AuthentikOptions): AuthentikState {
  const state = emptyState(token);
  for (const group of groups) addGroup(state, group);
  for (const user of [ADMIN, ...users]) addUser(state, user);
  return state;
}

function routes(state: AuthentikState, version: Version): Route[] {
  return [
    ...systemRoutes(state, version),
    ...applicationRoutes(state, version),
    ...providerExtraRoutes(state, version),
    ...providerRoutes(state, version),
    ...flowRoutes(state, version),
    ...certificateRoutes(state, version),
    ...scopeMappingRoutes(state, version),
    ...groupRoutes(state, version),
    ...bindingRoutes(state, version),
    ...secretRoutes(state, version),
    ...rbacRoutes(state, version),
  ];
}

function refusal(error: unknown): Answer | undefined {
  if (error instanceof Refusal) return error.answer;
  if (error instanceof BadJson)
    return {
      status: 400,
      body: { detail: "JSON parse error - Expecting value: line 1 column 1 (char 0)" },
    };
  return undefined;
}

/** Forwards the request to the server with its Host, so that it is in the journal. */
function passOn(origin: string): RequestListener {
  return (request, response) => {
    const { method, url, headers } = request;
    const inner = http.request(origin, { method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    inner.on("error", () => response.destroy());
    request.pipe(inner);
  };
}
