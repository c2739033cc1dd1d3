/** What the page says about a setting. Markdown; the default comes from the schema if it has one. */
export interface SettingRow {
  readonly meaning: string;
  /** The default in words, if the schema cannot show it. */
  readonly fallback?: string;
  readonly takes: string;
  /** All accepted values, if there are few. */
  readonly values?: readonly string[];
  /** An accepted value. A secret has none: its example is a file. */
  readonly example?: string;
  readonly notes?: readonly string[];
}

export interface SettingGroup {
  readonly title: string;
  readonly settings: Readonly<Record<string, SettingRow>>;
}

const FLAG = { takes: "`true` or `false`", values: ["true", "false"] } as const;
const DURATION = "a number and a unit, `ms`, `s`, `m`, `h` or `d`: `90s`, `5m`, `1h30m`";

/** Every setting by topic. The page omits settings that the schema does not have. */
export const SETTINGS: readonly SettingGroup[] = [
  {
    title: "Required",
    settings: {
      CLOUDFLARE_API_TOKEN: {
        meaning: "Cloudflare API token",
        fallback: "**required**",
        takes: "a Cloudflare API token, as Cloudflare shows it on creation",
        notes: [
          "Account · Cloudflare Tunnel · Edit; Account · Access: Apps and Policies · Edit; Account · Access: Organizations, Identity Providers, and Groups · Edit; Zone · DNS · Edit; Zone · Zone · Read. Labels that name service tokens also need Account · Access: Service Tokens · Read. The link in [getting started](getting-started.md) opens the form with the first five ticked.",
        ],
      },
      AUTHENTIK_URL: {
        meaning: "Authentik's public origin, as browsers and Cloudflare reach it",
        fallback: "**required**",
        takes:
          "an address with `https://`; a path prefix may follow. Plain `http://` only for this machine (`localhost`)",
        example: "https://auth.example.com",
        notes: [
          "Authentik's own container, with this hostname in its label, is the login: its route opens first, without a login in front. No other container gets this hostname. See [authentik.md](authentik.md#authentiks-own-hostname).",
        ],
      },
      AUTHENTIK_TOKEN: {
        meaning: "Authentik API token (intent API Token, not expiring)",
        fallback: "**required**",
        takes: "the key of a token, from Directory → Tokens and App passwords",
        notes: [
          "Use the token of [an account with few permissions](authentik.md#an-account-with-few-permissions). An administrator's token works as well, but anyone who gets hold of it can do everything in Authentik.",
        ],
      },
    },
  },
  {
    title: "Cloudflare and the tunnel",
    settings: {
      TUNNEL_TOKEN: {
        meaning: "the connector token you already have; cfauth reads account and tunnel from it",
        fallback: "–",
        takes: "the text after `--token` in the command that the dashboard shows for the tunnel",
        notes: [
          "If cloudflared already runs, give cfauth the same token. cfauth only reads two ids from it and sends it nowhere. `CFAUTH_TUNNEL` and `CLOUDFLARE_ACCOUNT_ID` are then unnecessary and must not contradict it.",
        ],
      },
      CFAUTH_TUNNEL: {
        meaning: "tunnel name or id, if there is no `TUNNEL_TOKEN`; created if missing",
        takes:
          "a name of at most 100 characters, or the id of a tunnel. cfauth never creates a tunnel for an id",
        example: "homelab",
      },
      CFAUTH_TUNNEL_TOKEN_FILE: {
        meaning: "where to write the connector token for cloudflared's `--token-file`",
        fallback: "–",
        takes:
          "an absolute path in a directory to which cfauth's user (65532 in the image) may write",
        example: "/run/cfauth/tunnel-token",
        notes: [
          "Do not confuse it with `TUNNEL_TOKEN_FILE`, from which cfauth reads a token that you have. cfauth writes the file whole or not at all, readable only for its own user; cloudflared's image runs as the same user. Share the directory with cloudflared through a named volume, as the example Compose file does.",
        ],
      },
      CLOUDFLARE_ACCOUNT_ID: {
        meaning: "Cloudflare account",
        fallback: "from `TUNNEL_TOKEN`, else the only one the token sees",
        takes: "the 32 characters in the dashboard's address, `dash.cloudflare.com/<account id>`",
        example: "0123456789abcdef0123456789abcdef",
      },
      CFAUTH_ZONES: {
        meaning: "only these zones may be used",
        fallback: "all the token sees",
        takes: "domains, separated by commas",
        example: "example.com,example.org",
        notes: [
          "cfauth refuses hostnames in other zones (`CFA-HOST-NO-ZONE`), whatever the token permits. The most specific zone of the account decides: if `dev.example.com` is its own zone, `example.com` alone does not permit `x.dev.example.com`.",
        ],
      },
      CFAUTH_OWNER: {
        meaning: "name of this installation, `[a-z0-9-]{1,32}`",
        fallback: "derived from the Docker engine's id",
        takes: "1 to 32 of `a-z`, `0-9` and `-`",
        example: "home-nas",
        notes: [
          "cfauth marks everything that it creates with this name and recognises its own objects by it. Set it if several cfauths share an account, before you reinstall or move Docker, and with Podman. **If you change it, cfauth treats what it created under the old name as another owner's and leaves it in place.**",
        ],
      },
      CLOUDFLARE_BASE_URL: {
        meaning: "API base, for tests and proxies",
        fallback: "Cloudflare's",
        takes:
          "an address with `https://`; plain `http://` only for this machine and private networks",
        example: "https://cloudflare-proxy.example.com/client/v4",
      },
    },
  },
  {
    title: "Authentik",
    settings: {
      AUTHENTIK_API_URL: {
        meaning: "how cfauth itself reaches Authentik",
        fallback: "`AUTHENTIK_URL`",
        takes:
          "an address with `https://`, or with `http://` on this machine or a private network; with the path prefix if Authentik has one",
        example: "http://authentik-server.authentik-api:9000",
        notes: [
          "Set it if cfauth and Authentik share a Docker network: the public address leads through the tunnel that cfauth has yet to set up.",
          "Write it as `<container>.<network>`, with a network that only these two use. Docker answers a name with any container that has it as an alias, but cfauth sends its token only to Authentik's own container (`CFAUTH_AUTHENTIK_CONTAINER`).",
          "If Authentik is not a container of this engine, write its address or its full name: Docker answers a short name with any container of that name.",
        ],
      },
      CFAUTH_AUTHENTIK_CONTAINER: {
        meaning:
          "name or Compose service of Authentik's own container, the only one that may have the hostname of `AUTHENTIK_URL`",
        fallback: "the host of `AUTHENTIK_API_URL`",
        takes: "the name of a container or of a Compose service",
        example: "authentik-server",
        notes: [
          "Set it if `AUTHENTIK_API_URL` does not name the container, or if other people can start containers. Any project can use the name of your Compose service or container, so the one in cfauth's own Compose project counts first. If Authentik is in another project, write the name that `docker ps` shows, and fix that name with `container_name`.",
          "Over plain http cfauth sends the token only to this container, whichever container the host of `AUTHENTIK_API_URL` leads to.",
        ],
      },
      CFAUTH_AUTHENTIK_SLUG: {
        meaning: "slug of the login application and provider",
        takes: "letters, digits, `-` and `_`",
        example: "cf-tunnel-access",
        notes: [
          "If an application with that slug exists, for example from a walk-through by hand, cfauth uses and repairs it. If you change the slug later, cfauth creates a new login; delete what the old slug left behind yourself.",
        ],
      },
      CFAUTH_AUTHENTIK_FLOW: {
        meaning: "authorization flow",
        takes: "the slug of an authorization flow that Authentik has",
        example: "default-provider-authorization-implicit-consent",
        notes: [
          "The default flow asks each person once whether Cloudflare may know their name. The flow in the example does not ask.",
        ],
      },
      CFAUTH_TILES: {
        meaning: "create tiles in Authentik's library",
        ...FLAG,
        example: "false",
        notes: ["`false` creates none and removes existing ones."],
      },
    },
  },
  {
    title: "Defaults and limits of labels",
    settings: {
      CFAUTH_DOMAIN: {
        meaning: "completes bare hostnames",
        fallback: "the only zone",
        takes: "a domain",
        example: "example.com",
        notes: [
          "With it `cfauth.hostname: wiki` means `wiki.example.com`. With a single zone it is not needed.",
        ],
      },
      CFAUTH_DEFAULT_ACCESS: {
        meaning: "default of `access`",
        takes: "`authentik` or `public`",
        values: ["authentik", "public"],
        example: "authentik",
        notes: [
          "`public` opens every route without an `access` or `access.*` label to anyone. Think twice.",
        ],
      },
      CFAUTH_DEFAULT_GROUPS: {
        meaning: "default of `access.groups`; several are separated by commas",
        fallback: "everyone who can log in",
        takes: "names of groups in Authentik, separated by commas",
        example: "family,admins",
      },
      CFAUTH_DEFAULT_SESSION: {
        meaning: "default of `access.session`",
        takes: "from `1m` to `30d`",
        example: "8h",
      },
      CFAUTH_ALLOW_PUBLIC: {
        meaning:
          "whether `access=public` and `access.bypass` are allowed; Authentik's own hostname is open in any case",
        ...FLAG,
        example: "false",
        notes: [
          "Set it to `false` if people who write labels must not open anything to everyone. Routes that are open to everyone then close.",
        ],
      },
      CFAUTH_ALLOW_SERVICE: {
        meaning: "whether a `service` label may point away from its own container",
        ...FLAG,
        example: "true",
        notes: [
          "With `true`, people who write labels can publish any address that cloudflared reaches.",
        ],
      },
      CFAUTH_IMAGE_LABELS: {
        meaning: "whether cfauth obeys `cfauth.*` labels that come from an image",
        ...FLAG,
        example: "true",
        notes: [
          "`true` is for people who build all of their images themselves: every image on this machine can then decide what is public.",
        ],
      },
      CFAUTH_CA_POOLS: {
        meaning: "files that `origin.caPool` may name, with their paths where cloudflared runs",
        fallback: "none",
        takes: "absolute paths, separated by commas",
        example: "/etc/ssl/home-ca.pem",
        notes: [
          "If a file in a rule does not exist, cloudflared refuses every later change of the rules. So a label may only name a file of this list.",
        ],
      },
      CFAUTH_WAIT_HEALTHY: {
        meaning: "default of `wait-healthy`",
        ...FLAG,
        example: "false",
      },
      CFAUTH_LABEL_PREFIX: {
        meaning: "label prefix, without the dot",
        takes: "letters, digits, `.`, `-` and `_`",
        example: "tunnel",
      },
      CFAUTH_READ_LABELS: {
        meaning: "labels of other tools to read as well, always protected",
        fallback: "–",
        takes: "`dockflare`, `cloudflare.tunnel`, or both, separated by a comma",
        example: "dockflare,cloudflare.tunnel",
        notes: [
          "cfauth reads only hostname, service and path. Who may enter depends on cfauth's own labels and defaults.",
        ],
      },
    },
  },
  {
    title: "Timing",
    settings: {
      CFAUTH_GRACE_PERIOD: {
        meaning: "how long a missing container keeps its route",
        takes: `${DURATION}; from \`0s\` to \`24d\``,
        example: "5m",
        notes: [
          "A container that returns within it keeps its route: after an update, a restart, or `docker compose up` with a new image. If something else runs under the old name there is no grace period, because the old rule would expose it.",
        ],
      },
      CFAUTH_STARTUP_GRACE_PERIOD: {
        meaning: "the same for containers that are missing when cfauth starts",
        takes: `${DURATION}; from \`0s\` to \`24d\``,
        example: "10m",
        notes: ["After a reboot containers come up in any order."],
      },
      CFAUTH_RESYNC_INTERVAL: {
        meaning: "how often cfauth looks for drift in Cloudflare and Authentik",
        takes: `${DURATION}; from \`1s\` to \`24d\``,
        example: "15m",
        notes: [
          "A resync repairs what was changed there by hand. Labels do not wait for it; they take effect at once. A resync costs six calls to Cloudflare and a handful to Authentik.",
        ],
      },
    },
  },
  {
    title: "Status page, log and notifications",
    settings: {
      CFAUTH_LISTEN: {
        meaning: "the address of the status page, health checks and report",
        takes: "`address:port` or `:port`",
        example: "127.0.0.1:8080",
        notes: [
          "Inside a container, leave it as it is and publish the port on loopback, `127.0.0.1:8080:8080`: the status page has no login. See [security.md](security.md#the-page).",
        ],
      },
      CFAUTH_NOTIFY_URL: {
        meaning:
          "where cfauth sends notifications when a problem appears or goes, and when a route opens or closes",
        fallback: "–",
        takes:
          "the address that the service shows (ntfy, Gotify, Discord, Slack, Mattermost, Apprise, or any webhook that takes JSON); several are separated by spaces or commas. For a server of your own, put the service's name in front, `ntfy+https://…`",
        example: "https://hooks.example.com/cfauth",
        notes: [
          "The address is a secret: anyone who has it can send messages there. `CFAUTH_NOTIFY_URL_FILE` keeps it out of the environment.",
        ],
      },
      CFAUTH_DRY_RUN: {
        meaning: "watch containers and log the plan, but write nothing",
        ...FLAG,
        example: "true",
      },
      LOG_LEVEL: {
        meaning: "how much is logged",
        takes: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`",
        values: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
        example: "debug",
        notes: [
          "`info`: one line for each change, and for each problem when it appears and when it goes; a quiet day has none. `debug`: also every call and every observation.",
        ],
      },
      LOG_FORMAT: {
        meaning: "format of the log",
        fallback: "`pretty` on a terminal, else `json`",
        takes: "`json` or `pretty`",
        values: ["json", "pretty"],
        example: "pretty",
      },
    },
  },
  {
    title: "Docker",
    settings: {
      CFAUTH_NETWORK: {
        meaning: "tunnel network; several are separated by commas",
        takes: "names of Docker networks, the preferred one first",
        example: "tunnel,edge",
        notes: [
          "The networks that cloudflared uses. cfauth itself does not have to be on them. If it is, it asks Docker's DNS whether another container, or an outside DNS server (`CFA-NETWORK-DNS`), answers to a container's name.",
          "`bridge`, `host`, `none`, `ingress` and `docker_gwbridge` are refused because Docker resolves no names on them, and `podman` because Podman does not. With `CFAUTH_TARGET=ip`, which needs no names, `bridge` and `podman` are accepted.",
        ],
      },
      CFAUTH_TARGET: {
        meaning:
          "how cloudflared reaches containers: `name` (scoped to the network), `id` (short id, certain), `ip`, or `published` (cloudflared on the host)",
        takes: "`name`, `id`, `ip` or `published`",
        values: ["name", "id", "ip", "published"],
        example: "published",
        notes: [
          "`name`: by the container's name on its network, `<name>.<network>`, for cloudflared in Docker. If another container answers to the same name, or the network is named like a domain, cfauth uses the short id, and if that is taken too, the address. `id`: always by the short id, which changes when a container is recreated. `ip`: by the container's address, for cloudflared on the host of a Linux engine; the address, and the rule with it, may change with each start. `published`: by the port that the container publishes on the host.",
          "[security.md](security.md#how-cloudflared-finds-a-container) compares their protection and cost. Choose `id` if you do not trust everyone who may create containers. A rule with the short id keeps it until the container is recreated, even after a change back to `name`.",
        ],
      },
      CFAUTH_SOURCES: {
        meaning: "what cfauth watches; this version supports only containers",
        takes: "`containers`",
        values: ["containers"],
        example: "containers",
      },
      DOCKER_HOST: {
        meaning: "the Docker engine, or a socket proxy in front of it, as for the Docker CLI",
        fallback: "the local socket",
        takes:
          "`unix:///path`, `tcp://host:port`, `http://…` or `https://…`; not `ssh://`. Without TLS only on this machine or a private network",
        example: "tcp://socket-proxy:2375",
      },
      DOCKER_TLS_VERIFY: {
        meaning: "with any value, `tcp://` uses TLS and cfauth checks the engine's certificate",
        fallback: "–",
        takes: "anything; even `0` and `false` switch it on, as with the Docker CLI",
        example: "1",
      },
      DOCKER_CERT_PATH: {
        meaning: "folder with `ca.pem`, `cert.pem` and `key.pem`",
        fallback: "the certificates that the system trusts",
        takes: "a path inside cfauth's container",
        example: "/run/secrets/docker",
      },
    },
  },
];
