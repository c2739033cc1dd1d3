import { describe, expect, it } from "vitest";
import { COMMANDS, cli } from "../../../src/cli/cli.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import { VERSION } from "../../../src/core/version.ts";

/** Runs the program with an empty environment and returns its output. */
async function ran(...argv: readonly string[]) {
  return await ranWith({}, ...argv);
}

async function ranWith(locale: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  const written = { out: "", err: "" };
  const to = (name: keyof typeof written) =>
    createTerminal(
      {
        write: (text) => {
          written[name] += text;
        },
      },
      locale,
    );
  const code = await cli(argv, {
    env: {},
    readText: () => "",
    out: to("out"),
    err: to("err"),
    stop: AbortSignal.abort(),
    ask: async () => undefined,
  });
  return { code, ...written };
}

describe("unknown commands and options", () => {
  it.each([
    { args: ["aply"], says: 'unknown command "aply"; did you mean cfauth apply?' },
    { args: ["xyzzy"], says: 'unknown command "xyzzy"; cfauth --help lists all commands' },
    { args: ["help", "aply"], says: 'unknown command "aply"; did you mean cfauth apply?' },
    {
      args: ["run", "fast"],
      says: 'unexpected argument "fast"; see cfauth run --help',
    },
    { args: ["help", "run", "fast"], says: 'unexpected argument "fast"; write cfauth help run' },
    {
      args: ["--fast"],
      says: "unknown option --fast for cfauth; see cfauth run --help",
    },
    {
      args: ["apply", "--hepl"],
      says: "unknown option --hepl for cfauth apply; did you mean --help?",
    },
    {
      args: ["apply", "-x"],
      says: "unknown option -x for cfauth apply; see cfauth apply --help",
    },
    {
      args: ["apply", "--help=yes"],
      says: "--help takes no value; see cfauth apply --help",
    },
    {
      args: ["apply", "--constructor"],
      says: "unknown option --constructor for cfauth apply; see cfauth apply --help",
    },
  ])("$args is refused with the correct usage", async ({ args, says }) => {
    expect(await ran(...args)).toEqual({ code: 64, out: "", err: `cfauth: ${says}\n` });
  });
});

describe("help", () => {
  it("help has no symbol that the terminal may not show", async () => {
    const { out } = await ranWith({ LANG: "C" }, "plan", "--help");
    expect(out).toContain("... waiting");
    expect(out).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it.each([[["--help"]], [["-h"]], [["help"]]])(
    "%s lists every command, each on one line of a terminal",
    async (args) => {
      const { code, out } = await ran(...args);
      expect(code).toBe(0);
      for (const { name, summary } of COMMANDS)
        expect(out).toMatch(new RegExp(`^ {2}cfauth ${name}.*${summary.slice(0, 12)}`, "m"));
      for (const line of out.split("\n").filter((it) => it.startsWith("  ")))
        expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    "cfauth %s --help shows its options and exit codes",
    async (name, command) => {
      const { code, out, err } = await ran(name, "--help");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toBe((await ran("help", name)).out);
      expect(out.startsWith(`cfauth ${name}`)).toBe(true);
      expect(out).toContain("Exit code: 0 ");
      for (const option of Object.keys(command.options)) expect(out).toContain(`--${option}`);
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    },
  );

  it("help and the version need no settings", async () => {
    expect(await ran("--version")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
    expect(await ran("apply", "-v")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
  });
});

it("every command exits with 78 and names the settings if they are faulty", async () => {
  const { code, out, err } = await ran("apply");
  expect([code, out]).toEqual([78, ""]);
  for (const name of ["CLOUDFLARE_API_TOKEN", "AUTHENTIK_URL", "AUTHENTIK_TOKEN"])
    expect(err).toContain(name);
});
