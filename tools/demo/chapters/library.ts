import { authHost, FRIEND, passwordOf, type Running, USER } from "../telling.ts";
import { visitor } from "../visitor.ts";

/** What Authentik shows to each of them after the login. */
export async function libraryOpens({ paper, stage }: Running): Promise<void> {
  paper.chapter("Authentik's library");
  const url = stage.sandbox.edge.url(authHost(stage));
  const [hers, his] = [await tilesOf(url, USER), await tilesOf(url, FRIEND)];
  paper.pairs([
    [USER, hers.join(", ")],
    [FRIEND, his.join(", ")],
  ]);
  paper.blank();
  paper.check(
    hers.join() === "Photos,Whoami" && his.join() === "Whoami",
    "each finds what they may enter, and nothing else",
  );
}

/** @returns their names, as they stand there */
async function tilesOf(url: string, username: string): Promise<readonly string[]> {
  const somebody = visitor();
  const page = await somebody.submit(await somebody.open(`${url}/if/user/`), {
    username,
    password: passwordOf(username),
  });
  return [...page.html.matchAll(/<span class="name">([^<]*)</g)].map(([, name = ""]) => name);
}
