/** The one expression of several lines that the sandbox can run: what a daemon writes to give out the groups it asks for, and no others. */

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

/** To the letter: Python forgives nothing either. @returns undefined for any other expression */
export function wantedGroups(expression: string): WantedGroups | undefined {
  const [, owner = "", list = "", claim = ""] = EXPRESSION.exec(expression) ?? [];
  const wanted = texts(list);
  return wanted && claim === `cfauth_groups_${owner.replaceAll("-", "_")}`
    ? { claim, wanted }
    : undefined;
}

/** Of a list in JSON, which Python reads alike. */
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
