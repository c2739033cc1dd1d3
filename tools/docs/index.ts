/** A part of the index: a heading, and its pages with what each is for. */
interface Section {
  readonly title: string;
  readonly pages: Readonly<Record<string, string>>;
}

/** Every page of docs/, in the order in which a user comes to need it. */
const SECTIONS: readonly Section[] = [
  {
    title: "Start",
    pages: {
      "getting-started.md":
        "from nothing to the first protected service; with an Authentik or cloudflared that already runs; backups, upgrades, uninstall",
      "migrating.md":
        "from DockFlare, docker-cloudflare-tunnel-sync, Traefik, or hostnames made by hand",
    },
  },
  {
    title: "When something does not work",
    pages: {
      "troubleshooting.md":
        "messages in the browser and in the terminal, and every problem code, each with its fix",
    },
  },
  {
    title: "Reference",
    pages: {
      "labels.md": "every label, with an example",
      "settings.md": "every setting, with its default and an example",
      "commands.md": "`doctor`, `status`, `plan`, `apply`, `destroy`; exit codes and JSON output",
    },
  },
  {
    title: "Access",
    pages: {
      "access.md":
        "who may enter, what happens when labels change, and how to adopt what you made by hand",
      "authentik.md":
        "what cfauth creates in Authentik, its public hostname, tiles, an account with few permissions",
    },
  },
  {
    title: "Operation",
    pages: {
      "monitoring.md": "status page, metrics, alerts, the Grafana dashboard, widgets",
      "notifications.md": "messages to ntfy, Gotify, Discord, Slack or a webhook",
      "reliability.md":
        "what happens when a part stops, crashes or is unreachable; API calls and limits",
      "security.md":
        "threat model, promises and the tests that show them, tokens, the Docker socket",
      "upgrading.md": "what each new version asks of you",
    },
  },
  {
    title: "Inside cfauth",
    pages: {
      "architecture/README.md":
        "how cfauth is built: overview, glossary, planner, resources, tests",
      "decisions/README.md": "why it is built this way, one record per decision",
      "development.md": "how to run, test, change and release it",
    },
  },
];

/**
 * docs/README.md.
 *
 * @param existing - the pages in docs/, and the README of each folder in it
 * @throws if the index and the folder do not have the same pages
 */
export function indexPage(existing: ReadonlySet<string>): string {
  const named = new Set(SECTIONS.flatMap(({ pages }) => Object.keys(pages)));
  const unnamed = [...existing].filter((page) => page !== "README.md" && !named.has(page));
  const missing = [...named].filter((page) => !existing.has(page));
  if (unnamed.length > 0)
    throw new Error(`tools/docs/index.ts does not name ${unnamed.join(" and ")}`);
  if (missing.length > 0) throw new Error(`docs/ has no ${missing.join(" and ")}`);
  return `${[INTRODUCTION, ...SECTIONS.map(sectionText)].join("\n\n")}\n`;
}

const INTRODUCTION = `# Documentation

The [README](../README.md) says what cfauth is. If something does not work, run \`docker compose exec cfauth cfauth doctor\` first.`;

function sectionText({ title, pages }: Section): string {
  const lines = Object.entries(pages).map(
    ([page, purpose]) => `- [${titleOf(page)}](${page}): ${purpose}`,
  );
  return `## ${title}\n\n${lines.join("\n")}`;
}

/** `getting-started.md` → `Getting started`, `decisions/README.md` → `Decisions` */
function titleOf(page: string): string {
  const words = page.replace(/(\/README)?\.md$/, "").replaceAll("-", " ");
  return words.replace(/^./, (first) => first.toUpperCase());
}
