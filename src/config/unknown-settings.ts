import { closestMatch } from "../core/text/closest-match.ts";
import type { SettingFault } from "./fault.ts";
import type { Environment } from "./read-environment.ts";

const PREFIX = "CFAUTH_";

/** The variables of the environment that look like ours and are not. Variables of other families are nobody's business here. */
export function unknownSettings(
  env: Environment,
  known: readonly string[],
): readonly SettingFault[] {
  const all = new Set(withFiles(known));
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && (env[name] ?? "").trim() !== "" && !all.has(name))
    .toSorted()
    .map((name) => unknown(name, known));
}

function unknown(name: string, known: readonly string[]): SettingFault {
  const meant = likely(name, known);
  return {
    name,
    why: "is not a setting of cfauth",
    fix:
      meant === undefined
        ? "remove it, or look up its name in the settings table"
        : `write ${meant}`,
  };
}

function likely(name: string, known: readonly string[]): string | undefined {
  const bare = name.slice(PREFIX.length);
  const all = withFiles(known);
  return all.find((it) => it === bare) ?? closestMatch(name, [...known, ...all]);
}

/**
 * A variable of the environment that was probably meant to be this one, which is missing.
 *
 * @param known - settings that are right as they are
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
