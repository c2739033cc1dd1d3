import type { SettingFault } from "./fault.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadEnvironment {
  /** By the setting's name (without `_FILE`); trimmed, never empty. */
  readonly texts: Readonly<Record<string, string>>;
  /** Settings that are set but could not be read. They are not reported as missing as well. */
  readonly attempted: ReadonlySet<string>;
  readonly faults: readonly SettingFault[];
}

/**
 * Reads every setting from the environment, or from the file that its `_FILE` variable names.
 *
 * | NAME  | NAME_FILE | result                          |
 * |-------|-----------|---------------------------------|
 * | empty | empty     | not set                         |
 * | text  | empty     | the text                        |
 * | empty | path      | the content of the file, trimmed |
 * | text  | path      | a fault: it is set twice        |
 *
 * Quotes around any of these are a fault. `docker run --env-file` and lists in a Compose file keep
 * the quotes, and a tunnel or a group whose name has quotes is a different one.
 */
export function readEnvironment(
  env: Environment,
  names: readonly string[],
  readFile: (path: string) => string,
): ReadEnvironment {
  const found = names.map((name) => ({ name, ...find(env, name, readFile) }));
  return {
    texts: Object.fromEntries(
      found.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text]])),
    ),
    attempted: new Set(found.flatMap(({ name, fault }) => (fault === undefined ? [] : [name]))),
    faults: found.flatMap(({ fault }) => fault ?? []),
  };
}

const QUOTED = /^(["']).*\1$/s;
const IN_QUOTES = {
  why: "is wrapped in quotes, which become part of the value",
  fix: "remove the quotes",
} as const;

interface Found {
  readonly text?: string;
  readonly fault?: SettingFault;
}

function find(env: Environment, name: string, readFile: (path: string) => string): Found {
  const text = env[name]?.trim() ?? "";
  const path = env[`${name}_FILE`]?.trim() ?? "";
  const given = `${name}_FILE`;
  if (QUOTED.test(text)) return { fault: { name, ...IN_QUOTES } };
  if (QUOTED.test(path)) return { fault: { name: given, ...IN_QUOTES } };
  if (path === "") return text === "" ? {} : { text };
  if (text !== "")
    return {
      fault: {
        name,
        why: `is set twice: ${given} is set as well`,
        fix: `remove ${name} or ${given}`,
      },
    };
  try {
    const content = readFile(path).trim();
    if (QUOTED.test(content))
      return {
        fault: {
          name: given,
          why: "names a file whose content is wrapped in quotes",
          fix: IN_QUOTES.fix,
        },
      };
    return content === ""
      ? {
          fault: {
            name: given,
            why: "names an empty file",
            fix: `write the value of ${name} into the file`,
          },
        }
      : { text: content };
  } catch (error) {
    return {
      fault: {
        name: given,
        why: `names a file that cannot be read (${codeOf(error)})`,
        fix: "check that the path is correct inside the container and that cfauth's user may read the file",
      },
    };
  }
}

/**
 * Only the error code, because the message of a file error repeats the path, which is the setting's
 * value.
 */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "no reason given";
}
