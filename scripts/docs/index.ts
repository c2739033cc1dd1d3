/** What each page is for, in the order in which a person comes to need it. One that is not there is passed over. */
const PAGES: Readonly<Record<string, string>> = {
  "getting-started.md": "from nothing to the first protected page, backups, upgrading, removing it again",
  "labels.md": "every label, each with an example",
  "access.md": "who may enter, and what happens when that changes; taking over what you made by hand",
  "authentik.md": "Authentik's own hostname, tiles, an account with few permissions",
  "settings.md": "every setting with its meaning, default and what it takes",
  "commands.md": "the commands, with exit codes and JSON",
  "troubleshooting.md": "what the browser, the terminal or cfauth says, and what to do; every problem by its code",
  "monitoring.md": "metrics, the dashboard, alerts, widgets",
  "notifications.md": "which services get a message when something happens, and what it looks like",
  "upgrading.md": "what a new version asks of you, and how to do it",
  "migrating.md": "coming from DockFlare, tunnel-sync, Traefik, or what was made by hand",
  "security.md": "the threat model: who may do what, the promises and the tests that show them, sockets, tokens, limits",
  "reliability.md": "what happens when something stops, dies, is away or is changed by another writer",
  "architecture.md": "how cfauth is built inside",
  "decisions/README.md": "why some things are as they are: context, decision and consequences of each",
  "development.md": "running, testing, adding a label, a kind, a problem; releasing",
};

/** docs/README.md. @param there - the pages in docs/, and decisions/README.md @throws when one of them is missing above */
export function indexPage(there: ReadonlySet<string>): string {
  const untold = [...there].filter((page) => PAGES[page] === undefined && page !== "README.md");
  if (untold.length > 0) throw new Error(`scripts/docs/index.ts does not say what ${untold.join(" and ")} is for`);
  const lines = Object.entries(PAGES).flatMap(([page, what]) => (there.has(page) ? [`- [${titled(page)}](${page}): ${what}`] : []));
  return `# cfauth, page by page\n\nFor what cfauth is, see the [README](../README.md).\n\n${lines.join("\n")}\n`;
}

/** `getting-started.md` → `Getting started`, `decisions/README.md` → `Decisions` */
const titled = (page: string): string => {
  const words = page.replace(/(\/README)?\.md$/, "").replaceAll("-", " ");
  return words.replace(/^./, (first) => first.toUpperCase());
};
