/** The commands from a clone to the first protected page. Their only source is the top of the Compose file. */

/** The commands in the comment at the top of docker-compose.example.yml, one item per block to paste. */
export function quickStart(compose: string): readonly string[] {
  const [top = ""] = /^(#.*\n)+/.exec(compose) ?? [];
  return [...top.matchAll(/(?:^#[ ]{3}.*\n)+/gm)].map(([block]) =>
    block.replace(/^# {3}/gm, "").trimEnd(),
  );
}

interface Effort {
  /** The settings to fill in. */
  readonly values: readonly string[];
  /** Commands; two joined by `&&` count as two, and indented continuation lines do not count. */
  readonly commands: readonly string[];
}

/** Counts as a person with the files at hand would. */
export function effort(blocks: readonly string[], envExample: string): Effort {
  const lines = blocks.flatMap((block) => block.split("\n")).filter((line) => /^[^\s#]/.test(line));
  return {
    values: [...envExample.matchAll(/^(\w+)=$/gm)].map(([, name = ""]) => name),
    commands: lines.flatMap((line) => line.split(" && ")),
  };
}

export const spelledEffort = ({ values, commands }: Effort): string =>
  `You type ${values.length} values (${values.map((name) => `\`${name}\``).join(", ")}), ${commands.length} commands.`;

/** Fills in the commands and their count between `<!-- quick-start -->` and `<!-- /quick-start -->`, if the page has these markers. */
export function withQuickStart(page: string, compose: string, envExample: string): string {
  const blocks = quickStart(compose);
  const [first = "", ...then] = blocks.map((block) => `\`\`\`sh\n${block}\n\`\`\``);
  const fill = "Fill in the two values at the top of `.env`, then run:";
  const text = [first, fill, ...then, spelledEffort(effort(blocks, envExample))].join("\n\n");
  return page.replace(
    /(<!-- quick-start -->\n)[\s\S]*?(?=<!-- \/quick-start -->)/,
    (_, open: string) => `${open}\n${text}\n\n`,
  );
}
