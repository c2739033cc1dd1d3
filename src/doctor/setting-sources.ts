import { type Environment, readEnvironment } from "../config/read-environment.ts";
import { SETTING_NAMES } from "../config/settings.ts";

/** The source of each setting that is set. Never its value. */
export type SettingSources = ReadonlyMap<string, "environment" | "file">;

export function settingSources(
  env: Environment,
  readFile: (path: string) => string,
): SettingSources {
  const { texts } = readEnvironment(env, SETTING_NAMES, readFile);
  return new Map(
    SETTING_NAMES.flatMap((name) =>
      texts[name] === undefined
        ? []
        : [[name, env[`${name}_FILE`]?.trim() ? ("file" as const) : ("environment" as const)]],
    ),
  );
}

/** The name of the variable that the setting was read from: `AUTHENTIK_TOKEN_FILE`. */
export const settingSource = (given: SettingSources, name: string): string =>
  given.get(name) === "file" ? `${name}_FILE` : name;
