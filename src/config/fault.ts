/**
 * What is wrong with one setting. It never contains the value, which may be or contain a secret.
 */
export interface SettingFault {
  /** The name of the environment variable. */
  readonly name: string;
  /** Completes the sentence that starts with the name: "is required". */
  readonly why: string;
  /** An imperative. */
  readonly fix: string;
}

/** Formats all faults for people, one block per fault with its fix. */
export function formatFaults(faults: readonly SettingFault[]): string {
  const width = Math.max(0, ...faults.map(({ name }) => name.length));
  const lines = faults.flatMap(({ name, why, fix }) => [
    `  ${name.padEnd(width)}  ${why}`,
    `  ${"".padEnd(width)}  → ${fix}`,
  ]);
  const head =
    faults.length === 1
      ? "cfauth cannot start: one setting is invalid."
      : `cfauth cannot start: ${faults.length} settings are invalid.`;
  return [head, "", ...lines, ""].join("\n");
}
