import { describe, expect, it } from "vitest";
import { COMMANDS, cli } from "../../../src/cli/cli.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import { VERSION } from "../../../src/core/version.ts";

/** The program with nothing in its environment, and what it wrote. */
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

describe("what is no command or option", () => {
  it.each([
    { args: ["aply"], says: '"aply" is not a command; write cfauth apply' },
    { args: ["xyzzy"], says: '"xyzzy" is not a command; cfauth --help lists them' },
    { args: ["help", "aply"], says: '"aply" is not a command; write cfauth apply' },
    {
      args: ["run", "fast"],
      says: '"fast" is one word too many; cfauth run --help tells what it takes',
    },
    { args: ["help", "run", "fast"], says: '"fast" is one word too many; write cfauth help run' },
    {
      args: ["--fast"],
      says: "--fast is not an option of cfauth; cfauth run --help tells what it takes",
    },
    { args: ["apply", "--hepl"], says: "--hepl is not an option of cfauth apply; write --help" },
    {
      args: ["apply", "-x"],
      says: "-x is not an option of cfauth apply; cfauth apply --help tells what it takes",
    },
    {
      args: ["apply", "--help=yes"],
      says: "--help takes no value; cfauth apply --help tells what it takes",
    },
    {
      args: ["apply", "--constructor"],
      says: "--constructor is not an option of cfauth apply; cfauth apply --help tells what it takes",
    },
  ])("$args is refused with what would be right", async ({ args, says }) => {
    expect(await ran(...args)).toEqual({ code: 64, out: "", err: `cfauth: ${says}\n` });
  });
});

describe("help", () => {
  it("has no sign that the terminal may not show", async () => {
    const { out } = await ranWith({ LANG: "C" }, "plan", "--help");
    expect(out).toContain("... waits");
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
    "cfauth %s --help tells its options and exit codes",
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

  it("needs no setting, and neither does the version", async () => {
    expect(await ran("--version")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
    expect(await ran("apply", "-v")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" });
  });
});

it("every command ends with 78 where the settings are faulty, and names them", async () => {
  const { code, out, err } = await ran("apply");
  expect([code, out]).toEqual([78, ""]);
  for (const name of ["CLOUDFLARE_API_TOKEN", "AUTHENTIK_URL", "AUTHENTIK_TOKEN"])
    expect(err).toContain(name);
});
