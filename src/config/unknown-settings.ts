import { closestMatch } from "../core/text/closest-match.ts";
import type { SettingFault } from "./fault.ts";
import type { Environment } from "./read-environment.ts";

const PREFIX = "CFAUTH_";

/**
 * Reports environment variables with cfauth's prefix that are not settings. Other variables are
 * ignored.
 */
export function unknownSettings(
  env: Environment,
  known: readonly string[],
): readonly SettingFault[] {
  const all = new Set(withFiles(known));
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && (env[name] ?? "").trim() !== "" && !all.has(name))
    .toSorted()
    .map((name) => unknownSetting(name, known));
}

function unknownSetting(name: string, known: readonly string[]): SettingFault {
  const suggestion = likelyName(name, known);
  return {
    name,
    why: "is not a cfauth setting",
    fix:
      suggestion === undefined
        ? "remove it, or look up the correct name in the settings table"
        : `write ${suggestion}`,
  };
}

function likelyName(name: string, known: readonly string[]): string | undefined {
  const bare = name.slice(PREFIX.length);
  const all = withFiles(known);
  return all.find((it) => it === bare) ?? closestMatch(name, [...known, ...all]);
}

/**
 * Finds an environment variable whose name is probably a typo of the missing setting.
 *
 * @param known - names of settings, which are never typos
 */
export function likelyTypo(
  env: Environment,
  missing: string,
  known: readonly string[],
): string | undefined {
  const all = new Set(withFiles(known));
  return closestMatch(
    missing,
    Object.keys(env).filter((name) => !all.has(name) && (env[name] ?? "").trim() !== ""),
  );
}

const withFiles = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [name, `${name}_FILE`]);
