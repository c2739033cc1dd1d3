/** What is wrong with one setting. Never its value, which may be a secret or lie beside one. */
export interface SettingFault {
  /** Of the environment variable. */
  readonly name: string;
  /** Continues the sentence that the name begins: "is required". */
  readonly why: string;
  /** An imperative. */
  readonly fix: string;
}

/** All faults for people, the fixes below one another. */
export function faultsText(faults: readonly SettingFault[]): string {
  const width = Math.max(0, ...faults.map(({ name }) => name.length));
  const lines = faults.flatMap(({ name, why, fix }) => [
    `  ${name.padEnd(width)}  ${why}`,
    `  ${"".padEnd(width)}  → ${fix}`,
  ]);
  const head =
    faults.length === 1
      ? "cfauth cannot start: one setting is faulty."
      : `cfauth cannot start: ${faults.length} settings are faulty.`;
  return [head, "", ...lines, ""].join("\n");
}
