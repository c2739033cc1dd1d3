import type { Workload } from "../../src/core/domain/workload.ts";

/** A container in a Compose file, and what is known of its image: enough to print it and to run its labels. */
export interface Example {
  readonly service: string;
  readonly image: string;
  /** TCP ports that the image exposes. */
  readonly exposes: readonly number[];
  /** In full, as they stand in the file. */
  readonly labels: Workload["labels"];
  /** Without it only the tunnel network. */
  readonly networks?: readonly string[];
  readonly health?: Workload["health"];
}

const wiki = (labels: Workload["labels"], more: Partial<Example> = {}): Example => ({
  service: "wiki",
  image: "requarks/wiki:2",
  exposes: [3000],
  labels: { "cfauth.hostname": "wiki.example.com", ...labels },
  ...more,
});

interface Section {
  readonly notes: readonly string[];
  readonly example: Example;
}

/** What is to be said of each label beside its row in the catalogue. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  hostname: {
    notes: [
      "The one label that is needed. Every hostname gets a DNS record, a rule in the tunnel and an Access application of its own.",
      "It belongs to the first Compose project that holds it, as long as a container of that project runs or has its grace period. Another one that wants it waits (`CFA-HOST-TAKEN`). Authentik's hostname belongs to [Authentik's own container](authentik.md#authentiks-own-hostname) alone.",
      "`wiki` alone becomes `wiki.example.com` where `CFAUTH_DOMAIN` says so, or where there is just one zone. Cloudflare's free certificate covers the zone and one name below it; a deeper one opens with a warning.",
    ],
    example: wiki({ "cfauth.hostname": "wiki.example.com,docs.example.com" }),
  },
  enable: {
    notes: [
      "With `true` and no hostname the Compose service gives the name: `wiki.example.com` here.",
      '`false` switches off the whole container, its named routes too; `cfauth.<route>.enable: "false"` switches off that route alone.',
    ],
    example: {
      service: "wiki",
      image: "requarks/wiki:2",
      exposes: [3000],
      labels: { "cfauth.enable": "true" },
    },
  },
  port: {
    notes: [
      "The port inside the container. Nothing has to be published: cloudflared comes through the Docker network. Needed only where the image exposes none or several.",
    ],
    example: {
      service: "files",
      image: "filebrowser/filebrowser:v2",
      exposes: [80, 8080],
      labels: { "cfauth.hostname": "files.example.com", "cfauth.port": "8080" },
    },
  },
  scheme: {
    notes: [
      "For a container that speaks TLS itself. A certificate that nobody signed needs `origin.noTLSVerify` beside it.",
    ],
    example: {
      service: "unifi",
      image: "jacobalberty/unifi:v9",
      exposes: [8443],
      labels: {
        "cfauth.hostname": "unifi.example.com",
        "cfauth.scheme": "https",
        "cfauth.origin.noTLSVerify": "true",
      },
    },
  },
  service: {
    notes: [
      "Instead of `port` and `scheme`, never beside them, and without a path at its end, which cloudflared refuses.",
      "A URL that leads anywhere else than to the container itself is refused unless the operator of cfauth sets `CFAUTH_ALLOW_SERVICE=true`: anyone who may write labels could otherwise publish any machine in the house. The container itself is its name, its id or an address that Docker gave it, the name of its Compose service where Compose named the container (`home-wiki-1`) and no other one answers to it, and with `CFAUTH_TARGET=published` a port that it publishes, such as `http://127.0.0.1:8080`. The rule gets the host by which Docker reaches that container alone, whichever of them the label says.",
    ],
    example: wiki({ "cfauth.service": "http://wiki:3001" }),
  },
  path: {
    notes: [
      "Inside a hostname that another Compose project holds, a path needs that container's label [`share-with`](#share-with).",
      "The prefix and everything below it, nothing that only begins like it: `/api` is not `/apiary`. The container sees the whole path.",
      "Only clean spellings come through, without `.`, `..` or empty segments. Upper and lower case are different paths, except that a protected path inside a route that lets in more people takes its other spellings too: [access.md](access.md#several-routes-that-overlap).",
    ],
    example: wiki({ "cfauth.path": "/api" }),
  },
  network: {
    notes: [
      "cloudflared has to be on that network as well, and it must be one that was created: on Docker's own networks (`bridge`, `host`, `none`) no names are resolved.",
    ],
    example: wiki({ "cfauth.network": "backend" }, { networks: ["backend"] }),
  },
  access: {
    notes: [
      "`public` is the only word that opens a whole route to anyone. Beside it any `access.*` label is refused, since it is not clear which of the two is meant.",
      "A route with any `access.*` label is protected, whatever `CFAUTH_DEFAULT_ACCESS` says. With `CFAUTH_ALLOW_PUBLIC=false` public routes are refused, and those that are open are shut.",
    ],
    example: {
      service: "blog",
      image: "ghost:5",
      exposes: [2368],
      labels: { "cfauth.hostname": "blog.example.com", "cfauth.access": "public" },
    },
  },
  "access.groups": {
    notes: [
      "By their names in Authentik, exactly as they are written there. A group that Authentik does not have keeps the route shut; so does a list with nothing in it.",
      "Takes the place of `CFAUTH_DEFAULT_GROUPS`.",
    ],
    example: wiki({ "cfauth.access.groups": "family,admins" }),
  },
  "access.emails": {
    notes: [
      "Whoever has one of these addresses in Authentik, after a login there. Beside groups it lets in more people; without any group, and without `CFAUTH_DEFAULT_GROUPS`, only these.",
    ],
    example: wiki({ "cfauth.access.emails": "ann@example.com,@example.org" }),
  },
  "access.session": {
    notes: [
      "From `1m` to `30d`. A shorter one means that a person who was removed from a group is out sooner.",
    ],
    example: wiki({ "cfauth.access.session": "7d" }),
  },
  "access.bypass": {
    notes: [
      "Each prefix is open to anyone, and everything below it: keep it narrow, and let the service check who calls. The rest of the hostname stays protected, in every spelling: what an origin might read as a way out of the prefix does not come through.",
      "A prefix lies below the `path` of its route, and holds at each of its hostnames. It is no tile in any library. With `CFAUTH_ALLOW_PUBLIC=false` it is refused.",
    ],
    example: {
      service: "ci",
      image: "woodpeckerci/woodpecker-server:v3",
      exposes: [8000],
      labels: { "cfauth.hostname": "ci.example.com", "cfauth.access.bypass": "/api/hook,/healthz" },
    },
  },
  "access.policies": {
    notes: [
      "For what labels cannot say: a country, an address, a list of machines. People still log in with Authentik, which is the only login that an application of cfauth offers. Only policies with the action Allow or Service Auth; where two have one name, the id tells which. They let in more people, and never fewer.",
    ],
    example: wiki({ "cfauth.access.policies": "Friends" }),
  },
  "access.service-tokens": {
    notes: [
      "For machines, which send `CF-Access-Client-Id` and `CF-Access-Client-Secret`. `any` is every token of the account, those to come too.",
    ],
    example: wiki({ "cfauth.access.service-tokens": "backup" }),
  },
  "app.name": {
    notes: [
      "Where the container has labels for [Homepage](https://gethomepage.dev), `homepage.name`, `.icon`, `.description` and `.group` say what an `app.*` label does not, for the route without a name. They dress the tile and do nothing else: never who may enter, nor whether there is a route at all.",
    ],
    example: wiki({ "cfauth.app.name": "Family wiki" }),
  },
  "app.icon": {
    notes: [
      "The App Launcher shows only icons that have an address. Icons that only Homepage knows (`wiki.png`, `mdi-book`, `si-…`) are passed over.",
    ],
    example: wiki({ "cfauth.app.icon": "https://example.com/wiki.png" }),
  },
  "app.description": { notes: [], example: wiki({ "cfauth.app.description": "What we know" }) },
  "app.category": { notes: [], example: wiki({ "cfauth.app.category": "Home" }) },
  "app.hidden": {
    notes: ["It hides, it does not protect: who knows the address gets as far as `access` says."],
    example: wiki({ "cfauth.app.hidden": "true" }),
  },
  "wait-healthy": {
    notes: [
      "`false` opens the route while the health check still starts or fails. A route that is open stays open when its container turns unhealthy, either way.",
    ],
    example: {
      service: "paperless",
      image: "ghcr.io/paperless-ngx/paperless-ngx:2",
      exposes: [8000],
      health: "starting",
      labels: { "cfauth.hostname": "paperless.example.com", "cfauth.wait-healthy": "false" },
    },
  },
  adopt: {
    notes: [
      "Without it what others made at the hostname is a conflict: reported, and left as it is. What is taken over becomes what the labels say, is cfauth's from then on, and goes when the container goes.",
      "It takes nothing from another container, and never Authentik's hostname. An Access application that covers more than this route stays as it is: [access.md](access.md#taking-over-what-you-made-by-hand).",
    ],
    example: wiki({ "cfauth.adopt": "true" }),
  },
  "share-with": {
    notes: [
      "A hostname belongs to the project that holds it. Containers of other projects may route a path inside it, such as `wiki.example.com/blog`, only with this label on a container of the holder. The first container that asks for a free hostname makes its project the holder; a hostname stays with it while it runs, and for the grace period after that. A path that is free goes to a container of the holder before it goes to one of another project.",
      "Names are those of Compose projects, as `docker compose ls` shows them. A container without a project has no such name: only `*` admits it.",
    ],
    example: wiki({ "cfauth.share-with": "blog,wiki" }),
  },
  "origin.*": {
    notes: [
      "cloudflared's own [options](https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/configure-tunnels/origin-parameters/), by their own names. `caPool` takes only a file that the setting `CFAUTH_CA_POOLS` lists, at its path where cloudflared runs: cloudflared refuses every change of the rules, not only this one's, for a file that it does not have.",
    ],
    example: wiki({
      "cfauth.scheme": "https",
      "cfauth.origin.originServerName": "wiki.internal",
      "cfauth.origin.connectTimeout": "10s",
    }),
  },
};

/** How labels work together. */
export const TOGETHER: readonly (Section & { readonly title: string })[] = [
  {
    title: "Several routes on one container",
    notes: [
      "`cfauth.<route>.…`, where `<route>` is any name that is not itself a label. Each route has its own labels; nothing is handed down from one to the other. A path may be protected inside a public host: it opens first, and other spellings of it are shut.",
    ],
    example: {
      service: "shop",
      image: "example/shop:1",
      exposes: [8080, 9090],
      labels: {
        "cfauth.web.hostname": "shop.example.com",
        "cfauth.web.port": "8080",
        "cfauth.web.access": "public",
        "cfauth.admin.hostname": "shop.example.com",
        "cfauth.admin.path": "/admin",
        "cfauth.admin.port": "9090",
        "cfauth.admin.access.groups": "admins",
      },
    },
  },
  {
    title: "Who may enter, taken together",
    notes: [
      "Every label that names people lets in more: a member of any group, or any of the addresses, or whom a policy lets in, or a machine with one of the tokens. `access.bypass` is apart from it: there no one is asked for a login.",
    ],
    example: wiki({
      "cfauth.access.groups": "family",
      "cfauth.access.emails": "ann@example.com",
      "cfauth.access.policies": "Friends",
      "cfauth.access.service-tokens": "backup",
      "cfauth.access.session": "30m",
      "cfauth.access.bypass": "/healthz",
    }),
  },
  {
    title: "Authentik itself",
    notes: [
      "The container whose hostname, and path where there is one, is that of `AUTHENTIK_URL` is the login. Only Authentik's own container gets that hostname and the paths in it: the one that `AUTHENTIK_API_URL` leads to, or that `CFAUTH_AUTHENTIK_CONTAINER` names. It cannot stand behind itself, so cfauth keeps it open, also with `CFAUTH_ALLOW_PUBLIC=false`, and warns of each label that asks for something else. Another hostname in the same label is protected like any.",
    ],
    example: {
      service: "authentik-server",
      image: "ghcr.io/goauthentik/server:2026.8",
      exposes: [9000, 9443],
      labels: { "cfauth.hostname": "auth.example.com", "cfauth.port": "9000" },
    },
  },
];

/** What each of cloudflared's options does. */
export const ORIGIN_MEANINGS: Readonly<Record<string, string>> = {
  caPool: "certificates that the origin's may be signed by, as a file beside cloudflared",
  connectTimeout: "how long to wait for a connection",
  disableChunkedEncoding: "no chunked bodies, for servers of WSGI",
  http2Origin: "HTTP/2 to the container",
  httpHostHeader: "the Host header that the container gets",
  keepAliveConnections: "idle connections to keep",
  keepAliveTimeout: "how long to keep them",
  matchSNItoHost: "the server name in TLS is the visitor's hostname",
  noHappyEyeballs: "no second try over the other version of IP",
  noTLSVerify: "do not check the container's certificate",
  originServerName: "the name that the container's certificate must have",
  proxyType: "serve as a SOCKS proxy",
  tcpKeepAlive: "how often to see whether the connection still lives",
  tlsTimeout: "how long to wait for TLS",
};
