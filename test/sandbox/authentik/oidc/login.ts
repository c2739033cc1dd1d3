import type { ServerResponse } from "node:http";
import type { InteractionResults } from "oidc-provider";
import { attached } from "../claims.ts";
import type { AuthentikState, User } from "../state.ts";
import { consent } from "./consent.ts";
import type { Instances } from "./instances.ts";
import { consentPage, loginPage, messagePage } from "./pages.ts";
import { type Arrived, form, replay } from "./replay.ts";
import { userOf } from "./settings.ts";
import { type Relay, relayOfClient, type World } from "./world.ts";

/** A login in progress. */
interface Passage {
  readonly relay: Relay;
  readonly prompt: string;
  readonly scopes: string;
  readonly user: User | undefined;
}

/** The pages below `/if/flow/`. */
export async function flow(
  world: World,
  instances: Instances,
  arrival: Arrived,
  response: ServerResponse,
): Promise<void> {
  const passage = passageOf(world, arrival);
  if (!passage)
    return send(
      response,
      400,
      messagePage(
        "Request expired",
        "This login is over or was never begun. Go back to the application.",
      ),
    );
  if (arrival.request.method !== "POST") return send(response, 200, pageOf(world.state, passage));
  const result =
    passage.prompt === "login"
      ? loggedIn(world.state, form(arrival))
      : agreed(world.state, passage);
  if (!result)
    return send(
      response,
      200,
      loginPage(passage.relay.application.name, "Failed to authenticate."),
    );
  const instance = instances(passage.relay, world.publicOrigin);
  await instance.interactionFinished(replay(arrival, world.publicOrigin), response, result);
}

function passageOf({ state, store }: World, { request }: Arrived): Passage | undefined {
  const id = /(?:^|;\s*)authentik_interaction=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const { params = {}, prompt, session } = store.peek("Interaction", id ?? "") ?? {};
  const relay = relayOfClient(state, params["client_id"]);
  if (!relay || !prompt) return undefined;
  return {
    relay,
    prompt: prompt.name,
    scopes: String(params["scope"]),
    user: userOf(state.users, session?.accountId),
  };
}

function pageOf(
  state: AuthentikState,
  { relay: { application, provider }, prompt, scopes }: Passage,
): string {
  if (prompt === "login") return loginPage(application.name);
  const asked = scopes.split(" ");
  const permissions = attached(state, provider).filter(
    ({ scope_name, description }) => description && asked.includes(scope_name),
  );
  return consentPage(
    application.name,
    permissions.map(({ description }) => description),
  );
}

function loggedIn(state: AuthentikState, fields: URLSearchParams): InteractionResults | undefined {
  const user = authenticated(state, fields);
  return user && { login: { accountId: String(user.pk) } };
}

/** The user with this name and password. A login saves the user, which clears the cache of the application list. */
export function authenticated(state: AuthentikState, fields: URLSearchParams): User | undefined {
  const [name, password] = [fields.get("username"), fields.get("password")];
  const user = state.users.find(({ username, is_active }) => is_active && username === name);
  if (!user || user.password !== password) return undefined;
  state.listedApplications.clear();
  return user;
}

function agreed(state: AuthentikState, { relay, user, scopes }: Passage): InteractionResults {
  if (user) consent(state, relay.provider, user, offered(state, relay, scopes));
  return { consent: {} };
}

/** Scopes without a mapping are silently omitted. */
function offered(state: AuthentikState, { provider }: Relay, scopes: string): string {
  const known = new Set([
    "openid",
    ...attached(state, provider).map(({ scope_name }) => scope_name),
  ]);
  return scopes
    .split(" ")
    .filter((scope) => known.has(scope))
    .join(" ");
}

export function send(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(html);
}
