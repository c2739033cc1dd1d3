/** Authentik's own hostname belongs to Authentik's own container (T1, T2). */
import type { Row } from "./row.ts";
import { type About, authentik, composed, container, scene } from "./scene.ts";

const AUTH = "auth.example.com";
const JWKS = "/application/o/cf-tunnel-access/jwks";
const OWN = "authentik-authentik-server-1 to anyone";

/** Authentik runs with or without a route, and a hostile container asks for a part of its hostname. */
const claiming = async (labels: About["labels"], path: string, more: About = {}, routed = true) => {
  const it = scene({
    settings: more.others === undefined ? {} : { CFAUTH_READ_LABELS: "dockflare" },
  });
  await it.up(
    authentik(routed ? undefined : {}),
    container("evil", { labels: labels ?? {}, ...more }),
  );
  return { answers: it.at(`${AUTH}${path}`), problems: it.problems("evil") };
};

const claims: readonly {
  readonly input: string;
  readonly labels: About["labels"];
  readonly path: string;
  readonly more?: About;
}[] = [
  {
    input: "a public path to the keys",
    labels: { hostname: AUTH, path: JWKS, access: "public" },
    path: JWKS,
  },
  {
    input: "a public path to the tokens",
    labels: { hostname: AUTH, path: "/application/o/token", access: "public" },
    path: "/application/o/token/",
  },
  {
    input: "a public path to the login page",
    labels: { hostname: AUTH, path: "/if/flow", access: "public" },
    path: "/if/flow/x",
  },
  {
    input: "a protected path",
    labels: { hostname: AUTH, path: JWKS, "access.groups": "family" },
    path: JWKS,
  },
  {
    input: "a path without a login below a protected one",
    labels: { hostname: AUTH, path: "/application", "access.bypass": "/application/o" },
    path: JWKS,
  },
  {
    input: "the name in capitals with a trailing dot",
    labels: { hostname: "AUTH.Example.com.", path: JWKS, access: "public" },
    path: JWKS,
  },
  {
    input: "the name with the full stops of another script",
    labels: { hostname: "auth。example．com", path: JWKS, access: "public" },
    path: JWKS,
  },
  {
    input: "the bare name that CFAUTH_DOMAIN completes",
    labels: { hostname: "auth", path: JWKS, access: "public" },
    path: JWKS,
  },
  {
    input: "the name in a list of hostnames",
    labels: { hostname: `evil.example.com, ${AUTH}`, path: JWKS, access: "public" },
    path: JWKS,
  },
  {
    input: "the name on a named route",
    labels: { "x.hostname": AUTH, "x.path": JWKS, "x.access": "public" },
    path: JWKS,
  },
  { input: "the whole name", labels: { hostname: AUTH }, path: "/" },
  { input: "the whole name with adopt", labels: { hostname: AUTH, adopt: "true" }, path: "/" },
  {
    input: "the whole name with the labels of another tool",
    labels: {},
    path: "/",
    more: {
      others: {
        "dockflare.enable": "true",
        "dockflare.hostname": AUTH,
        "dockflare.service": "http://evil:80",
      },
    },
  },
];

const T1: readonly Row[] = [
  ...claims.flatMap(({ input, labels, path, more }): readonly Row[] => [
    {
      threat: "T1",
      input: `${input}, of Authentik's hostname`,
      outcome: () => claiming(labels, path, more),
      right: { answers: OWN, problems: ["CFA-AK-OWN-HOST"] },
    },
    {
      threat: "T1",
      input: `${input}, of Authentik's hostname, while Authentik has no route here`,
      outcome: () => claiming(labels, path, more, false),
      right: { answers: "nobody", problems: ["CFA-AK-OWN-HOST"] },
    },
  ]),
  ...["*.example.com", "*.example.com/application"].flatMap((place): readonly Row[] => {
    const [hostname = "", ...path] = place.split("/");
    const labels = {
      hostname,
      ...(path.length > 0 && { path: `/${path.join("/")}` }),
      access: "public",
    };
    return [
      {
        threat: "T1",
        input: `a public wildcard ${place} over Authentik's hostname`,
        outcome: async () => (await claiming(labels, JWKS)).answers,
        right: OWN,
      },
      {
        threat: "T1",
        input: `a public wildcard ${place} over Authentik's hostname, while Authentik has no route here`,
        outcome: async () => (await claiming(labels, JWKS, {}, false)).answers,
        right: "nobody",
      },
    ];
  }),
  {
    threat: "T1",
    input: "a path of Authentik's hostname when Authentik does not run in this engine",
    outcome: async () => {
      const it = scene({ settings: { AUTHENTIK_API_URL: "https://auth.example.com" } });
      await it.up(container("evil", { labels: { hostname: AUTH, path: JWKS, access: "public" } }));
      return { answers: it.at(`${AUTH}${JWKS}`), problems: it.problems("evil") };
    },
    right: { answers: "nobody", problems: ["CFA-AK-OWN-HOST"] },
  },
  {
    threat: "T1",
    input: "a container that copies the Compose labels of Authentik's container",
    outcome: async () => {
      const it = scene({
        settings: { CFAUTH_AUTHENTIK_CONTAINER: "authentik-authentik-server-1" },
      });
      const compose = { project: "authentik", service: "authentik-server" };
      await it.up(
        authentik(),
        container("evil", {
          compose,
          owner: "evil",
          aliases: [],
          labels: { hostname: AUTH, path: JWKS, access: "public" },
        }),
      );
      return it.at(`${AUTH}${JWKS}`);
    },
    right: OWN,
  },
  ...["container_name", "Compose service"].map(
    (kind): Row => ({
      threat: "T1",
      input: `a container of another project that has the name in AUTHENTIK_API_URL as its ${kind}`,
      outcome: async () => {
        const it = scene();
        const labels = { hostname: AUTH, path: JWKS, access: "public" };
        const evil =
          kind === "container_name"
            ? container("authentik-server", { labels })
            : composed("evil", "authentik-server", { labels });
        await it.up(authentik());
        await it.up(evil);
        await it.down("authentik-authentik-server-1");
        const away = it.at(`${AUTH}${JWKS}`);
        await it.up(authentik());
        return [away, it.at(`${AUTH}${JWKS}`).includes(`${evil.name} to`)];
      },
      right: ["nobody", false],
    }),
  ),
  {
    threat: "T1",
    input: "Authentik's own container asks for a protected path of its hostname",
    outcome: async () => {
      const it = scene();
      await it.up(
        authentik({
          "login.hostname": AUTH,
          "admin.hostname": AUTH,
          "admin.path": "/if/admin",
          "admin.access.groups": "admins",
        }),
      );
      return [it.at(AUTH), it.at(`${AUTH}/if/admin`), it.problems("authentik-authentik-server-1")];
    },
    right: [OWN, "authentik-authentik-server-1 to the admins", []],
  },
];

const RIVAL = { labels: { hostname: AUTH } };
const ADOPTING = { labels: { hostname: AUTH, adopt: "true" } };

const T2: readonly Row[] = [
  ...[
    { input: "", settings: {}, rival: RIVAL },
    {
      input: ", when nothing may be public",
      settings: { CFAUTH_ALLOW_PUBLIC: "false" },
      rival: RIVAL,
    },
    { input: ", with adopt", settings: {}, rival: ADOPTING },
    { input: ", by short id", settings: { CFAUTH_TARGET: "id" }, rival: RIVAL },
  ].flatMap(({ input, settings, rival }): readonly Row[] => [
    {
      threat: "T2",
      input: `a rival while Authentik is stopped for longer than its grace period${input}`,
      outcome: async () => {
        const it = scene({ settings });
        const own = authentik();
        await it.up(own, container("rival", rival));
        await it.down(own.name);
        await it.wait(120);
        const away = it.at(AUTH);
        await it.wait(3_600);
        const late = it.at(AUTH);
        await it.up(own);
        return [away, late, it.at(AUTH), it.problems("rival")];
      },
      right: ["nobody", "nobody", OWN, ["CFA-AK-OWN-HOST"]],
    },
    {
      threat: "T2",
      input: `a rival that starts before Authentik after a reboot${input}`,
      outcome: async () => {
        const it = scene({ settings });
        const own = authentik();
        await it.up(own);
        await it.reboot(container("rival", rival));
        const early = it.at(AUTH);
        await it.wait(3_600);
        const late = it.at(AUTH);
        await it.up(own);
        return [early, late, it.at(AUTH)];
      },
      right: ["nobody", "nobody", OWN],
    },
    {
      threat: "T2",
      input: `a rival of an Authentik that never had a route here${input}`,
      outcome: async () => {
        const it = scene({ settings });
        await it.up(container("rival", rival));
        await it.wait(3_600);
        return [it.at(AUTH), it.problems("rival")];
      },
      right: ["nobody", ["CFA-AK-OWN-HOST"]],
    },
  ]),
  {
    threat: "T2",
    input: "a rival that already has the hostname when the setting names another container",
    outcome: async () => {
      const before = scene({ settings: { CFAUTH_AUTHENTIK_CONTAINER: "rival" } });
      const rival = container("rival", RIVAL);
      await before.up(rival, authentik());
      const it = scene({ world: before.home.world });
      await it.up(rival, authentik());
      return [before.at(AUTH), it.at(AUTH), it.problems("rival")];
    },
    right: ["rival to anyone", OWN, ["CFA-AK-OWN-HOST"]],
  },
];

export const AUTHENTIK_ROWS = [...T1, ...T2];
