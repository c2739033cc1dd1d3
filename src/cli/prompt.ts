import { createInterface } from "node:readline/promises";

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/**
 * Reads one line from the terminal; undefined if there is no terminal. Ctrl-C, Ctrl-D and `stop`
 * give an empty answer.
 */
export function createPrompt(
  input: Input,
  output: Output,
  stop: AbortSignal,
): (question: string) => Promise<string | undefined> {
  return async (question) => {
    if (!input.isTTY || !output.isTTY) return undefined;
    const lines = createInterface({ input, output });
    try {
      return await lines.question(question, { signal: stop });
    } catch (error) {
      if (!(error instanceof Error && error.name === "AbortError")) throw error;
      output.write("\n");
      return "";
    } finally {
      lines.close();
    }
  };
}
