import { describe, expect, it } from "vitest";
import { createTerminal } from "../../../src/core/terminal.ts";

const MARKS = ["ok", "warn", "fail", "skip"] as const;

function marks(isTTY: boolean, env: Readonly<Record<string, string>>): readonly string[] {
  const terminal = createTerminal({ write: () => {}, isTTY }, env);
  return MARKS.map((mark) => terminal.plain(terminal.mark(mark)));
}

describe("a line on the terminal", () => {
  const line = "→ \u001b[31mred\u001b[39m · \u001b[8mhidden\u001b[2J… – over\nthere";
  const plain = (isTTY: boolean, env: Readonly<Record<string, string>>) =>
    createTerminal({ write: () => {}, isTTY }, env).plain(line);

  it.each([true, false])(
    "foreign text on a line cannot control the terminal, not even with a colour (on a terminal: %s)",
    (isTTY) => {
      expect(plain(isTTY, {})).toBe("→ �[31mred�[39m · �[8mhidden�[2J… – over�there");
    },
  );

  it("a line keeps the colours of cfauth around foreign text with escape sequences", () => {
    const { plain, paint } = createTerminal({ write: () => {}, isTTY: true }, {});
    expect(plain(`a ${paint("red", "b\u001b[39m\u001b[2mc")} d`)).toBe(
      "a \u001b[31mb�[39m�[2mc\u001b[39m d",
    );
  });

  it("a line keeps no colours that another terminal painted", () => {
    const [one, other] = [1, 2].map(() => createTerminal({ write: () => {}, isTTY: true }, {}));
    expect(one?.plain(other?.paint("red", "x") ?? "")).not.toContain("\u001b");
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }])(
    "a line has words instead of symbols with %o",
    (env) => {
      expect(plain(false, env).replaceAll("�", "")).toBe(
        "-> [31mred[39m - [8mhidden[2J... - overthere",
      );
    },
  );
});

describe("a mark on the terminal", () => {
  it("a mark is a symbol, with its colour on a terminal", () => {
    expect(marks(false, {})).toEqual(["✓", "!", "✗", "–"]);
    const coloured = marks(true, { LANG: "en_GB.UTF-8" });
    expect(coloured.every((mark) => mark.includes("\u001b["))).toBe(true);
    expect(coloured.map((mark) => mark.replace(/\u001b\[\d+m/g, ""))).toEqual(["✓", "!", "✗", "–"]);
  });

  it.each([{ NO_COLOR: "1" }, { LANG: "C" }, { LC_ALL: "POSIX", LANG: "en_GB.UTF-8" }])(
    "a mark is a word with %o",
    (env) => {
      expect(marks(false, env)).toEqual(["ok  ", "warn", "FAIL", "skip"]);
    },
  );

  it("a mark has no colour with NO_COLOR or on a dumb terminal", () => {
    expect(marks(true, { NO_COLOR: "1" }).join("")).not.toContain("\u001b");
    expect(marks(true, { TERM: "dumb" }).join("")).not.toContain("\u001b");
  });
});
