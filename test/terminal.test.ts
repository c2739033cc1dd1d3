import { describe, expect, it } from "vitest";
import { createTerminal } from "../src/terminal.ts";

const MARKS = ["ok", "warn", "fail", "skip"] as const;

function marks(isTTY: boolean, env: Readonly<Record<string, string>>): readonly string[] {
  const terminal = createTerminal({ write: () => {}, isTTY }, env);
  return MARKS.map((mark) => terminal.mark(mark));
}

describe("a line", () => {
  const line = "→ \u001b[31mred\u001b[39m · \u001b[8mhidden\u001b[2J… – over\nthere";
  const plain = (isTTY: boolean, env: Readonly<Record<string, string>>) => createTerminal({ write: () => {}, isTTY }, env).plain(line);

  it("keeps our colours and is steered by nothing else", () => {
    expect(plain(true, {})).toBe("→ \u001b[31mred\u001b[39m · �[8mhidden�[2J… – over�there");
    expect(plain(false, {})).toBe("→ �[31mred�[39m · �[8mhidden�[2J… – over�there");
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }])("has words in place of signs where %o", (env) => {
    expect(plain(false, env).replaceAll("�", "")).toBe("-> [31mred[39m - [8mhidden[2J... - overthere");
  });
});

describe("a mark", () => {
  it("is a sign, on a terminal with a colour of its own", () => {
    expect(marks(false, {})).toEqual(["✓", "!", "✗", "–"]);
    const coloured = marks(true, { LANG: "en_GB.UTF-8" });
    expect(coloured.every((mark) => mark.includes("\u001b["))).toBe(true);
    expect(coloured.map((mark) => mark.replace(/\u001b\[\d+m/g, ""))).toEqual(["✓", "!", "✗", "–"]);
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }, { LC_ALL: "POSIX", LANG: "en_GB.UTF-8" }])("is a word where %o", (env) => {
    expect(marks(false, env)).toEqual(["ok  ", "warn", "FAIL", "skip"]);
  });

  it("has no colour with NO_COLOR or on a dumb terminal", () => {
    expect(marks(true, { NO_COLOR: "1" }).join("")).not.toContain("\u001b");
    expect(marks(true, { TERM: "dumb" }).join("")).not.toContain("\u001b");
  });
});
