import { describe, expect, it } from "vitest";
import { createProgress } from "../../../../src/cli/commands/progress-bar.ts";
import { createTerminal } from "../../../../src/core/terminal.ts";

/** Twenty steps, of which one line is printed and seven are done. */
function written(
  output: { readonly isTTY?: boolean; readonly columns?: number },
  total = 20,
  env = {},
): string {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const progress = createProgress(createTerminal({ write, ...output }, env), total);
  progress.at(6.5);
  progress.line("✓ one");
  progress.at(7);
  progress.end();
  return text;
}

/** The text on the screen in the end. */
const screen = (text: string): string => text.replace(/[^\n\r]*\r\u001b\[2K/g, "");

describe("the progress bar", () => {
  it("the progress bar is one line below the others, rewritten, and removed in the end", () => {
    const text = written({ isTTY: true, columns: 80 });
    expect(text).toContain("[#########·····················] 6 of 20 · 0 s");
    expect(text).toContain("[##########····················] 7 of 20 · 0 s");
    expect(screen(text)).toBe("✓ one\n");
  });

  it("the progress bar is not shown without a terminal or for short work", () => {
    expect(written({})).toBe("✓ one\n");
    expect(written({ isTTY: true }, 7)).toBe("✓ one\n");
  });

  it("the progress bar has no symbol that the terminal may not show", () => {
    expect(written({ isTTY: true, columns: 80 }, 20, { LANG: "C" })).toContain(
      "[#########---------------------] 6 of 20 - 0 s",
    );
  });

  it("the progress bar never wraps to a second line", () => {
    for (const line of written({ isTTY: true, columns: 20 }).split(/\r\u001b\[2K|\n/))
      expect(line.length).toBeLessThan(20);
  });
});
