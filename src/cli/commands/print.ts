import type { ServiceError } from "../../core/errors.ts";
import type { Terminal } from "../../core/terminal.ts";
import { redactPersonalData } from "../../core/text/redact.ts";

/** `✗ message  CODE`, and beneath it what to do. */
export const errorLines = (
  out: Terminal,
  { message, code, fix }: Pick<ServiceError, "message" | "code" | "fix">,
): readonly string[] => [`${out.mark("fail")} ${message}  ${code}`, `    → ${fix}`];

/** Every line of a person's goes through it, so that none has to think of what labels and names of objects may have in them. */
export const printLines = (out: Terminal, ...lines: readonly string[]): void =>
  out.write(out.lines(...lines.map(redactPersonalData)));
