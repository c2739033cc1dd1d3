import type { Workload } from "../../src/core/domain/workload.ts";

/** A container in a Compose file and the facts about its image that are needed to print it and to decode its labels. */
export interface Example {
  readonly service: string;
  readonly image: string;
  /** TCP ports that the image exposes. */
  readonly exposes: readonly number[];
  /** With the prefix, as in the file. */
  readonly labels: Workload["labels"];
  /** By default only the tunnel network. */
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

/** What the page says about each label besides its row in the catalogue. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  hostname: {
    notes: [
      "The only required label. Every hostname gets its own DNS record, rule in the tunnel and Access application.",
      "A hostname belongs to the first Compose project that gets it, while a container of that project runs or is within its grace period. Another project has to wait (`CFA-HOST-TAKEN`). Authentik's hostname belongs only to [Authentik's own container](authentik.md#authentiks-own-hostname).",
      "`wiki` becomes `wiki.example.com` if `CFAUTH_DOMAIN` is `example.com`, or if that is the only zone. Cloudflare's free certificate covers the zone and one level below it; a deeper hostname opens with a warning.",
    ],
    example: wiki({ "cfauth.hostname": "wiki.example.com,docs.example.com" }),
  },
  enable: {
    notes: [
      "With `true` and no hostname, the name comes from the Compose service: `wiki.example.com` here.",
      '`false` switches off the whole container, including its named routes. `cfauth.<route>.enable: "false"` switches off only that route.',
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
      "The port inside the container. It does not have to be published, because cloudflared connects through the Docker network. The label is needed only if the image exposes no port or several.",
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
      "For a container that uses TLS itself. A self-signed certificate also needs `origin.noTLSVerify`.",
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
      "Replaces `port` and `scheme` and cannot be combined with them. It must not end with a path, which cloudflared refuses.",
      "cfauth refuses a URL that leads elsewhere than to the container itself, unless the operator sets `CFAUTH_ALLOW_SERVICE=true`: otherwise anyone who may write labels could publish any machine in your network. These hosts are the container itself: its name, its id, an address that Docker gave it, and the name of its Compose service if Compose named the container (`home-wiki-1`) and no other container answers to that name. With `CFAUTH_TARGET=published`, a port that it publishes counts too, such as `http://127.0.0.1:8080`. Whichever of these the label uses, the rule gets the host by which Docker reaches only that container.",
    ],
    example: wiki({ "cfauth.service": "http://wiki:3001" }),
  },
  path: {
    notes: [
      "A path inside a hostname of another Compose project needs the label [`share-with`](#share-with) on the container that holds the hostname.",
      "The route covers the prefix and everything below it, but no path that only begins with the same letters: `/api` does not cover `/apiary`. The container receives the full path.",
      "Only clean spellings reach the container, without `.`, `..` or empty segments. Upper and lower case are different paths, except that a protected path inside a route that admits more people also covers its other spellings: [access.md](access.md#several-routes-that-overlap).",
    ],
    example: wiki({ "cfauth.path": "/api" }),
  },
  network: {
    notes: [
      "cloudflared has to be on that network as well. It must be a network that you created: on Docker's own networks (`bridge`, `host`, `none`) Docker resolves no names.",
    ],
    example: wiki({ "cfauth.network": "backend" }, { networks: ["backend"] }),
  },
  access: {
    notes: [
      "`public` is the only value that opens a whole route to anyone. cfauth refuses any `access.*` label together with it, because it is unclear which of the two is meant.",
      "A route with any `access.*` label is protected, whatever `CFAUTH_DEFAULT_ACCESS` says. With `CFAUTH_ALLOW_PUBLIC=false`, public routes are refused, and open ones close.",
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
      "The names of groups, exactly as in Authentik. A group that Authentik does not have keeps the route closed, and so does an empty list.",
      "Replaces `CFAUTH_DEFAULT_GROUPS`.",
    ],
    example: wiki({ "cfauth.access.groups": "family,admins" }),
  },
  "access.emails": {
    notes: [
      "Admits people who have one of these addresses in Authentik, after a login there. Together with groups it admits more people. Without any group, and without `CFAUTH_DEFAULT_GROUPS`, it admits only these.",
    ],
    example: wiki({ "cfauth.access.emails": "ann@example.com,@example.org" }),
  },
  "access.session": {
    notes: [
      "From `1m` to `30d`. With a shorter session, a person who was removed from a group loses access sooner.",
    ],
    example: wiki({ "cfauth.access.session": "7d" }),
  },
  "access.bypass": {
    notes: [
      "Each prefix and everything below it is open to anyone. Keep it narrow, and let the service check who calls. The rest of the hostname stays protected, in every spelling: cfauth blocks paths that an origin might read as leading out of the prefix.",
      "A prefix must be below the `path` of its route and applies to each of its hostnames. It has no tile in Authentik's library. With `CFAUTH_ALLOW_PUBLIC=false` it is refused.",
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
      "For rules that labels cannot express: a country, an address, a list of machines. People still log in with Authentik, the only login that cfauth's applications offer. Only policies with the action Allow or Service Auth are accepted; if two have the same name, write the id. A policy admits more people, never fewer.",
    ],
    example: wiki({ "cfauth.access.policies": "Friends" }),
  },
  "access.service-tokens": {
    notes: [
      "For machines, which send `CF-Access-Client-Id` and `CF-Access-Client-Secret`. `any` means every token of the account, including future ones.",
    ],
    example: wiki({ "cfauth.access.service-tokens": "backup" }),
  },
  "app.name": {
    notes: [
      "If the container has labels for [Homepage](https://gethomepage.dev), then `homepage.name`, `.icon`, `.description` and `.group` replace missing `app.*` labels of the unnamed route. They only change the tile: never who may enter, nor whether there is a route.",
    ],
    example: wiki({ "cfauth.app.name": "Family wiki" }),
  },
  "app.icon": {
    notes: [
      "The App Launcher shows only icons with an address. cfauth ignores icons that only Homepage knows (`wiki.png`, `mdi-book`, `si-…`).",
    ],
    example: wiki({ "cfauth.app.icon": "https://example.com/wiki.png" }),
  },
  "app.description": { notes: [], example: wiki({ "cfauth.app.description": "What we know" }) },
  "app.category": { notes: [], example: wiki({ "cfauth.app.category": "Home" }) },
  "app.hidden": {
    notes: [
      "This hides the tile but protects nothing: for people who know the address, `access` decides.",
    ],
    example: wiki({ "cfauth.app.hidden": "true" }),
  },
  "wait-healthy": {
    notes: [
      "`false` opens the route while the health check is starting or failing. In both cases an open route stays open when its container becomes unhealthy.",
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
      "Without it, foreign objects at the hostname are a conflict: cfauth reports them and leaves them as they are. With it, cfauth takes them over: they follow the labels, belong to cfauth from then on, and are deleted when the container is gone.",
      "It takes nothing from another container and never Authentik's hostname. An Access application that covers more than this route stays as it is: [access.md](access.md#taking-over-what-you-made-by-hand).",
    ],
    example: wiki({ "cfauth.adopt": "true" }),
  },
  "share-with": {
    notes: [
      "A hostname belongs to the project that holds it. Containers of other projects may route a path inside it, such as `wiki.example.com/blog`, only if a container of the holder has this label. The first container that asks for a free hostname makes its project the holder. The project keeps the hostname while it runs, and for the grace period after that. A free path goes to a container of the holder before one of another project.",
      "The names are those of Compose projects, as `docker compose ls` shows them. A container without a project has no such name: only `*` admits it.",
    ],
    example: wiki({ "cfauth.share-with": "blog,wiki" }),
  },
  "origin.*": {
    notes: [
      "cloudflared's own [options](https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/configure-tunnels/origin-parameters/), under their own names. `caPool` accepts only a file that the setting `CFAUTH_CA_POOLS` lists, with its path where cloudflared runs. If the file is missing there, cloudflared refuses every change of the rules, not only this route's.",
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
      "Write `cfauth.<route>.…`, where `<route>` is any name that is not itself a label. Each route has its own labels and inherits none. A path inside a public host may be protected: it opens first, and other spellings of it are closed.",
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
    title: "Who may enter: several labels",
    notes: [
      "Each of these labels admits more people: members of any group, people with any of the addresses, people whom a policy admits, and machines with one of the tokens. `access.bypass` is separate: its paths need no login.",
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
      "The container with the hostname (and the path, if any) of `AUTHENTIK_URL` is the login. Only Authentik's own container gets that hostname and its paths: the container that `AUTHENTIK_API_URL` leads to, or that `CFAUTH_AUTHENTIK_CONTAINER` names. Authentik cannot be behind its own login, so cfauth keeps it open, even with `CFAUTH_ALLOW_PUBLIC=false`, and warns about each label that asks for something else. Another hostname in the same label is protected as usual.",
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
  caPool: "a file, where cloudflared runs, with the CA certificates that may sign the origin's",
  connectTimeout: "how long to wait for a connection",
  disableChunkedEncoding: "no chunked request bodies, for WSGI servers",
  http2Origin: "HTTP/2 to the container",
  httpHostHeader: "the Host header that the container gets",
  keepAliveConnections: "idle connections to keep",
  keepAliveTimeout: "how long to keep idle connections",
  matchSNItoHost: "use the visitor's hostname as the server name in TLS",
  noHappyEyeballs: "no second attempt over the other IP version",
  noTLSVerify: "do not check the container's certificate",
  originServerName: "the name that the container's certificate must have",
  proxyType: "serve as a SOCKS proxy",
  tcpKeepAlive: "how often to check that the connection is alive",
  tlsTimeout: "how long to wait for the TLS handshake",
};
