/** The only expression of several lines that the sandbox can run: a daemon writes it to send only the groups that it needs. */

export interface WantedGroups {
  readonly claim: string;
  readonly wanted: readonly string[];
}

const EXPRESSION = new RegExp(
  [
    String.raw`^# Made by cfauth \(([a-z0-9-]+)\): the groups that its routes ask for, inherited ones too\.`,
    String.raw`wanted = (\[[^\n]*\])`,
    String.raw`return \{"(\w+)": \[group\.name for group in request\.user\.all_groups\(\) if group\.name in wanted\]\}$`,
  ].join("\n"),
);

/** Compares exactly, like Python. @returns undefined for any other expression */
export function wantedGroups(expression: string): WantedGroups | undefined {
  const [, owner = "", list = "", claim = ""] = EXPRESSION.exec(expression) ?? [];
  const wanted = texts(list);
  return wanted && claim === `cfauth_groups_${owner.replaceAll("-", "_")}`
    ? { claim, wanted }
    : undefined;
}

/** Parses a JSON list, which Python reads the same way. */
function texts(list: string): string[] | undefined {
  try {
    const read: unknown = JSON.parse(list);
    return Array.isArray(read) && read.every((entry) => typeof entry === "string")
      ? read
      : undefined;
  } catch {
    return undefined;
  }
}
