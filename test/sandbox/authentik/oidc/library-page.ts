import { launchUrl } from "../library.ts";
import type { Application, AuthentikState } from "../state.ts";
import { escaped, page } from "./pages.ts";

/** Browser tests depend on the classes and `data-slug`. @param tiles - by heading */
export function libraryPage(state: AuthentikState, tiles: readonly Application[]): string {
  const groups = Map.groupBy(tiles, ({ group }) => group);
  const sections = [...groups].map(
    ([group, members]) =>
      `<section>${group === "" ? "" : `<h2>${escaped(group)}</h2>`}\n${members.map((member) => tile(state, member)).join("\n")}</section>`,
  );
  return page(
    "my applications",
    `<h1>My applications</h1>\n${sections.join("\n") || "<p>No applications available.</p>"}`,
  );
}

function tile(state: AuthentikState, application: Application): string {
  const { slug, name, meta_description, meta_icon, open_in_new_tab } = application;
  const icon = /^https?:\/\//i.test(meta_icon) ? `<img src="${escaped(meta_icon)}" alt="">` : "";
  const description =
    meta_description === "" ? "" : `<span class="description">${escaped(meta_description)}</span>`;
  const target = open_in_new_tab ? ' target="_blank" rel="noopener"' : "";
  const href = escaped(launchUrl(state, application) ?? "");
  return `<a class="tile" href="${href}" data-slug="${escaped(slug)}"${target}>${icon}<span class="name">${escaped(name)}</span>${description}</a>`;
}
