import type { Rule } from "./document.ts";

/** Letter case counts, a wildcard matches any depth, and a trailing dot is part of the name. */
function matchesHost(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)));
}

/**
 * The first rule that matches; undefined without any rule.
 * @param path - decoded, uncleaned, without the query
 */
export function ruleFor(rules: readonly Rule[], host: string, path: string): Rule | undefined {
  return rules.find(
    (rule) =>
      (rule.hostname === "" ||
        matchesHost(rule.hostname, host) ||
        (rule.punycode !== undefined && rule.punycode === host)) &&
      (rule.path === undefined || rule.path.test(path)),
  );
}
