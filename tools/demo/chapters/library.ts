import { authHost, FRIEND, passwordOf, type RunningDemo, USER } from "../context.ts";
import { visitor } from "../visitor.ts";

/** The tiles that Authentik shows each person after the login. */
export async function libraryOpens({ output, setup }: RunningDemo): Promise<void> {
  output.chapter("Authentik's library");
  const url = setup.sandbox.edge.url(authHost(setup));
  const [hers, his] = [await tilesOf(url, USER), await tilesOf(url, FRIEND)];
  output.pairs([
    [USER, hers.join(", ")],
    [FRIEND, his.join(", ")],
  ]);
  output.blank();
  output.check(
    hers.join() === "Photos,Whoami" && his.join() === "Whoami",
    "each sees a tile for what they may open, and nothing else",
  );
}

/** @returns the names of the tiles, in order */
async function tilesOf(url: string, username: string): Promise<readonly string[]> {
  const somebody = visitor();
  const page = await somebody.submit(await somebody.open(`${url}/if/user/`), {
    username,
    password: passwordOf(username),
  });
  return [...page.html.matchAll(/<span class="name">([^<]*)</g)].map(([, name = ""]) => name);
}
