/** What a person types from a clone to the first protected page: it stands once, at the top of the Compose file. */

/** The commands in the comment at the top of docker-compose.example.yml: what is pasted at a time, as it stands there. */
export function quickStart(compose: string): readonly string[] {
  const [top = ""] = /^(#.*\n)+/.exec(compose) ?? [];
  return [...top.matchAll(/(?:^#[ ]{3}.*\n)+/gm)].map(([block]) =>
    block.replace(/^# {3}/gm, "").trimEnd(),
  );
}

interface Effort {
  /** Settings that a person fills in. */
  readonly values: readonly string[];
  /** Lines that are not the inside of one before; two joined by `&&` are two. */
  readonly commands: readonly string[];
}

/** Counted as a person would who has the files before them. */
export function effort(blocks: readonly string[], envExample: string): Effort {
  const lines = blocks.flatMap((block) => block.split("\n")).filter((line) => /^[^\s#]/.test(line));
  return {
    values: [...envExample.matchAll(/^(\w+)=$/gm)].map(([, name = ""]) => name),
    commands: lines.flatMap((line) => line.split(" && ")),
  };
}

export const spelledEffort = ({ values, commands }: Effort): string =>
  `What you type: ${values.length} values (${values.map((name) => `\`${name}\``).join(", ")}), ${commands.length} commands.`;

/** The page with the commands and the count between `<!-- quick-start -->` and `<!-- /quick-start -->`, where it has these. */
export function withQuickStart(page: string, compose: string, envExample: string): string {
  const blocks = quickStart(compose);
  const [first = "", ...then] = blocks.map((block) => `\`\`\`sh\n${block}\n\`\`\``);
  const fill = "Fill in the two values at the top of `.env`, and then:";
  const text = [first, fill, ...then, spelledEffort(effort(blocks, envExample))].join("\n\n");
  return page.replace(
    /(<!-- quick-start -->\n)[\s\S]*?(?=<!-- \/quick-start -->)/,
    (_, open: string) => `${open}\n${text}\n\n`,
  );
}
