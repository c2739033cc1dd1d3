import type { ServerResponse } from "node:http";
import { library } from "../library.ts";
import type { Instances } from "./instances.ts";
import { libraryPage } from "./library-page.ts";
import { authenticated, send } from "./login.ts";
import { loginPage } from "./pages.ts";
import { type Arrived, form, replay } from "./replay.ts";
import { userOf } from "./settings.ts";
import type { World } from "./world.ts";

const SESSION_SECONDS = 14 * 24 * 60 * 60;

/**
 * `/if/user/`: the tiles of a logged-in user, else its own login. Both use the same session: a login here also counts
 * for applications, and the other way round.
 */
export async function libraryOf(
  world: World,
  instances: Instances,
  arrival: Arrived,
  response: ServerResponse,
): Promise<void> {
  const instance = instances(undefined, world.publicOrigin);
  const context = instance.createContext(replay(arrival, world.publicOrigin), response);
  const session = await instance.Session.get(context);
  const { state, version } = world;
  if (arrival.request.method !== "POST") {
    const user = userOf(state.users, session.accountId);
    return send(
      response,
      200,
      user ? libraryPage(state, library(state, version, user)) : loginPage("your applications"),
    );
  }
  const user = authenticated(state, form(arrival));
  if (!user) return send(response, 200, loginPage("your applications", "Failed to authenticate."));
  session.resetIdentifier();
  session.loginAccount({ accountId: String(user.pk) });
  await session.save(SESSION_SECONDS);
  context.cookies.set(instance.cookieName("session"), session.jti, {
    signed: true,
    httpOnly: true,
    sameSite: "lax",
    overwrite: true,
  });
  response.writeHead(302, { location: "/if/user/" }).end();
}
