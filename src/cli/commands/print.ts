import type { ServiceError } from "../../core/errors.ts";
import type { Terminal } from "../../core/terminal.ts";
import { redactPersonalData } from "../../core/text/redact.ts";

/** `✗ message  CODE`, with the fix below it. */
export const errorLines = (
  out: Terminal,
  { message, code, fix }: Pick<ServiceError, "message" | "code" | "fix">,
): readonly string[] => [`${out.mark("fail")} ${message}  ${code}`, `    → ${fix}`];

/** Prints lines for people, without personal data: labels and object names may contain some. */
export const printLines = (out: Terminal, ...lines: readonly string[]): void =>
  out.write(out.lines(...lines.map(redactPersonalData)));
