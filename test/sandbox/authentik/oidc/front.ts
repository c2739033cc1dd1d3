import type { RequestListener, ServerResponse } from "node:http";
import { callerOrigin } from "../origin.ts";
import { createInstances, type Instances } from "./instances.ts";
import { libraryOf } from "./library.ts";
import { flow, send } from "./login.ts";
import { messagePage } from "./pages.ts";
import { type Arrived, arrived, form, replay } from "./replay.ts";
import { type Relay, relayOfClient, relayOfSlug, type World } from "./world.ts";

/** Serves everything except the API: logins, and OpenID Connect under Authentik's addresses. */
export function createFront(world: World): RequestListener {
  const instances = createInstances(world);
  return (request, response) => {
    arrived(request)
      .then((arrival) => serve(world, instances, arrival, response))
      .catch((error: unknown) => {
        world.broken(error);
        if (response.headersSent) response.destroy();
        else send(response, 500, messagePage("The sandbox failed", String(error)));
      });
  };
}

/** Every path except discovery ends with a slash; without it the answer is 404. */
async function serve(
  world: World,
  instances: Instances,
  arrival: Arrived,
  response: ServerResponse,
): Promise<void> {
  const path = arrival.url.pathname;
  if (/^\/if\/flow\/[^/]+\/$/.test(path)) return flow(world, instances, arrival, response);
  if (path === "/if/user/") return libraryOf(world, instances, arrival, response);
  const global = /^\/application\/o\/(?:(authorize)\/[\w-]*|(token)\/|(userinfo)\/)$/.exec(path);
  if (global)
    return hand(
      instances(clientAsking(world, arrival), world.publicOrigin),
      replay(arrival, world.publicOrigin),
      response,
    );
  const [, slug, what] = /^\/application\/o\/([-\w]+)\/(.+)$/.exec(path) ?? [];
  const relay = relayOfSlug(world.state, slug);
  if (relay && what === "jwks/" && !relay.provider.signing_key) return json(response, {});
  if (relay && what !== undefined && /^(jwks\/|end-session\/(confirm|success)?)$/.test(what))
    return hand(
      instances(relay, world.publicOrigin),
      replay(arrival, world.publicOrigin),
      response,
    );
  if (relay && what === ".well-known/openid-configuration")
    return discover(instances, relay, arrival, response);
  send(
    response,
    404,
    messagePage("Not Found", "The requested resource was not found on this server."),
  );
}

/** Finds the client by its id, or by a login or token that belongs to it. */
function clientAsking({ state, store }: World, arrival: Arrived): Relay | undefined {
  const { request, url } = arrival;
  const [scheme = "", credentials = ""] = (request.headers.authorization ?? "").split(" ");
  const tail = url.pathname.split("/").at(-1) ?? "";
  const named = {
    query: url.searchParams.get("client_id"),
    form: form(arrival).get("client_id"),
    basic: /^basic$/i.test(scheme)
      ? decodeURIComponent(Buffer.from(credentials, "base64").toString().split(":")[0] ?? "")
      : undefined,
    login: store.peek("Interaction", tail)?.params?.["client_id"],
    token: /^bearer$/i.test(scheme) ? store.peek("AccessToken", credentials)?.clientId : undefined,
  };
  return relayOfClient(
    state,
    named.query ?? named.form ?? named.basic ?? named.login ?? named.token,
  );
}

/** Uses the address that the caller used. */
function discover(
  instances: Instances,
  relay: Relay,
  arrival: Arrived,
  response: ServerResponse,
): Promise<void> {
  const origin = callerOrigin(arrival.request.headers);
  return hand(
    instances(relay, origin),
    replay(arrival, origin, "/.well-known/openid-configuration"),
    response,
  );
}

async function hand(
  instance: ReturnType<Instances>,
  request: Parameters<RequestListener>[0],
  response: ServerResponse,
): Promise<void> {
  await instance.callback()(request, response);
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
