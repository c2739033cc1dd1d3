/** What each page is for, in the order in which a person comes to need it. One that is not there is passed over. */
const PAGES: Readonly<Record<string, string>> = {
  "getting-started.md": "from nothing to the first protected page, backups, upgrading, taking it away again",
  "labels.md": "every label, each with an example",
  "access.md": "who may enter, and what happens when that changes; taking over what you made by hand",
  "authentik.md": "Authentik's own hostname, tiles, an account with few permissions",
  "settings.md": "every setting with its meaning, default and what it takes",
  "commands.md": "what can be asked of cfauth on the command line, with exit codes and JSON",
  "troubleshooting.md": "what the browser, the terminal or cfauth says, and what to do; every problem by its code",
  "monitoring.md": "metrics, the dashboard, alerts, widgets",
  "notifications.md": "who is told when something happens, and in which form",
  "upgrading.md": "what a new version asks of you, and how to do it",
  "migrating.md": "coming from DockFlare, tunnel-sync, Traefik, or what was made by hand",
  "security.md": "the threat model: who may do what, the promises and the tests that show them, sockets, tokens, limits",
  "reliability.md": "what happens when something stops, dies, is away or is changed by somebody else",
  "architecture.md": "how cfauth is built inside",
  "development.md": "running, testing, adding a label, a kind, a problem; releasing",
};

/** docs/README.md. @param there - the pages in docs/ @throws when one of them is not told of */
export function indexPage(there: ReadonlySet<string>): string {
  const untold = [...there].filter((page) => PAGES[page] === undefined && page !== "README.md");
  if (untold.length > 0) throw new Error(`scripts/docs/index.ts does not say what ${untold.join(" and ")} is for`);
  const lines = Object.entries(PAGES).flatMap(([page, what]) => (there.has(page) ? [`- [${titled(page)}](${page}): ${what}`] : []));
  return `# cfauth, page by page\n\nWhat cfauth is stands in the [README](../README.md).\n\n${lines.join("\n")}\n`;
}

/** `getting-started.md` → `Getting started` */
const titled = (page: string): string => {
  const words = page.replace(/\.md$/, "").replaceAll("-", " ");
  return words.replace(/^./, (first) => first.toUpperCase());
};
