import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Config, readConfig } from "../../../src/config/config.ts";
import { formatFaults, type SettingFault } from "../../../src/config/fault.ts";

const ENOUGH = {
  CLOUDFLARE_API_TOKEN: "cf-token-0123456789",
  AUTHENTIK_URL: "https://auth.example.com",
  AUTHENTIK_TOKEN: "ak-token-0123456789",
};
const ACCOUNT = "0123456789abcdef0123456789abcdef";
const TUNNEL = "11111111-2222-3333-4444-555555555555";
const CONNECTOR = Buffer.from(
  JSON.stringify({ a: ACCOUNT, t: TUNNEL, s: "c2VjcmV0LXNlY3JldA==" }),
).toString("base64");

const noFiles = (): string => {
  throw Object.assign(new Error("no such file /run/secrets/x"), { code: "ENOENT" });
};

function config(
  env: Record<string, string | undefined> = {},
  readFile: (path: string) => string = noFiles,
): Config {
  const read = readConfig({ ...ENOUGH, ...env }, readFile);
  if (!read.ok) throw new Error(formatFaults(read.faults));
  return read.config;
}

function faults(
  env: Record<string, string | undefined>,
  readFile: (path: string) => string = noFiles,
): readonly SettingFault[] {
  const read = readConfig({ ...ENOUGH, ...env }, readFile);
  return read.ok ? [] : read.faults;
}

const names = (found: readonly SettingFault[]) => found.map(({ name }) => name);

describe("required settings", () => {
  it("three settings are enough, and the others have the documented defaults", () => {
    expect(config()).toMatchObject({
      cloudflare: { accountId: undefined, baseUrl: undefined },
      tunnel: { selector: { by: "name", name: "cfauth" }, tokenFile: undefined },
      authentik: {
        url: "https://auth.example.com",
        host: "auth.example.com",
        path: "",
        apiUrl: "https://auth.example.com",
        slug: "cf-tunnel-access",
        flow: "default-provider-authorization-explicit-consent",
      },
      docker: { kind: "socket", path: "/var/run/docker.sock" },
      owner: undefined,
      labels: {
        prefix: "cfauth",
        networks: ["tunnel"],
        target: "name",
        domain: undefined,
        zones: undefined,
        waitHealthy: true,
        allowService: false,
        allowPublic: true,
        defaults: { access: "authentik", groups: [], session: "24h" },
      },
      tiles: true,
      graceMs: 60_000,
      startupGraceMs: 300_000,
      resyncMs: 300_000,
      listen: { host: "0.0.0.0", port: 8080 },
      dryRun: false,
      log: { level: "info", format: undefined },
    });
  });

  it("missing required settings are each reported, with where to get the value", () => {
    const read = readConfig({}, noFiles);
    expect(read).toMatchObject({ ok: false });
    expect(read.ok ? [] : names(read.faults)).toEqual([
      "CLOUDFLARE_API_TOKEN",
      "AUTHENTIK_URL",
      "AUTHENTIK_TOKEN",
    ]);
    expect(read.ok ? "" : formatFaults(read.faults)).toContain("My Profile → API Tokens");
  });

  it("an empty setting counts as not set", () => {
    expect(names(faults({ AUTHENTIK_TOKEN: " " }))).toEqual(["AUTHENTIK_TOKEN"]);
    expect(config({ CFAUTH_OWNER: "", CFAUTH_TILES: "" }).owner).toBeUndefined();
  });
});

describe("all faults at once", () => {
  const wrong = {
    CFAUTH_TARGET: "hostname",
    CFAUTH_GRACE_PERIOD: "60",
    CFAUTH_DRY_RUN: "yes",
    CFAUTH_LISTEN: "8080",
    LOG_LEVEL: "verbose",
    CFAUTH_OWNER: "Home NAS",
    CLOUDFLARE_ACCOUNT_ID: "mine",
  };

  it("all faults are reported at once, by the name of each setting", () => {
    expect(names(faults(wrong)).toSorted()).toEqual(Object.keys(wrong).toSorted());
  });

  it("no fault shows the value of a setting", () => {
    const secrets = {
      CLOUDFLARE_API_TOKEN: "geheim token",
      AUTHENTIK_URL: "https://user:geheim@auth.example.com",
      AUTHENTIK_TOKEN: "geheim\u0007geheim",
      TUNNEL_TOKEN: "geheimgeheim",
      CFAUTH_OWNER: "GEHEIM",
      CFAUTH_ZONES: "geheim",
      DOCKER_HOST: "ssh://geheim",
      CFAUTH_DOMAIN: "geheim/x",
    };
    const found = faults(secrets);
    expect(names(found).toSorted()).toEqual(Object.keys(secrets).toSorted());
    expect(formatFaults(found).toLowerCase()).not.toContain("geheim");
  });

  it("each fault has a fix, one below the other", () => {
    expect(formatFaults(faults({ CFAUTH_TARGET: "nam", LOG_FORMAT: "xml" }))).toBe(
      [
        "cfauth cannot start: 2 settings are invalid.",
        "",
        "  CFAUTH_TARGET  is not name, id, ip or published",
        "                 → write name",
        "  LOG_FORMAT     is not json or pretty",
        "                 → write json or pretty",
        "",
      ].join("\n"),
    );
  });
});

describe("secrets in settings", () => {
  it("a secret is not shown when the settings are printed", () => {
    const all = config({ TUNNEL_TOKEN: CONNECTOR });
    const printed = `${inspect(all, { depth: 9, showHidden: true })} ${JSON.stringify(all)}`;
    for (const text of ["cf-token", "ak-token", CONNECTOR, "c2VjcmV0"])
      expect(printed).not.toContain(text);
  });

  it("all secrets are redacted in the log, including those of the tunnel", () => {
    expect(config({ TUNNEL_TOKEN: CONNECTOR }).secrets.map((it) => it.reveal())).toEqual([
      "cf-token-0123456789",
      "ak-token-0123456789",
      CONNECTOR,
      "c2VjcmV0LXNlY3JldA==",
    ]);
  });

  it("a secret may be in a file, whose final line break does not count", () => {
    const files: Record<string, string> = { "/run/secrets/ak": "ak-from-file-0123\n" };
    expect(
      config(
        { AUTHENTIK_TOKEN: undefined, AUTHENTIK_TOKEN_FILE: "/run/secrets/ak" },
        (path) => files[path] ?? noFiles(),
      ).authentik.token.reveal(),
    ).toBe("ak-from-file-0123");
  });

  it("a secret given both as text and as a file is a fault, because it is unknown which is meant", () => {
    expect(
      names(faults({ AUTHENTIK_TOKEN_FILE: "/run/secrets/ak" }, () => "other-token-01")),
    ).toEqual(["AUTHENTIK_TOKEN"]);
  });

  it("a secret in an unreadable file is reported once, without the path", () => {
    const found = faults({ AUTHENTIK_TOKEN: undefined, AUTHENTIK_TOKEN_FILE: "/run/secrets/x" });
    expect(found).toEqual([
      {
        name: "AUTHENTIK_TOKEN_FILE",
        why: "names a file that cannot be read (ENOENT)",
        fix: expect.any(String),
      },
    ]);
    expect(formatFaults(found)).not.toContain("/run");
  });

  it("a secret in an empty file is a fault of the file", () => {
    expect(
      names(faults({ AUTHENTIK_TOKEN: undefined, AUTHENTIK_TOKEN_FILE: "/x" }, () => "\n")),
    ).toEqual(["AUTHENTIK_TOKEN_FILE"]);
  });

  it("a secret in quotes, as a list in a Compose file leaves them, is a fault", () => {
    expect(names(faults({ AUTHENTIK_TOKEN: '"ak-token-0123456789"' }))).toEqual([
      "AUTHENTIK_TOKEN",
    ]);
  });

  it("quotes around any setting are reported as such", () => {
    const quoted = {
      AUTHENTIK_URL: '"https://auth.example.com"',
      CFAUTH_TUNNEL: "'homelab'",
      CFAUTH_DEFAULT_GROUPS: '"family","admins"',
      CFAUTH_GRACE_PERIOD: '"60s"',
      CFAUTH_ZONES: '""',
      CLOUDFLARE_API_TOKEN: undefined,
      CLOUDFLARE_API_TOKEN_FILE: '"/run/secrets/token"',
    };
    const found = faults(quoted);
    expect(names(found).toSorted()).toEqual([
      "AUTHENTIK_URL",
      "CFAUTH_DEFAULT_GROUPS",
      "CFAUTH_GRACE_PERIOD",
      "CFAUTH_TUNNEL",
      "CFAUTH_ZONES",
      "CLOUDFLARE_API_TOKEN_FILE",
    ]);
    expect(new Set(found.map(({ fix }) => fix))).toEqual(new Set(["remove the quotes"]));
  });

  it("a secret in quotes in a file is a fault of the file", () => {
    expect(
      faults(
        { AUTHENTIK_TOKEN: undefined, AUTHENTIK_TOKEN_FILE: "/x" },
        () => '"ak-token-0123456789"\n',
      ),
    ).toEqual([
      {
        name: "AUTHENTIK_TOKEN_FILE",
        why: "names a file whose content is wrapped in quotes",
        fix: "remove the quotes",
      },
    ]);
  });
});

describe("CFAUTH_READ_LABELS", () => {
  const reads = (text: string) => config({ CFAUTH_READ_LABELS: text }).labels.reads;

  it("CFAUTH_READ_LABELS names the tools to read, in any order and each once; by default none is read", () => {
    expect([
      config().labels.reads,
      reads("cloudflare.tunnel, dockflare.,dockflare"),
      reads("dockflare"),
    ]).toEqual([[], ["dockflare", "cloudflare.tunnel"], ["dockflare"]]);
  });

  it.each([
    { text: "dockflair", fix: "write dockflare" },
    {
      text: "dockflare,traefik",
      fix: "write dockflare or cloudflare.tunnel, or both with a comma",
    },
    { text: "homepage", fix: "write dockflare or cloudflare.tunnel, or both with a comma" },
  ])("CFAUTH_READ_LABELS refuses $text: $fix", ({ text, fix }) => {
    expect(faults({ CFAUTH_READ_LABELS: text })).toEqual([
      { name: "CFAUTH_READ_LABELS", why: "names labels that cfauth does not support", fix },
    ]);
  });
});

describe("notification targets in settings", () => {
  it("nobody is notified by default", () => {
    expect(config().notify).toEqual([]);
  });

  it("notification targets may be on one line, or on several lines of a file", () => {
    const two = "https://ntfy.sh/home-alerts\nhttps://discord.com/api/webhooks/1/AbCdEfGhIj\n";
    expect(
      config({ CFAUTH_NOTIFY_URL_FILE: "/run/secrets/notify" }, () => two).notify.map(
        ({ name }) => name,
      ),
    ).toEqual(["ntfy at ntfy.sh", "discord at discord.com"]);
  });

  it("a notification target and its tokens are never shown", () => {
    const { notify, secrets } = config({
      CFAUTH_NOTIFY_URL: "https://discord.com/api/webhooks/1/AbCdEfGhIj",
    });
    expect(secrets.map((secret) => secret.reveal())).toContain("AbCdEfGhIj");
    expect(inspect(notify, { depth: 9 })).not.toContain("AbCdEfGhIj");
  });

  it("a faulty notification target is reported without its value", () => {
    expect(faults({ CFAUTH_NOTIFY_URL: "http://example.com/AbCdEfGhIj" })).toEqual([
      {
        name: "CFAUTH_NOTIFY_URL",
        why: "uses http to a host on the internet, where anyone on the way could read it",
        fix: "write https://",
      },
    ]);
  });
});

describe("a variable that looks like a setting", () => {
  it.each([
    { name: "CFAUTH_NETWROK", fix: "write CFAUTH_NETWORK" },
    { name: "CFAUTH_TUNEL", fix: "write CFAUTH_TUNNEL" },
    { name: "CFAUTH_TUNNEL_TOKEN", fix: "write TUNNEL_TOKEN" },
    { name: "CFAUTH_LOG_LEVEL", fix: "write LOG_LEVEL" },
    { name: "CFAUTH_OWNER_FIEL", fix: "write CFAUTH_OWNER_FILE" },
    {
      name: "CFAUTH_NONSENSE",
      fix: "remove it, or look up the correct name in the settings table",
    },
  ])("$name is refused as an unknown setting: $fix", ({ name, fix }) => {
    expect(faults({ [name]: "x" })).toEqual([{ name, why: "is not a cfauth setting", fix }]);
  });

  it("a variable of another tool is ignored", () => {
    expect(faults({ TRAEFIK_ENABLE: "x", PATH: "/bin", AUTHENTIK_HOST: "x" })).toEqual([]);
  });

  it("a misspelt setting is reported where a required one is missing", () => {
    expect(faults({ AUTHENTIK_TOKEN: undefined, AUTHENTIK_TOKN: "x" })).toEqual([
      {
        name: "AUTHENTIK_TOKEN",
        why: "is required",
        fix: "rename AUTHENTIK_TOKN, if it was meant to be this setting",
      },
    ]);
  });
});

describe("the tunnel in settings", () => {
  it("tunnel and account are read from cloudflared's token", () => {
    const { tunnel, cloudflare } = config({ TUNNEL_TOKEN: CONNECTOR });
    expect({ ...tunnel, account: cloudflare.accountId }).toEqual({
      selector: { by: "token", id: TUNNEL },
      tokenFile: undefined,
      account: ACCOUNT,
    });
  });

  it.each([
    "nonsense",
    Buffer.from("{}").toString("base64"),
    Buffer.from(JSON.stringify({ a: "x", t: TUNNEL, s: "s" })).toString("base64"),
  ])("invalid tunnel token %# is a fault", (token) => {
    expect(names(faults({ TUNNEL_TOKEN: token }))).toEqual(["TUNNEL_TOKEN"]);
  });

  it("two different tunnels in settings are a fault", () => {
    expect(
      names(
        faults({
          TUNNEL_TOKEN: CONNECTOR,
          CFAUTH_TUNNEL: TUNNEL.replace("1", "9"),
          CLOUDFLARE_ACCOUNT_ID: ACCOUNT.replace("0", "f"),
        }),
      ),
    ).toEqual(["CLOUDFLARE_ACCOUNT_ID", "CFAUTH_TUNNEL"]);
    expect(
      faults({ TUNNEL_TOKEN: CONNECTOR, CFAUTH_TUNNEL: TUNNEL, CLOUDFLARE_ACCOUNT_ID: ACCOUNT }),
    ).toEqual([]);
  });

  it("the tunnel can be given by name or id", () => {
    expect(config({ CFAUTH_TUNNEL: "homelab" }).tunnel.selector).toEqual({
      by: "name",
      name: "homelab",
    });
    expect(config({ CFAUTH_TUNNEL: TUNNEL }).tunnel.selector).toEqual({ by: "id", id: TUNNEL });
  });

  it("the token file setting is a path to write to; the file form of the token is another setting", () => {
    const { tunnel } = config(
      { CFAUTH_TUNNEL_TOKEN_FILE: "/run/cfauth/token", TUNNEL_TOKEN_FILE: "/run/secrets/token" },
      () => CONNECTOR,
    );
    expect(tunnel).toEqual({
      selector: { by: "token", id: TUNNEL },
      tokenFile: "/run/cfauth/token",
    });
  });
});

describe("the address of Authentik", () => {
  it.each([
    {
      text: "https://auth.example.com/",
      url: "https://auth.example.com",
      host: "auth.example.com",
      path: "",
    },
    {
      text: "https://Auth.Example.com",
      url: "https://auth.example.com",
      host: "auth.example.com",
      path: "",
    },
    {
      text: "https://auth.example.com./",
      url: "https://auth.example.com",
      host: "auth.example.com",
      path: "",
    },
    {
      text: "https://example.com/auth/",
      url: "https://example.com/auth",
      host: "example.com",
      path: "/auth",
    },
    {
      text: "http://authentik.localhost:9000",
      url: "http://authentik.localhost:9000",
      host: "authentik.localhost",
      path: "",
    },
    { text: "http://127.0.0.1:9000", url: "http://127.0.0.1:9000", host: "127.0.0.1", path: "" },
    { text: "http://[::1]:9000", url: "http://[::1]:9000", host: "[::1]", path: "" },
  ])("the address of Authentik may be $text", ({ text, ...address }) => {
    expect(config({ AUTHENTIK_URL: text }).authentik).toMatchObject(address);
  });

  it.each([
    "http://auth.example.com",
    "http://192.168.1.4",
    "auth.example.com",
    "ftp://auth.example.com",
    "https://a:b@auth.example.com",
    "https://auth.example.com/?x",
    "https://auth.example.com#x",
    "http://localhost.example.com",
  ])("the address of Authentik may not be %s", (text) => {
    expect(names(faults({ AUTHENTIK_URL: text }))).toEqual(["AUTHENTIK_URL"]);
  });

  it("the internal address of Authentik may be another one, without TLS", () => {
    expect(config({ AUTHENTIK_API_URL: "http://authentik-server:9000/" }).authentik.apiUrl).toBe(
      "http://authentik-server:9000",
    );
  });
});

describe("an address to which a token is sent", () => {
  const NAMES = ["AUTHENTIK_API_URL", "CLOUDFLARE_BASE_URL"] as const;
  const each = (...texts: readonly string[]) =>
    NAMES.flatMap((name) => texts.map((text) => ({ name, text })));

  it.each(
    each(
      "http://authentik.example.com",
      "http://authentik.example.com.",
      "http://example.com:9000",
      "http://8.8.8.8",
      "http://134744072",
      "http://0x08.0x08.0x08.0x08",
      "http://[2606:4700::1111]",
      "http://[::ffff:8.8.8.8]",
    ),
  )("a public address without TLS is refused: $name=$text", ({ name, text }) => {
    expect(faults({ [name]: text })).toEqual([
      {
        name,
        why: "sends a token over http to an address on the internet, where anyone on the way can read it",
        fix: "write https://, or an address of this machine or of a private network, such as http://authentik-server:9000",
      },
    ]);
  });

  it.each(
    each(
      "https://authentik.example.com",
      "http://authentik-server:9000",
      "http://authentik-server.authentik-api:9000",
      "http://authentik.lan",
      "http://127.0.0.1:9000",
      "http://10.1.2.3",
      "http://[fd00::2]:9000",
      "http://[::ffff:10.1.2.3]",
    ),
  )(
    "an address with TLS, on this machine or in a private network is accepted: $name=$text",
    ({ name, text }) => {
      expect(faults({ [name]: text })).toEqual([]);
    },
  );
});

describe("the Docker engine in settings", () => {
  it.each([
    {
      env: { DOCKER_HOST: "unix:///run/user/1000/docker.sock" },
      docker: { kind: "socket", path: "/run/user/1000/docker.sock" },
    },
    { env: { DOCKER_HOST: "unix://" }, docker: { kind: "socket", path: "/var/run/docker.sock" } },
    {
      env: { DOCKER_HOST: "tcp://socket-proxy:2375" },
      docker: { kind: "tcp", host: "socket-proxy", port: 2375, tls: undefined },
    },
    {
      env: { DOCKER_HOST: "tcp://socket-proxy" },
      docker: { kind: "tcp", host: "socket-proxy", port: 2375, tls: undefined },
    },
    {
      env: { DOCKER_HOST: "tcp://[fd00::1]:2375" },
      docker: { kind: "tcp", host: "fd00::1", port: 2375, tls: undefined },
    },
    {
      env: { DOCKER_HOST: "http://socket-proxy" },
      docker: { kind: "tcp", host: "socket-proxy", port: 80, tls: undefined },
    },
    {
      env: { DOCKER_HOST: "https://engine.example.com" },
      docker: { kind: "tcp", host: "engine.example.com", port: 443, tls: {} },
    },
    {
      env: { DOCKER_HOST: "tcp://engine", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" },
      docker: {
        kind: "tcp",
        host: "engine",
        port: 2376,
        tls: { ca: "/certs/ca.pem", cert: "/certs/cert.pem", key: "/certs/key.pem" },
      },
    },
  ])("the Docker engine is found by $env.DOCKER_HOST", ({ env, docker }) => {
    expect(config(env, (path) => path).docker).toEqual(docker);
  });

  it.each([
    "ssh://host",
    "npipe:////./pipe/docker_engine",
    "fd://",
    "socket-proxy:2375",
    "tcp://",
    "unix://run/docker.sock",
    "tcp://host:2375/prefix",
  ])("DOCKER_HOST cannot be %s", (host) => {
    expect(names(faults({ DOCKER_HOST: host }))).toEqual(["DOCKER_HOST"]);
  });

  it.each([
    "tcp://engine.example.com:2375",
    "http://engine.example.com",
    "tcp://8.8.8.8:2375",
    "tcp://134744072:2375",
    "tcp://[2606:4700::1]",
  ])("a Docker engine on the internet without TLS is refused: %s", (host) => {
    expect(names(faults({ DOCKER_HOST: host }))).toEqual(["DOCKER_HOST"]);
  });

  it.each(["tcp://192.168.1.4:2375", "tcp://nas.lan:2375", "tcp://socket-proxy.home_socket:2375"])(
    "a Docker engine in a private network may be without TLS: %s",
    (host) => {
      expect(config({ DOCKER_HOST: host }).docker).toMatchObject({ kind: "tcp", tls: undefined });
    },
  );

  it("unreadable certificates for the Docker engine are a fault of their folder", () => {
    expect(
      names(
        faults({ DOCKER_HOST: "tcp://engine", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" }),
      ),
    ).toEqual(["DOCKER_CERT_PATH"]);
  });
});

describe("defaults for labels", () => {
  it("defaults for labels are read from the settings", () => {
    const { labels, tiles } = config({
      CFAUTH_DEFAULT_ACCESS: "public",
      CFAUTH_DEFAULT_GROUPS: " family, home users,family ",
      CFAUTH_DEFAULT_SESSION: "7d",
      CFAUTH_TILES: "false",
    });
    expect([labels.defaults, tiles]).toEqual([
      { access: "public", groups: ["family", "home users"], session: "168h" },
      false,
    ]);
  });

  it.each([
    {
      name: "CFAUTH_DEFAULT_ACCESS",
      text: "open",
      why: "is not authentik or public",
      fix: "write authentik or public",
    },
    {
      name: "CFAUTH_DEFAULT_ACCESS",
      text: "authentic",
      why: "is not authentik or public",
      fix: "write authentik",
    },
    {
      name: "CFAUTH_DEFAULT_GROUPS",
      text: "family,,admins",
      why: "has nothing between two commas",
      fix: "write one comma between two names",
    },
    {
      name: "CFAUTH_DEFAULT_GROUPS",
      text: ",",
      why: "has nothing between two commas",
      fix: "write one comma between two names",
    },
    {
      name: "CFAUTH_DEFAULT_SESSION",
      text: "24",
      why: "is not a duration",
      fix: "write a number and a unit: 30s, 5m, 24h or 7d",
    },
    {
      name: "CFAUTH_DEFAULT_SESSION",
      text: "60d",
      why: "is out of range",
      fix: "write something from 1m to 30d",
    },
    {
      name: "CFAUTH_ALLOW_PUBLIC",
      text: "no",
      why: "is neither true nor false",
      fix: "write true or false",
    },
    {
      name: "CFAUTH_TILES",
      text: "0",
      why: "is neither true nor false",
      fix: "write true or false",
    },
  ])("the default $name=$text is a fault", ({ name, text, why, fix }) => {
    expect(faults({ [name]: text })).toEqual([{ name, why, fix }]);
  });

  it("the default access cannot be public if nothing may be public", () => {
    expect(config({ CFAUTH_ALLOW_PUBLIC: "false" }).labels.allowPublic).toBe(false);
    expect(faults({ CFAUTH_ALLOW_PUBLIC: "false", CFAUTH_DEFAULT_ACCESS: "public" })).toEqual([
      {
        name: "CFAUTH_DEFAULT_ACCESS",
        why: "makes every route public, but CFAUTH_ALLOW_PUBLIC forbids public routes",
        fix: "remove CFAUTH_DEFAULT_ACCESS, or set CFAUTH_ALLOW_PUBLIC=true",
      },
    ]);
    expect(faults({ CFAUTH_ALLOW_PUBLIC: "false", CFAUTH_DEFAULT_ACCESS: "authentik" })).toEqual(
      [],
    );
  });
});

describe("other settings", () => {
  it("CFAUTH_NETWORK takes several networks, the first one preferred", () => {
    expect(config({ CFAUTH_NETWORK: "tunnel, web" }).labels.networks).toEqual(["tunnel", "web"]);
  });

  it.each(["bridge", "host", "none", "ingress", "docker_gwbridge", "podman", "tunnel,bridge"])(
    "CFAUTH_NETWORK refuses %s, on which Docker resolves no names",
    (CFAUTH_NETWORK) => {
      expect(faults({ CFAUTH_NETWORK })).toEqual([
        {
          name: "CFAUTH_NETWORK",
          why: "names a network without Docker's name resolution",
          fix: "run `docker network create tunnel`, connect cloudflared and your services to it, and write tunnel",
        },
      ]);
      expect(faults({ CFAUTH_NETWORK, CFAUTH_TARGET: "id" })).toHaveLength(1);
    },
  );

  it("a network without names is accepted if containers are reached by address, and one without addresses never", () => {
    expect(config({ CFAUTH_NETWORK: "bridge", CFAUTH_TARGET: "ip" }).labels.networks).toEqual([
      "bridge",
    ]);
    expect(faults({ CFAUTH_NETWORK: "host", CFAUTH_TARGET: "ip" })).toHaveLength(1);
  });

  it("zones and the domain are accepted in any letter case", () => {
    expect(
      config({ CFAUTH_ZONES: "Example.com, example.org", CFAUTH_DOMAIN: "example.com" }).labels,
    ).toMatchObject({
      zones: ["example.com", "example.org"],
      domain: "example.com",
    });
  });

  it("Swarm is refused, because this version does not support it yet", () => {
    expect(config({ CFAUTH_SOURCES: "containers" }).source).toBe("containers");
    expect(faults({ CFAUTH_SOURCES: "containers,swarm" })).toEqual([
      {
        name: "CFAUTH_SOURCES",
        why: "asks for swarm, which this version does not support yet",
        fix: "write containers, or remove it",
      },
    ]);
  });

  it("a grace period of zero is accepted, but not a resync interval of zero or a delay too long for a timer", () => {
    expect(
      config({ CFAUTH_GRACE_PERIOD: "0s", CFAUTH_STARTUP_GRACE_PERIOD: "1h30m" }),
    ).toMatchObject({
      graceMs: 0,
      startupGraceMs: 5_400_000,
    });
    expect(names(faults({ CFAUTH_RESYNC_INTERVAL: "0s", CFAUTH_GRACE_PERIOD: "60d" }))).toEqual([
      "CFAUTH_GRACE_PERIOD",
      "CFAUTH_RESYNC_INTERVAL",
    ]);
  });

  it.each([
    { text: "[::]:8080", listen: { host: "::", port: 8080 } },
    { text: ":8080", listen: { host: "::", port: 8080 } },
    { text: "127.0.0.1:0", listen: { host: "127.0.0.1", port: 0 } },
    { text: "localhost:9090", listen: { host: "localhost", port: 9090 } },
  ])("the page may listen at $text", ({ text, listen }) => {
    expect(config({ CFAUTH_LISTEN: text }).listen).toEqual(listen);
  });

  it.each(["8080", "0.0.0.0", "0.0.0.0:99999", "::8080", "http://0.0.0.0:8080"])(
    "the page may not listen at %s",
    (text) => {
      expect(names(faults({ CFAUTH_LISTEN: text }))).toEqual(["CFAUTH_LISTEN"]);
    },
  );

  it("a label prefix is accepted without its dot", () => {
    expect(config({ CFAUTH_LABEL_PREFIX: "home.auth" }).labels.prefix).toBe("home.auth");
    expect(faults({ CFAUTH_LABEL_PREFIX: "cfauth." })).toMatchObject([{ why: "ends with a dot" }]);
  });
});
