/** What is to be said of a setting. Markdown; its default comes from the schema where there is one. */
export interface SettingRow {
  readonly meaning: string;
  /** In words, where the schema has no default that says it. */
  readonly fallback?: string;
  readonly takes: string;
  /** All that it takes, where these are few. */
  readonly values?: readonly string[];
  /** A value that it takes. A secret has none: its example is a file. */
  readonly example?: string;
  readonly notes?: readonly string[];
}

export interface SettingGroup {
  readonly title: string;
  readonly settings: Readonly<Record<string, SettingRow>>;
}

const FLAG = { takes: "`true` or `false`", values: ["true", "false"] } as const;
const DURATION = "a number and a unit, `ms`, `s`, `m`, `h` or `d`: `90s`, `5m`, `1h30m`";

/** Every setting by what it is about. One that the schema does not have yet is passed over. */
export const SETTINGS: readonly SettingGroup[] = [
  {
    title: "Required",
    settings: {
      CLOUDFLARE_API_TOKEN: {
        meaning: "Cloudflare API token",
        fallback: "**required**",
        takes: "a token of Cloudflare, as it is shown when it is created",
        notes: [
          "Account · Cloudflare Tunnel · Edit; Account · Access: Apps and Policies · Edit; Account · Access: Organizations, Identity Providers, and Groups · Edit; Zone · DNS · Edit; Zone · Zone · Read. Only for labels that name service tokens also Account · Access: Service Tokens · Read. The link in [getting started](getting-started.md) opens the form with the first five ticked.",
        ],
      },
      AUTHENTIK_URL: {
        meaning: "Authentik's public origin, as browsers and Cloudflare reach it",
        fallback: "**required**",
        takes:
          "an address with `https://`; a path prefix may follow. Plain `http://` only for this very machine (`localhost`)",
        example: "https://auth.example.com",
        notes: [
          "Authentik's own container, with this hostname in its label, is the login: it is opened first and without a login in front. No other container gets this hostname. See [authentik.md](authentik.md#authentiks-own-hostname).",
        ],
      },
      AUTHENTIK_TOKEN: {
        meaning: "Authentik API token (intent API Token, not expiring)",
        fallback: "**required**",
        takes: "the key of a token, from Directory → Tokens and App passwords",
        notes: [
          "Of [an account with few permissions](authentik.md#an-account-with-few-permissions). An administrator's token works as well; people who get hold of that one can do everything in Authentik.",
        ],
      },
    },
  },
  {
    title: "Cloudflare and the tunnel",
    settings: {
      TUNNEL_TOKEN: {
        meaning: "the connector token you already have: account and tunnel are read out of it",
        fallback: "–",
        takes:
          "what stands behind `--token` in the command that the dashboard shows for the tunnel",
        notes: [
          "For a cloudflared that runs already: give cfauth the same token. It goes nowhere; cfauth only reads two ids out of it. `CFAUTH_TUNNEL` and `CLOUDFLARE_ACCOUNT_ID` are not needed beside it, and must not name something else.",
        ],
      },
      CFAUTH_TUNNEL: {
        meaning: "tunnel name or id, where there is no `TUNNEL_TOKEN`; created if missing",
        takes:
          "a name of at most 100 characters, or the id of a tunnel. One that is named by its id is never created",
        example: "homelab",
      },
      CFAUTH_TUNNEL_TOKEN_FILE: {
        meaning: "where to write the connector token for cloudflared's `--token-file`",
        fallback: "–",
        takes:
          "an absolute path in a directory that cfauth's user (65532 in the image) may write to",
        example: "/run/cfauth/tunnel-token",
        notes: [
          "Not to be mixed up with `TUNNEL_TOKEN_FILE`, from which cfauth reads a token that you have. Written whole or not at all, and readable for that user alone; cloudflared's image runs as the same one. Share the directory with cloudflared by a named volume, as the example Compose file does.",
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
        takes: "domains with commas",
        example: "example.com,example.org",
        notes: [
          "A hostname elsewhere is refused (`CFA-HOST-NO-ZONE`), whatever the token may do. The most specific zone of the account decides: where `dev.example.com` is a zone of its own, `example.com` alone does not admit `x.dev.example.com`.",
        ],
      },
      CFAUTH_OWNER: {
        meaning: "name of this installation, `[a-z0-9-]{1,32}`",
        fallback: "derived from the Docker engine's id",
        takes: "1 to 32 of `a-z`, `0-9` and `-`",
        example: "home-nas",
        notes: [
          "It is written on everything that cfauth makes, and is how cfauth recognises its own objects. Set it where several cfauths share an account and you want to tell them apart, before Docker is reinstalled or moved, and with Podman. **If you change it, cfauth takes what it made under the old name for another owner's, and leaves it.**",
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
          "an address, with the path prefix if Authentik has one: with `https://`, or with `http://` on this machine or a private network",
        example: "http://authentik-server.authentik-api:9000",
        notes: [
          "Set it wherever cfauth and Authentik share a Docker network: the public address leads through the tunnel that cfauth is to set up.",
          "Write it as `<container>.<network>`, with a network that only the two are on. Docker answers a name with any container that has it as an alias; cfauth sends its token only to Authentik's own container (`CFAUTH_AUTHENTIK_CONTAINER`).",
          "Where Authentik is no container of this engine, write its address or its full name: Docker answers a short name with any container that is called so.",
        ],
      },
      CFAUTH_AUTHENTIK_CONTAINER: {
        meaning:
          "name or Compose service of Authentik's own container, the only one that may have the hostname of `AUTHENTIK_URL`",
        fallback: "the host of `AUTHENTIK_API_URL`",
        takes: "the name of a container or of a Compose service",
        example: "authentik-server",
        notes: [
          "Set it if `AUTHENTIK_API_URL` does not name the container, and if others can start containers. Any project can give a Compose service or a container the name of yours, so the one in cfauth's own Compose project counts first. If Authentik is in another project, write the name that `docker ps` shows, and give Authentik that `container_name`.",
          "Over plain http cfauth sends the token only to this container, whichever one answers to the host of `AUTHENTIK_API_URL`.",
        ],
      },
      CFAUTH_AUTHENTIK_SLUG: {
        meaning: "slug of the login application and provider",
        takes: "letters, digits, `-` and `_`",
        example: "cf-tunnel-access",
        notes: [
          "An application of that slug that is there already is used and repaired, not doubled: the one of a walk-through done by hand, say. A slug that is changed later makes a login of its own: what was made under the old one is left, and yours to delete.",
        ],
      },
      CFAUTH_AUTHENTIK_FLOW: {
        meaning: "authorization flow",
        takes: "the slug of an authorization flow that Authentik has",
        example: "default-provider-authorization-implicit-consent",
        notes: [
          "The default asks each person once whether Cloudflare may know their name; the flow of the example does not ask.",
        ],
      },
      CFAUTH_TILES: {
        meaning: "create tiles in Authentik's library",
        ...FLAG,
        example: "false",
        notes: ["`false` makes none and removes those that are there."],
      },
    },
  },
  {
    title: "What holds where labels are silent",
    settings: {
      CFAUTH_DOMAIN: {
        meaning: "completes bare hostnames",
        fallback: "the only zone",
        takes: "a domain",
        example: "example.com",
        notes: [
          "With it `cfauth.hostname: wiki` is `wiki.example.com`. Where there is just one zone it need not be set.",
        ],
      },
      CFAUTH_DEFAULT_ACCESS: {
        meaning: "default of `access`",
        takes: "`authentik` or `public`",
        values: ["authentik", "public"],
        example: "authentik",
        notes: [
          "`public` opens to anyone every route that has no `access` and no `access.*` label. Think twice.",
        ],
      },
      CFAUTH_DEFAULT_GROUPS: {
        meaning: "default of `access.groups`; several with commas",
        fallback: "everyone who can log in",
        takes: "names of groups in Authentik, with commas",
        example: "family,admins",
      },
      CFAUTH_DEFAULT_SESSION: {
        meaning: "default of `access.session`",
        takes: "from `1m` to `30d`",
        example: "8h",
      },
      CFAUTH_ALLOW_PUBLIC: {
        meaning:
          "whether `access=public` and `access.bypass` are obeyed; Authentik's own hostname is open all the same",
        ...FLAG,
        example: "false",
        notes: [
          "Set `false` if the people who write labels must not open anything to everyone. Routes that are open to everyone close then.",
        ],
      },
      CFAUTH_ALLOW_SERVICE: {
        meaning: "whether a `service` label may point away from its own container",
        ...FLAG,
        example: "true",
        notes: [
          "With `true` the people who write labels can publish any address that cloudflared reaches.",
        ],
      },
      CFAUTH_IMAGE_LABELS: {
        meaning: "whether `cfauth.*` labels that come from an image count",
        ...FLAG,
        example: "true",
        notes: [
          "`true` is for people who build their own images: every image on this machine can then decide what is public.",
        ],
      },
      CFAUTH_CA_POOLS: {
        meaning: "files on cloudflared's side that `origin.caPool` may name",
        fallback: "none",
        takes: "absolute paths with commas",
        example: "/etc/ssl/home-ca.pem",
        notes: [
          "cloudflared refuses every later document of rules when a file that a rule names does not exist, so a label may only name a file of this list.",
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
        meaning: "label families of other tools to read as ours, always protected",
        fallback: "–",
        takes: "`dockflare`, `cloudflare.tunnel`, or both with a comma",
        example: "dockflare,cloudflare.tunnel",
        notes: [
          "Only hostname, service and path are read; who may enter is what cfauth's own labels and defaults say.",
        ],
      },
    },
  },
  {
    title: "Timing",
    settings: {
      CFAUTH_GRACE_PERIOD: {
        meaning: "how long a gone container keeps its route",
        takes: `${DURATION}; from \`0s\` to \`24d\``,
        example: "5m",
        notes: [
          "A container that is back within it costs nothing: an update, a restart, `docker compose up` with a new image. There is no grace where something else runs under the old name, since the old rule would show it.",
        ],
      },
      CFAUTH_STARTUP_GRACE_PERIOD: {
        meaning: "the same for what is missing when cfauth starts",
        takes: `${DURATION}; from \`0s\` to \`24d\``,
        example: "10m",
        notes: ["After a reboot containers come up in any order."],
      },
      CFAUTH_RESYNC_INTERVAL: {
        meaning: "full look at Cloudflare and Authentik for drift",
        takes: `${DURATION}; from \`1s\` to \`24d\``,
        example: "15m",
        notes: [
          "The next resync repairs what was changed there by hand; a label takes effect at once and does not wait for it. A resync costs six calls to Cloudflare and a handful to Authentik.",
        ],
      },
    },
  },
  {
    title: "Page, log and notices",
    settings: {
      CFAUTH_LISTEN: {
        meaning: "where the page is: status, health, report",
        takes: "`address:port` or `:port`",
        example: "127.0.0.1:8080",
        notes: [
          "Inside a container leave it as it is and publish the port on loopback, `127.0.0.1:8080:8080`: the page has no login of its own. See [security.md](security.md#the-page).",
        ],
      },
      CFAUTH_NOTIFY_URL: {
        meaning: "who is told when a problem comes or goes and a route opens or closes",
        fallback: "–",
        takes:
          "the address that the service shows (ntfy, Gotify, Discord, Slack, Mattermost, Apprise, or any webhook that takes JSON); several with spaces or commas. On a host of your own the service's name stands in front, `ntfy+https://…`",
        example: "https://hooks.example.com/cfauth",
        notes: [
          "It is a secret: whoever has it can write there. `CFAUTH_NOTIFY_URL_FILE` keeps it out of the environment.",
        ],
      },
      CFAUTH_DRY_RUN: {
        meaning: "watch and log the plan, write nothing",
        ...FLAG,
        example: "true",
      },
      LOG_LEVEL: {
        meaning: "how much is logged",
        takes: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`",
        values: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
        example: "debug",
        notes: [
          "`info`: one line for each change to the world, and for each problem when it comes and when it goes; a quiet day has none. `debug`: every call and every look as well.",
        ],
      },
      LOG_FORMAT: {
        meaning: "how the log is written",
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
        meaning: "tunnel network; several with commas",
        takes: "names of Docker networks, the preferred one first",
        example: "tunnel,edge",
        notes: [
          "The networks that cloudflared is on. cfauth itself need not be, but where it is, it asks Docker's DNS whether another container answers to a name, and whether a DNS server outside answers it (`CFA-NETWORK-DNS`).",
          "Docker resolves no names on `bridge`, `host`, `none`, `ingress` and `docker_gwbridge`, and Podman none on `podman`: they are refused. With `CFAUTH_TARGET=ip`, which needs no names, `bridge` and `podman` are accepted.",
        ],
      },
      CFAUTH_TARGET: {
        meaning:
          "how cloudflared reaches containers: `name` (scoped to the network), `id` (short id, certain), `ip`, or `published` (cloudflared on the host)",
        takes: "`name`, `id`, `ip` or `published`",
        values: ["name", "id", "ip", "published"],
        example: "published",
        notes: [
          "`name`: by the container's name on its network, `<name>.<network>`, for cloudflared in Docker; by its short id where another container answers to the same name or the network is called like a domain, and by its address where that one has taken the short id too. `id`: always by the short id, which changes when a container is recreated. `ip`: by the container's address, for a cloudflared on the host of a Linux engine; the address may change with each start, and the rule with it. `published`: by the port that the container publishes on the host.",
          "What each defends against and what it costs: [security.md](security.md#how-cloudflared-finds-a-container). Choose `id` if you do not trust everyone who may create containers. A rule that has the short id keeps it until the container is recreated, also after a change back to `name`.",
        ],
      },
      CFAUTH_SOURCES: {
        meaning: "what is watched: this version knows containers only",
        takes: "`containers`",
        values: ["containers"],
        example: "containers",
      },
      DOCKER_HOST: {
        meaning: "the engine, or the socket proxy before it, as the Docker CLI reads it",
        fallback: "the local socket",
        takes:
          "`unix:///path`, `tcp://host:port`, `http://…` or `https://…`; not `ssh://`. Without TLS only on this machine or a private network",
        example: "tcp://socket-proxy:2375",
      },
      DOCKER_TLS_VERIFY: {
        meaning: "with any value: `tcp://` speaks TLS, and the engine's certificate is checked",
        fallback: "–",
        takes: "anything; also `0` and `false` switch it on, as with the Docker CLI",
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
