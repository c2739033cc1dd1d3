import { readFileSync } from "node:fs";
import { appendFile, copyFile, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { TOKEN_FORM } from "../../../src/core/links.ts";
import { command } from "../../../tools/ci/command.ts";
import {
  effort,
  quickStart,
  spelledEffort,
  withQuickStart,
} from "../../../tools/docs/quick-start.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMPOSE = readFileSync(`${ROOT}/docker-compose.example.yml`, "utf8");
const EXAMPLE = readFileSync(`${ROOT}/.env.example`, "utf8");
const README = readFileSync(`${ROOT}/README.md`, "utf8");
const BLOCKS = quickStart(COMPOSE);
/** A user's id. */
const VALUES = [...EXAMPLE.matchAll(/^(\w+)=$/gm)].map(([, name = ""]) => name);
const MADE = [
  "AUTHENTIK_TOKEN",
  "AUTHENTIK_BOOTSTRAP_PASSWORD",
  "AUTHENTIK_SECRET_KEY",
  "PG_PASS",
  "DOCKER_GID",
];

describe("docker-compose.example.yml", () => {
  test("the example asks only for values from .env", () => {
    expect(used(/\$\{(\w+):\?see \.env\.example\}/g)).toEqual([...VALUES, ...MADE].toSorted());
    const optional = used(/\$\{(\w+):-/g);
    expect(used(/(?<!\$)\$\{(\w+)/g)).toEqual([...VALUES, ...MADE, ...optional].toSorted());
    for (const name of optional) expect(COMPOSE).toMatch(new RegExp(`^ +# .*\\b${name}=`, "m"));
  });

  test("the example lets a person fill in two values and explains each generated one", () => {
    expect(VALUES).toEqual(["CLOUDFLARE_API_TOKEN", "DOMAIN"]);
    expect(EXAMPLE).toContain(`# ${TOKEN_FORM}\n`);
    for (const name of MADE) expect(EXAMPLE).toMatch(new RegExp(`^#   ${name} {2,}\\w`, "m"));
  });

  test("the example publishes only cfauth's port, on this machine only", () => {
    const ports = Object.keys(services()).filter((name) => /^ {4}ports:/m.test(service(name)));
    expect(ports).toEqual(["cfauth"]);
    expect(service("cfauth")).toMatch(/^ {6}- 127\.0\.0\.1:\$\{CFAUTH_PORT:-8080\}:8080$/m);
  });

  test.each(["cfauth", "socket-proxy", "cloudflared"])(
    "%s in the example has no capability and nothing to write to",
    (name) => {
      expect(service(name)).toContain("read_only: true");
      expect(service(name)).toContain("cap_drop: [ALL]");
      expect(service(name)).toContain("no-new-privileges:true");
      expect(service(name)).not.toContain("privileged: true");
    },
  );
});

test.each(["cloudflared", "cfauth"])(
  "%s in the example looks up no name in the machine's search domains",
  (name) => {
    expect(service(name)).toContain('    dns_search: "."\n');
  },
);

describe("Authentik in the example", () => {
  test("Authentik in the example is routed by its own label, on the tunnel network", () => {
    const authentik = service("authentik-server");
    expect(authentik).toMatch(/^ {6}cfauth\.hostname: auth\.\$\{DOMAIN:\?see \.env\.example\}$/m);
    expect(authentik).toMatch(/^ {6}cfauth\.port: "9000"$/m);
    expect(authentik).toMatch(/^ {4}networks: \[.*\btunnel\b.*\]$/m);
  });

  test("Authentik in the example has the hostname that cfauth treats as the login", () => {
    expect(service("cfauth")).toMatch(
      /^ {6}AUTHENTIK_URL: https:\/\/auth\.\$\{DOMAIN:\?see \.env\.example\}$/m,
    );
  });

  test("Authentik in the example answers API calls on a network of only the two, by a name that no other container can have", () => {
    const members = Object.keys(services()).filter((name) =>
      /networks: \[.*\bapi\b.*\]/.test(service(name)),
    );
    expect(members.sort()).toEqual(["authentik-server", "cfauth"]);
    expect(COMPOSE).toMatch(/^ {2}api:\n {4}name: authentik-api$/m);
    expect(service("authentik-server")).toContain("    container_name: authentik-server\n");
    expect(service("cfauth")).toContain(
      "AUTHENTIK_API_URL: http://authentik-server.authentik-api:9000\n",
    );
    expect(service("cfauth")).toContain("CFAUTH_AUTHENTIK_CONTAINER: authentik-server\n");
  });

  test("Authentik in the example gives cfauth its own account and no administrator's token", () => {
    expect(COMPOSE).not.toContain("AUTHENTIK_BOOTSTRAP_TOKEN");
    const worker = service("authentik-worker");
    expect(worker).toMatch(/^ {6}CFAUTH_TOKEN: \$\{AUTHENTIK_TOKEN:\?see \.env\.example\}$/m);
    expect(worker).toContain(
      "      - ./contrib/authentik/cfauth-blueprint.yaml:/blueprints/custom/cfauth.yaml:ro\n",
    );
  });
});

describe("the commands at the top of the example", () => {
  test("the commands of the example create .env for its owner alone, with different secrets, and leave both files unchanged the second time", async () => {
    await inFolder(async (folder) => {
      await command("sh", ["-c", BLOCKS[0] ?? ""], { cwd: folder });
      const values = await settings(folder);
      expect([...values.keys()].toSorted()).toEqual([...VALUES, ...MADE].toSorted());
      const secrets = MADE.filter((name) => name !== "DOCKER_GID").map(
        (name) => values.get(name) ?? "",
      );
      for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(secrets).size).toBe(secrets.length);
      expect(((await stat(join(folder, ".env"))).mode & 0o777).toString(8)).toBe("600");
      const env = await readFile(join(folder, ".env"), "utf8");
      await appendFile(join(folder, "compose.yaml"), "# mine\n");
      await command("sh", ["-c", BLOCKS[0] ?? ""], { cwd: folder });
      expect(await readFile(join(folder, ".env"), "utf8")).toBe(env);
      expect(await readFile(join(folder, "compose.yaml"), "utf8")).toBe(`${COMPOSE}# mine\n`);
    });
  });

  test("the commands of the example leave no value empty without openssl or with the stat of macOS", async () => {
    const poorer =
      "openssl() { return 127; }; stat() { echo 'stat: illegal option -- c' >&2; return 1; }";
    await inFolder(async (folder) => {
      expect(await command("sh", ["-c", `${poorer}\n${BLOCKS[0]}`], { cwd: folder })).toBe("");
      const values = await settings(folder);
      for (const name of MADE.filter((each) => each !== "DOCKER_GID"))
        expect(values.get(name)).toMatch(/^[0-9a-f]{64}$/);
      // On macOS this is Docker Desktop, whose socket belongs to root inside containers.
      expect(values.get("DOCKER_GID")).toBe("0");
    });
  });

  test("the commands of the example create nothing that git or a backup would include", () => {
    const ignored = readFileSync(`${ROOT}/.gitignore`, "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["/.env", "/compose.yaml", "/authentik.sql"]));
  });

  test("the commands of the example are all that a person types besides the values", () => {
    const counted = effort(BLOCKS, EXAMPLE);
    process.stdout.write(`${spelledEffort(counted)}\n`);
    expect(counted).toEqual({
      values: VALUES,
      commands: [
        expect.stringContaining("compose.yaml"),
        expect.stringContaining("[ -e .env ] || ("),
        "docker compose up -d",
      ],
    });
  });

  test("the README has the commands of the example, with their count (npm run docs)", () => {
    const page = withQuickStart(
      "a\n<!-- quick-start -->\nold\n<!-- /quick-start -->\nb\n",
      COMPOSE,
      EXAMPLE,
    );
    for (const block of BLOCKS) expect(page).toContain(`\`\`\`sh\n${block}\n\`\`\`\n`);
    expect(page).toContain("\nYou type 2 values (`CLOUDFLARE_API_TOKEN`, `DOMAIN`), 3 commands.\n");
    expect(page).toMatch(/^a\n<!-- quick-start -->\n\n```sh[\s\S]*\n<!-- \/quick-start -->\nb\n$/);
    expect(withQuickStart(README, COMPOSE, EXAMPLE)).toBe(README);
  });
});

describe("the status page in the example", () => {
  test("the status page in the example has its own hostname, for Authentik's administrators", () => {
    expect(service("cfauth")).toMatch(
      /^ {6}cfauth\.hostname: cfauth\.\$\{DOMAIN:\?see \.env\.example\}$/m,
    );
    expect(service("cfauth")).toMatch(/^ {6}cfauth\.access\.groups: authentik Admins$/m);
    expect(service("cfauth")).toMatch(/^ {4}networks: \[.*\btunnel\b.*\]$/m);
  });
});

describe("the socket proxy in the example", () => {
  test("cfauth reaches Docker only through the proxy in the example, and no other container has the socket", () => {
    const holders = Object.keys(services()).filter((name) => service(name).includes("docker.sock"));
    expect(holders).toEqual(["socket-proxy"]);
    expect(service("cfauth")).toContain("DOCKER_HOST: tcp://socket-proxy:2375");
  });

  test("the proxy in the example is on an internal network with only cfauth", () => {
    const members = Object.keys(services()).filter((name) =>
      /networks: \[.*\bsocket\b.*\]/.test(service(name)),
    );
    expect(members.sort()).toEqual(["cfauth", "socket-proxy"]);
    expect(service("socket-proxy")).toContain("networks: [socket]");
    expect(COMPOSE).toMatch(/^ {2}socket:\n {4}internal: true$/m);
  });

  test("the proxy in the example accepts every container on that network, whatever its name", () => {
    expect(service("socket-proxy")).toContain("- -allowfrom=0.0.0.0/0\n");
  });

  test("the proxy in the example allows one method, by one rule in one group", () => {
    const flags = [...service("socket-proxy").matchAll(/-allow([A-Z]+)=/g)].map(
      ([, method]) => method,
    );
    expect(flags).toEqual(["GET"]);
    expect(enclosed(rule())).toBe(true);
  });

  test.each([
    "/_ping",
    "/version",
    "/info",
    "/events",
    "/containers/json",
    "/networks",
    "/networks/tunnel",
    "/networks/home_lab.tunnel-1",
    "/v1.41/containers/json",
    "/v1.50/events",
    `/images/sha256:${"0123456789abcdef".repeat(4)}/json`,
    `/v1.41/images/sha256:${"a".repeat(64)}/json`,
  ])("the proxy in the example allows GET %s", (path) => {
    expect(allowed(path)).toBe(true);
  });

  test.each([
    "/containers/x/json",
    "/containers/json/../x/json",
    "/containers/json/",
    "/containers/json/x",
    "/containers/x/logs",
    "/containers/x/archive",
    "/containers/x/export",
    "/containers/x/attach/ws",
    "/networks/..",
    "/networks/../containers/x/json",
    "/networks/x/y",
    "/networks/",
    "/images/json",
    "/images/search",
    "/images/get",
    "/images/whoami/json",
    "/images/traefik/whoami/json",
    `/images/${"a".repeat(64)}/json`,
    `/images/sha256:${"a".repeat(63)}/json`,
    `/images/sha256:${"a".repeat(65)}/json`,
    `/images/sha256:${"A".repeat(64)}/json`,
    `/images/sha256:${"a".repeat(64)}/history`,
    `/images/sha256:${"a".repeat(64)}/get`,
    `/images/sha256:${"a".repeat(64)}`,
    `/images/sha256:${"a".repeat(64)}/json/`,
    `/images/sha256:${"a".repeat(64)}/json/../../../containers/x/json`,
    `/images/sha256:${"a".repeat(64)}/json\n/containers/x/json`,
    `/x/images/sha256:${"a".repeat(64)}/json`,
    "/secrets",
    "/services",
    "/volumes",
    "/system/df",
    "/exec/x/json",
    "/v1.41/containers/x/json",
    "/v1.41/../containers/x/json",
    "/v1/containers/json",
    "//containers/json",
    "/x/containers/json",
    "/infox",
    "/containers/json\n/containers/x/json",
    "",
    "/",
  ])("the proxy in the example refuses GET %j", (path) => {
    expect(allowed(path)).toBe(false);
  });
});

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-quick-start-"));
  try {
    for (const name of ["docker-compose.example.yml", ".env.example"])
      await copyFile(join(ROOT, name), join(folder, name));
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function settings(folder: string): Promise<ReadonlyMap<string, string>> {
  const env = await readFile(join(folder, ".env"), "utf8");
  return new Map(
    [...env.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

/** Matches like the proxy: `^` and `$` around the rule, on the decoded path without the query. */
function allowed(path: string): boolean {
  return new RegExp(`^${rule()}$`).test(path);
}

function rule(): string {
  return /-allowGET=(.*)'/.exec(service("socket-proxy"))?.[1] ?? "";
}

/** True if the first parenthesis closes with the last character. */
function enclosed(pattern: string): boolean {
  let depth = 0;
  for (const [index, char] of [...pattern].entries()) {
    depth += char === "(" ? 1 : char === ")" ? -1 : 0;
    if (depth === 0) return pattern.startsWith("(") && index === pattern.length - 1;
  }
  return false;
}

function service(name: string): string {
  const text = services()[name];
  if (text === undefined) throw new Error(`no service ${name}`);
  return text;
}

/**
 * The text of each service without its comments. The file is simple enough to split it by
 * indentation.
 */
function services(): Record<string, string> {
  const section = /^services:\n([\s\S]*?)^networks:/m.exec(COMPOSE)?.[1] ?? "";
  const plain = section.replace(/^\s*#.*\n/gm, "");
  return Object.fromEntries(
    plain.split(/^(?= {2}\S)/m).flatMap((text) => {
      const name = /^ {2}([\w-]+):/.exec(text)?.[1];
      return name === undefined ? [] : [[name, text]];
    }),
  );
}

/** The variables in the Compose file outside its comments, each once. */
function used(pattern: RegExp): readonly string[] {
  return [
    ...new Set(
      [...COMPOSE.replace(/^\s*#.*\n/gm, "").matchAll(pattern)].map(([, name = ""]) => name),
    ),
  ].toSorted();
}
