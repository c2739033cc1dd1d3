import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { attempt } from "../scripts/command.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COMPOSE = readFileSync(`${ROOT}/docker-compose.example.yml`, "utf8");
const EXAMPLE = readFileSync(`${ROOT}/.env.example`, "utf8");

describe("docker-compose.example.yml", () => {
  test("is understood by the Compose that is installed", async ({ skip }) => {
    const compose = await installedCompose();
    if (compose === undefined) return skip();
    const args = [...compose.slice(1), "--file", `${ROOT}/docker-compose.example.yml`, "config", "--quiet"];
    const { code, output } = await attempt(compose[0] ?? "", args, { env: { ...filledIn() } });
    expect(output.trim()).toBe("");
    expect(code).toBe(0);
  }, 30_000);

  test("uses only settings that .env.example explains, and all of those", () => {
    const used = [...COMPOSE.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(filledIn()).sort());
  });

  test("asks for every setting that has no default", () => {
    const empty = [...EXAMPLE.matchAll(/^(\w+)=$/gm)].map(([, name]) => name ?? "");
    for (const name of empty) expect(COMPOSE).toContain(`\${${name}:?see .env.example}`);
  });

  test("publishes no port but cfauth's, and that on this machine only", () => {
    const ports = Object.keys(services()).filter((name) => /^ {4}ports:/m.test(service(name)));
    expect(ports).toEqual(["cfauth"]);
    expect(service("cfauth")).toMatch(/^ {6}- 127\.0\.0\.1:8080:8080$/m);
  });

  test.each(["cfauth", "socket-proxy", "cloudflared"])("leaves %s no capability and nothing to write to", (name) => {
    expect(service(name)).toContain("read_only: true");
    expect(service(name)).toContain("cap_drop: [ALL]");
    expect(service(name)).toContain("no-new-privileges:true");
    expect(service(name)).not.toContain("privileged: true");
  });
});

describe("Authentik in it", () => {
  test("is routed by its own label, on the tunnel network", () => {
    const authentik = service("authentik-server");
    expect(authentik).toMatch(/^ {6}cfauth\.hostname: \$\{AUTHENTIK_HOSTNAME:\?see \.env\.example\}$/m);
    expect(authentik).toMatch(/^ {6}cfauth\.port: "9000"$/m);
    expect(authentik).toMatch(/^ {4}networks: \[.*\btunnel\b.*\]$/m);
  });

  test("has the hostname at which cfauth takes it for the login", () => {
    expect(service("cfauth")).toMatch(/^ {6}AUTHENTIK_URL: https:\/\/\$\{AUTHENTIK_HOSTNAME:\?see \.env\.example\}$/m);
  });

  test("answers cfauth's API calls without the tunnel", () => {
    expect(service("cfauth")).toContain("AUTHENTIK_API_URL: http://authentik-server:9000\n");
    expect(service("cfauth")).toMatch(/^ {4}networks: \[.*\bapi\b.*\]$/m);
    expect(service("authentik-server")).toMatch(/^ {4}networks: \[.*\bapi\b.*\]$/m);
  });
});

describe("cfauth's way to Docker", () => {
  test("is the proxy: nobody else has the socket", () => {
    const holders = Object.keys(services()).filter((name) => service(name).includes("docker.sock"));
    expect(holders).toEqual(["socket-proxy"]);
    expect(service("cfauth")).toContain("DOCKER_HOST: tcp://socket-proxy:2375");
  });

  test("is a network that leads nowhere, with the two of them on it", () => {
    const members = Object.keys(services()).filter((name) => /networks: \[.*\bsocket\b.*\]/.test(service(name)));
    expect(members.sort()).toEqual(["cfauth", "socket-proxy"]);
    expect(service("socket-proxy")).toContain("networks: [socket]");
    expect(COMPOSE).toMatch(/^ {2}socket:\n {4}internal: true$/m);
  });

  test("allows one method, by one rule in one group", () => {
    const flags = [...service("socket-proxy").matchAll(/-allow([A-Z]+)=/g)].map(([, method]) => method);
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
  ])("lets GET %s through", (path) => {
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
  ])("refuses GET %j", (path) => {
    expect(allowed(path)).toBe(false);
  });
});

/** As the proxy does it: `^` and `$` round the rule, matched against the decoded path without the query. */
function allowed(path: string): boolean {
  return new RegExp(`^${rule()}$`).test(path);
}

function rule(): string {
  return /-allowGET=(.*)'/.exec(service("socket-proxy"))?.[1] ?? "";
}

/** Whether the first parenthesis closes with the last character. */
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

/** The text of each service without its comments. The file is plain enough to be read by indentation. */
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

/** The settings of .env.example; those that a person fills in are `x`. */
function filledIn(): Record<string, string> {
  return Object.fromEntries([...EXAMPLE.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value || "x"]));
}

async function installedCompose(): Promise<readonly string[] | undefined> {
  for (const compose of [["docker", "compose"], ["docker-compose"]]) {
    if ((await attempt(compose[0] ?? "", [...compose.slice(1), "version"])).code === 0) return compose;
  }
  return undefined;
}
