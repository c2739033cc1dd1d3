import { describe, expect, it } from "vitest";
import { createTerminal, type Terminal } from "../../../src/core/terminal.ts";
import type { CheckResults, DoctorCheck } from "../../../src/doctor/findings.ts";
import { groupText, verdict } from "../../../src/doctor/text.ts";

const terminal = (columns: number, env: Readonly<Record<string, string>> = {}): Terminal =>
  createTerminal({ write: () => {}, columns }, env);

const bad: DoctorCheck = {
  id: "tunnel.connected",
  title: "connected",
  result: "fail",
  detail:
    "no cloudflared is connected to the tunnel homelab, so every hostname answers 530 (error 1033)",
  code: "CFA-TUNNEL-DOWN",
  fixes: ["docker compose logs cloudflared"],
};

const group = (
  checks: readonly DoctorCheck[],
  fact = "homelab: cloudflared is not connected",
): CheckResults => ({
  id: "tunnel",
  title: "Tunnel",
  result: checks[0]?.result ?? "pass",
  headline: fact,
  checks,
});

describe("a group of checks with problems", () => {
  it("a problem stays within the terminal, with the code below if it does not fit beside", () => {
    expect(groupText(group([bad]), terminal(60))).toBe(
      `✗ Tunnel      homelab: cloudflared is not connected
              CFA-TUNNEL-DOWN
    No cloudflared is connected to the tunnel homelab, so
    every hostname answers 530 (error 1033)
    → docker compose logs cloudflared
    https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-tunnel-down
`,
    );
  });

  it("a problem is shown in words if symbols are not possible, and never by colour alone", () => {
    const text = groupText(group([bad], "homelab · down"), terminal(100, { NO_COLOR: "1" }));
    expect(text).toMatch(/^FAIL Tunnel {6}homelab - down {2,}CFA-TUNNEL-DOWN$/m);
    expect(text).toContain("    -> docker compose logs cloudflared\n");
    expect(text).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it("a problem is not wrapped to one word per line on a terminal of unknown width", () => {
    expect(groupText(group([bad]), terminal(0))).toBe(groupText(group([bad]), terminal(80)));
  });

  it("a dozen problems are shown in full, with the number of the others", () => {
    const many = Array.from(
      { length: 15 },
      (_, index): DoctorCheck => ({ ...bad, detail: `problem ${index}` }),
    );
    const text = groupText(group(many), terminal(100));
    expect(text).toContain("Problem 11");
    expect(text).not.toContain("Problem 12");
    expect(text).toContain("… and 3 more: cfauth doctor --json lists them all");
  });

  it("a long list is shown completely, with its fix beneath, and then the other problems", () => {
    const lacking = Array.from({ length: 15 }, (_, index): DoctorCheck => {
      return {
        ...bad,
        title: `right ${index}`,
        detail: "missing",
        code: "CFA-AK-PERMISSION",
        fixes: ["assign what is missing"],
        listed: true,
      };
    });
    const text = groupText(
      group([...lacking, bad], "15 of 20 permissions are missing"),
      terminal(100),
    );
    expect(text).not.toContain("more");
    expect(text).toContain(
      "    ✗ right 14\n    → assign what is missing\n    ✗ No cloudflared is connected to the tunnel homelab",
    );
    expect(text).toContain("    → docker compose logs cloudflared\n");
  });

  it("a sentence that begins with a name keeps its first letter", () => {
    const text = groupText(
      group([{ ...bad, detail: "wiki.example.com (container wiki): it is taken" }]),
      terminal(100),
    );
    expect(text).toContain("    wiki.example.com (container wiki)");
  });
});

describe("the final sentence", () => {
  const listed = (id: string, result: DoctorCheck["result"]): DoctorCheck => ({
    id,
    title: id,
    result,
    listed: true,
  });

  it.each([
    {
      name: "the final sentence says that all is well",
      checks: [{ ...bad, result: "pass" }],
      says: "Everything cfauth needs is in place.",
    },
    {
      name: "the final sentence counts two permissions of one list as one problem",
      checks: [listed("a", "fail"), listed("b", "fail")],
      says: "1 problem. 0 groups are fine.",
    },
    {
      name: "the final sentence counts a warning beside a problem",
      checks: [bad, { ...bad, result: "warn" }],
      says: "1 problem, 1 warning. 0 groups are fine.",
    },
    {
      name: "the final sentence counts warnings alone",
      checks: [
        { ...bad, result: "warn" },
        { ...bad, result: "warn" },
      ],
      says: "2 warnings. cfauth can work.",
    },
  ] satisfies readonly { name: string; checks: readonly DoctorCheck[]; says: string }[])(
    "$name",
    ({ checks, says }) => {
      expect(verdict([group(checks)])).toBe(says);
    },
  );

  it("the final sentence counts skipped checks", () => {
    const dark: CheckResults = {
      id: "login",
      title: "Login",
      result: "skip",
      headline: "",
      checks: [{ id: "login", title: "Login", result: "skip", needs: bad }],
    };
    expect(verdict([group([bad]), dark])).toBe("1 problem. 0 groups are fine, 1 was not checked.");
    expect(verdict([dark])).toBe("No problems found. cfauth can work.");
  });
});
