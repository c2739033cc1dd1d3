import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createPrompt } from "../../../src/cli/prompt.ts";

/** A user at a terminal who types this once asked. */
async function answered(
  typed: string | (() => void),
  stop: AbortSignal = new AbortController().signal,
): Promise<string | undefined> {
  const [input, output] = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, { isTTY: true }),
  );
  if (input === undefined || output === undefined) throw new Error("no terminal");
  output.on("data", (text: Buffer) => {
    if (!text.toString().includes("Sure? ")) return;
    if (typeof typed === "string") input.write(typed);
    else typed();
  });
  return createPrompt(input, output, stop)("Sure? ");
}

describe("the prompt", () => {
  it("the prompt returns the line that the user types", async () => {
    expect(await answered("home\r")).toBe("home");
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("a prompt ended with %s returns nothing", async (_name, key) => {
    expect(await answered(key)).toBe("");
  });

  it("the prompt returns nothing when cfauth is told to stop", async () => {
    const stop = new AbortController();
    expect(await answered(() => stop.abort(), stop.signal)).toBe("");
  });

  it("the prompt asks nothing without a terminal", async () => {
    expect(
      await createPrompt(
        new PassThrough(),
        new PassThrough(),
        new AbortController().signal,
      )("Sure? "),
    ).toBeUndefined();
  });
});
