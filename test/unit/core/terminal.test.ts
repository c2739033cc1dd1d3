import { describe, expect, it } from "vitest";
import { createTerminal } from "../../../src/core/terminal.ts";

const MARKS = ["ok", "warn", "fail", "skip"] as const;

function marks(isTTY: boolean, env: Readonly<Record<string, string>>): readonly string[] {
  const terminal = createTerminal({ write: () => {}, isTTY }, env);
  return MARKS.map((mark) => terminal.plain(terminal.mark(mark)));
}

describe("a line", () => {
  const line = "→ \u001b[31mred\u001b[39m · \u001b[8mhidden\u001b[2J… – over\nthere";
  const plain = (isTTY: boolean, env: Readonly<Record<string, string>>) =>
    createTerminal({ write: () => {}, isTTY }, env).plain(line);

  it.each([true, false])(
    "is steered by nothing in a foreign text, not even a colour (on a terminal: %s)",
    (isTTY) => {
      expect(plain(isTTY, {})).toBe("→ �[31mred�[39m · �[8mhidden�[2J… – over�there");
    },
  );

  it("keeps the colours that the terminal itself painted, around a foreign text that has escape sequences too", () => {
    const { plain, paint } = createTerminal({ write: () => {}, isTTY: true }, {});
    expect(plain(`a ${paint("red", "b\u001b[39m\u001b[2mc")} d`)).toBe(
      "a \u001b[31mb�[39m�[2mc\u001b[39m d",
    );
  });

  it("keeps no colours that another terminal painted", () => {
    const [one, other] = [1, 2].map(() => createTerminal({ write: () => {}, isTTY: true }, {}));
    expect(one?.plain(other?.paint("red", "x") ?? "")).not.toContain("\u001b");
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }])("has words in place of signs where %o", (env) => {
    expect(plain(false, env).replaceAll("�", "")).toBe(
      "-> [31mred[39m - [8mhidden[2J... - overthere",
    );
  });
});

describe("a mark", () => {
  it("is a sign, on a terminal with a colour of its own", () => {
    expect(marks(false, {})).toEqual(["✓", "!", "✗", "–"]);
    const coloured = marks(true, { LANG: "en_GB.UTF-8" });
    expect(coloured.every((mark) => mark.includes("\u001b["))).toBe(true);
    expect(coloured.map((mark) => mark.replace(/\u001b\[\d+m/g, ""))).toEqual(["✓", "!", "✗", "–"]);
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }, { LC_ALL: "POSIX", LANG: "en_GB.UTF-8" }])(
    "is a word where %o",
    (env) => {
      expect(marks(false, env)).toEqual(["ok  ", "warn", "FAIL", "skip"]);
    },
  );

  it("has no colour with NO_COLOR or on a dumb terminal", () => {
    expect(marks(true, { NO_COLOR: "1" }).join("")).not.toContain("\u001b");
    expect(marks(true, { TERM: "dumb" }).join("")).not.toContain("\u001b");
  });
});
