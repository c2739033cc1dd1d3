const HEAD = `# Decisions

Each record says why something is as it is, where someone could reasonably decide otherwise: the context, the decision and its
consequences. A record is not rewritten when its decision is replaced; a new one says so and links to it. Made by \`npm run docs\`.`;

/** docs/decisions/README.md. @param records - the text of each record by its file's name */
export function decisionsPage(records: ReadonlyMap<string, string>): string {
  const lines = [...records]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => `- [${titleOf(file, text)}](${file})`);
  return `${HEAD}\n\n${lines.join("\n")}\n`;
}

/** `# 0001: The host of a rule comes from the engine` → without the `# ` */
function titleOf(file: string, text: string): string {
  const [, title] = /^# (.+)\n/.exec(text) ?? [];
  if (title === undefined || !title.startsWith(`${file.slice(0, 4)}: `))
    throw new Error(`${file} does not begin with "# ${file.slice(0, 4)}: "`);
  return title;
}
