/** A hostname stays with the party that holds it, and a path inside it needs its consent (T10 to T12). */
import { each, type Row } from "./row.ts";
import { type About, composed, container, type Scene, scene } from "./scene.ts";

const WIKI = "wiki.example.com";
const holder = (more: About = {}): ReturnType<typeof composed> =>
  composed("home", "wiki", {
    labels: { hostname: WIKI, "access.groups": "family" },
    created: 2_000,
    ...more,
  });
/** Older than the holder and valid, but it asked later. */
const rival = (labels: About["labels"] = {}): ReturnType<typeof composed> =>
  composed("other", "web", {
    labels: { hostname: WIKI, "access.groups": "admins", ...labels },
    created: 1_000,
  });

/** Has a public wildcard for the zone and asks for something else too. */
const wildcardAnd = (labels: About["labels"]): ReturnType<typeof composed> =>
  composed("other", "web", {
    labels: { "all.hostname": "*.example.com", "all.access": "public", ...labels },
  });

const OWN = "home-wiki-1 to the family";
const BLOG = { hostname: "blog.example.com", access: "public" };

const spoiled: readonly { readonly input: string; readonly spoil: (it: Scene) => Promise<void> }[] =
  [
    {
      input: "the group of the holder is renamed in Authentik",
      spoil: async (it) => {
        it.home.groups = ["admins", "relatives"];
        await it.up();
      },
    },
    {
      input: "a label of the holder is misspelled",
      spoil: (it) =>
        it.up(holder({ labels: { hostname: WIKI, "access.groups": "family", prot: "80" } })),
    },
    {
      input: "the holder's port is invalid",
      spoil: (it) =>
        it.up(holder({ labels: { hostname: WIKI, "access.groups": "family", port: "0" } })),
    },
    {
      input: "the holder names a group that does not exist",
      spoil: (it) => it.up(holder({ labels: { hostname: WIKI, "access.groups": "familly" } })),
    },
    {
      input: "the holder's service label points elsewhere",
      spoil: (it) =>
        it.up(
          holder({
            labels: { hostname: WIKI, "access.groups": "family", service: "http://nas.lan:80" },
          }),
        ),
    },
  ];

const T10: readonly Row[] = each(spoiled, ({ input, spoil }) => ({
  threat: "T10",
  input: `${input}, beside a rival`,
  outcome: async () => {
    const it = scene();
    await it.up(holder());
    await it.up(rival());
    await spoil(it);
    const spoilt = it.at(WIKI);
    await it.wait(3_600);
    const later = it.at(WIKI);
    it.home.groups = ["admins", "family"];
    await it.up(holder());
    return [
      spoilt.includes("other-web-1"),
      later.includes("other-web-1"),
      it.at(WIKI),
      it.problems("other-web-1"),
    ];
  },
  right: [false, false, OWN, ["CFA-HOST-TAKEN"]],
}));

const hidden: readonly (readonly [string, NonNullable<About["labels"]>])[] = [
  ["the label hostname of the holder is misspelled", { hostnam: WIKI }],
  ["the hostname of the holder is misspelled", { hostname: "wiki.exmple.com" }],
  ["the hostname of the holder has a comma instead of a dot", { hostname: "wiki.example,com" }],
];

const T10hidden: readonly Row[] = each(hidden, ([input, labels]) => ({
  threat: "T10",
  input: `${input}, beside a rival`,
  outcome: async () => {
    const it = scene();
    await it.up(holder());
    await it.up(rival());
    await it.up(holder({ labels, incarnation: 1 }));
    const spoilt = it.at(WIKI);
    await it.wait(3_600);
    const later = it.at(WIKI);
    await it.up(holder({ labels: { hostname: "docs.example.com" }, incarnation: 2 }));
    await it.wait(60);
    return [spoilt, later, it.at(WIKI), it.at("docs.example.com")];
  },
  right: ["nobody", "nobody", "other-web-1 to the admins", "home-wiki-1 to everyone who logs in"],
}));

const T11: readonly Row[] = [
  ...each(
    [{}, { CFAUTH_TARGET: "id" }],
    (settings): Row => ({
      threat: "T11",
      input: `a reboot after which the rival starts first (${JSON.stringify(settings)})`,
      outcome: async () => {
        const it = scene({ settings });
        await it.up(holder());
        await it.up(rival());
        await it.reboot(rival());
        const early = it.at(WIKI);
        await it.wait(200);
        const patient = it.at(WIKI);
        await it.up(holder());
        const back = it.at(WIKI);
        await it.wait(3_600);
        return [early, patient, back, it.at(WIKI)];
      },
      right: ["nobody", "nobody", OWN, OWN],
    }),
  ),
  ...each(
    [
      composed("other", "blog", { labels: BLOG }),
      container("stranger", { compose: { project: "other", service: "blog" }, labels: BLOG }),
      composed("other", "web", { labels: BLOG }),
    ],
    (stranger): Row => ({
      threat: "T11",
      input: `a reboot after which the rival ${stranger.name} starts first, with the service name ${stranger.aliases?.join()} like the holder's container`,
      outcome: async () => {
        const it = scene();
        const blog = container("blog", {
          labels: { hostname: "blog.example.com", "access.groups": "family" },
        });
        await it.up(blog);
        await it.reboot(composed("other", "blog"), stranger);
        await it.wait(200);
        const early = it.at("blog.example.com").includes("anyone");
        await it.up(blog);
        return [early, it.at("blog.example.com"), it.problems(stranger.name)];
      },
      right: [false, "blog to the family", ["CFA-HOST-TAKEN"]],
    }),
  ),
  {
    threat: "T11",
    input: "a reboot after which the replicas of the holder start one after another",
    outcome: async () => {
      const it = scene();
      const replica = (number: number) => ({
        ...holder(),
        name: `home-wiki-${number}`,
        created: 2_000 + number,
      });
      await it.up(replica(1), replica(2));
      const rules = it.home.world.ingress.rules;
      await it.reboot(replica(2));
      const [alone, waiting] = [it.at(WIKI), it.live];
      await it.up(replica(1));
      return [alone, waiting, it.at(WIKI), it.live, it.home.world.ingress.rules === rules];
    },
    right: [
      "home-wiki-2 to the family",
      [],
      "home-wiki-2 or home-wiki-1 to the family",
      [WIKI],
      true,
    ],
  },
  {
    threat: "T11",
    input: "one of two replicas that does not come back after a reboot",
    outcome: async () => {
      const it = scene();
      await it.up(holder(), { ...holder(), name: "home-wiki-2", created: 2_001 });
      await it.reboot(holder());
      await it.wait(3_600);
      return [it.at(WIKI), it.live];
    },
    right: [OWN, [WIKI]],
  },
  {
    threat: "T11",
    input: "a restart of cfauth while the holder is stopped",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(rival());
      await it.down("home-wiki-1");
      it.home.restart();
      await it.up();
      const early = it.at(WIKI);
      await it.up(holder());
      return [early, it.at(WIKI)];
    },
    right: ["nobody", OWN],
  },
  ...each(
    ["admins", "public"],
    (access): Row => ({
      threat: "T11",
      input: `a rival for ${access} that gets the hostname when the holder stays stopped`,
      outcome: async () => {
        const it = scene();
        await it.up(holder());
        const before = [...it.home.world.access.mine.values()].map(({ aud }) => aud);
        await it.up(rival(access === "public" ? { access, "access.groups": "" } : {}));
        await it.reboot(
          access === "public"
            ? composed("other", "web", { labels: { hostname: WIKI, access } })
            : rival(),
        );
        await it.wait(3_600);
        const after = [...it.home.world.access.mine.values()].map(({ aud }) => aud);
        return [it.at(WIKI), after.some((aud) => before.includes(aud))];
      },
      right: [access === "public" ? "other-web-1 to anyone" : "other-web-1 to the admins", false],
    }),
  ),
  {
    threat: "T11",
    input: "a session from before the hostname changed its holder",
    outcome: async () => {
      const it = scene();
      await it.up(holder({ labels: { hostname: WIKI } }));
      await it.up(rival());
      await it.down("home-wiki-1");
      await it.wait(3_600);
      return it.at(WIKI);
    },
    right: "other-web-1 to the admins",
  },
];

const guests: readonly {
  readonly input: string;
  readonly labels: About["labels"];
  readonly place: string;
}[] = [
  {
    input: "a public path",
    labels: { hostname: WIKI, path: "/login", access: "public" },
    place: `${WIKI}/login`,
  },
  {
    input: "a protected path",
    labels: { hostname: WIKI, path: "/api", "access.groups": "admins" },
    place: `${WIKI}/api`,
  },
  {
    input: "a path on a named route",
    labels: { "x.hostname": WIKI, "x.path": "/login", "x.access": "public" },
    place: `${WIKI}/login`,
  },
  {
    input: "a path without a login below a path",
    labels: { hostname: WIKI, path: "/a", "access.bypass": "/a/login" },
    place: `${WIKI}/a/login`,
  },
  {
    input: "a path of a wildcard",
    labels: { hostname: "*.example.com", path: "/login", access: "public" },
    place: `${WIKI}/login`,
  },
  {
    input: "the path with adopt",
    labels: { hostname: WIKI, path: "/login", access: "public", adopt: "true" },
    place: `${WIKI}/login`,
  },
];

const T12: readonly Row[] = [
  ...each(
    guests,
    ({ input, labels, place }): Row => ({
      threat: "T12",
      input: `${input} inside the hostname of another project`,
      outcome: async () => {
        const it = scene();
        await it.up(holder());
        await it.up(composed("other", "web", { labels: labels ?? {} }));
        return it.at(place);
      },
      right: OWN,
    }),
  ),
  {
    threat: "T12",
    input: "a guest without consent is reported",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(
        composed("other", "web", { labels: { hostname: WIKI, path: "/login", access: "public" } }),
      );
      return it.problems("other-web-1").length > 0;
    },
    right: true,
  },
  ...each(
    ["other", "*", "else,other"],
    (shareWith): Row => ({
      threat: "T12",
      input: `a path with the holder's share-with=${shareWith}, and then without it`,
      outcome: async () => {
        const it = scene();
        const shared = { hostname: WIKI, "access.groups": "family", "share-with": shareWith };
        await it.up(holder({ labels: shared }));
        await it.up(
          composed("other", "web", {
            labels: { hostname: WIKI, path: "/login", access: "public" },
          }),
        );
        const open = [it.at(`${WIKI}/login`), it.at(WIKI), it.problems("other-web-1")];
        await it.up(holder());
        return [...open, it.at(`${WIKI}/login`)];
      },
      right: ["other-web-1 to anyone", OWN, [], OWN],
    }),
  ),
  {
    threat: "T12",
    input: "consent given to another project than the guest's",
    outcome: async () => {
      const it = scene();
      await it.up(
        holder({
          labels: { hostname: WIKI, "access.groups": "family", "share-with": "others,othe" },
        }),
      );
      await it.up(
        composed("other", "web", { labels: { hostname: WIKI, path: "/login", access: "public" } }),
      );
      return it.at(`${WIKI}/login`);
    },
    right: OWN,
  },
  {
    threat: "T12",
    input: "consent that the guest gives itself",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      const labels = { hostname: WIKI, path: "/login", access: "public", "share-with": "*" };
      await it.up(composed("other", "web", { labels }));
      return it.at(`${WIKI}/login`);
    },
    right: OWN,
  },
  {
    threat: "T12",
    input: "a path of another service of the same project",
    outcome: async () => {
      const it = scene();
      await it.up(
        holder(),
        composed("home", "login", { labels: { hostname: WIKI, path: "/login", access: "public" } }),
      );
      return [it.at(WIKI), it.at(`${WIKI}/login`)];
    },
    right: [OWN, "home-login-1 to anyone"],
  },
  {
    threat: "T12",
    input: "a single container called like the project that the holder shares with",
    outcome: async () => {
      const it = scene();
      await it.up(
        holder({ labels: { hostname: WIKI, "access.groups": "family", "share-with": "other" } }),
      );
      await it.up(
        container("other", { labels: { hostname: WIKI, path: "/login", access: "public" } }),
      );
      return it.at(`${WIKI}/login`);
    },
    right: OWN,
  },
];

/** What another party does with a hostname within a wildcard changes nothing for the rest of the wildcard. */
const wildcards: readonly Row[] = [
  {
    threat: "T11",
    input: "a wildcard of a party that also asks for a hostname in it that another party holds",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(
        composed("other", "web", {
          labels: {
            "all.hostname": "*.example.com",
            "all.access": "public",
            "one.hostname": WIKI,
            "one.access.groups": "admins",
          },
        }),
      );
      return [it.at("x.example.com"), it.at(WIKI)];
    },
    right: ["other-web-1 to anyone", OWN],
  },
  {
    threat: "T12",
    input:
      "a wildcard of a party that also asks for a path of a hostname in it that another party holds",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(
        composed("other", "web", {
          labels: {
            "all.hostname": "*.example.com",
            "all.access": "public",
            "one.hostname": WIKI,
            "one.path": "/api",
            "one.access.groups": "admins",
          },
        }),
      );
      return [it.at("x.example.com"), it.at(`${WIKI}/api`)];
    },
    right: ["other-web-1 to anyone", OWN],
  },
  {
    threat: "T12",
    input:
      "a wildcard of a party that also asks for a whole hostname in it that another party has made public",
    outcome: async () => {
      const it = scene();
      await it.up(holder({ labels: { hostname: WIKI, access: "public" } }));
      await it.up(wildcardAnd({ "one.hostname": WIKI, "one.access.groups": "admins" }));
      return [it.at("x.example.com"), it.at(WIKI)];
    },
    right: ["other-web-1 to anyone", "home-wiki-1 to anyone"],
  },
  {
    threat: "T12",
    input:
      "a wildcard of a party that also asks for a path of a hostname of which another party holds only another path",
    outcome: async () => {
      const it = scene();
      await it.up(holder({ labels: { hostname: WIKI, path: "/login", access: "public" } }));
      await it.up(
        wildcardAnd({ "one.hostname": WIKI, "one.path": "/api", "one.access.groups": "admins" }),
      );
      return [it.at("x.example.com"), it.at(`${WIKI}/api`), it.at(WIKI), it.at(`${WIKI}/login`)];
    },
    right: ["other-web-1 to anyone", "nobody", "nobody", "home-wiki-1 to anyone"],
  },
  {
    threat: "T12",
    input:
      "a released hostname under another party's public wildcard, when that party's own labels for it are invalid",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(wildcardAnd({ "one.hostname": WIKI, "one.access.groups": "adminns" }));
      await it.down("home-wiki-1");
      await it.wait(400);
      return [it.at("x.example.com"), it.at(WIKI)];
    },
    right: ["other-web-1 to anyone", "nobody"],
  },
  {
    threat: "T12",
    input:
      "a released hostname under another party's public wildcard that asks for a path of it with invalid labels",
    outcome: async () => {
      const it = scene();
      await it.up(holder());
      await it.up(
        wildcardAnd({ "one.hostname": WIKI, "one.path": "/api", "one.access.groups": "adminns" }),
      );
      await it.down("home-wiki-1");
      await it.wait(400);
      const stranger = container("home-wiki-1", { owner: "stranger" });
      await it.up(stranger);
      return [it.at("x.example.com"), it.at(`${WIKI}/api`), it.at(WIKI)];
    },
    right: ["other-web-1 to anyone", "nobody", "nobody"],
  },
  {
    threat: "T11",
    input:
      "a released hostname that another container asks for, below the wildcard of a third party",
    outcome: async () => {
      const it = scene();
      await it.up(
        composed("other", "web", { labels: { hostname: "*.example.com", access: "public" } }),
      );
      await it.up(holder());
      await it.up(
        holder({
          incarnation: 1,
          labels: { hostname: "blog.example.com", "access.groups": "family" },
        }),
      );
      await it.up(
        composed("third", "web", { labels: { hostname: WIKI, "access.groups": "admins" } }),
      );
      return it.at(WIKI).includes("other-web-1");
    },
    right: false,
  },
];

const restarts: readonly Row[] = [
  {
    threat: "T12",
    input: "a restart of cfauth when holder and guest both have only paths",
    outcome: async () => {
      const it = scene();
      await it.up(
        container("nas", {
          labels: { hostname: WIKI, path: "/api", access: "public", "share-with": "home" },
        }),
      );
      await it.up(
        composed("home", "login", { labels: { hostname: WIKI, path: "/login", access: "public" } }),
      );
      it.home.restart();
      await it.up();
      return [it.at(`${WIKI}/api`), it.at(`${WIKI}/login`)];
    },
    right: ["nas to anyone", "home-login-1 to anyone"],
  },
  ...each(
    [{}, { CFAUTH_TARGET: "id" }],
    (settings): Row => ({
      threat: "T12",
      input: `a container that moves to another path of its hostname, without a rival (${JSON.stringify(settings)})`,
      outcome: async () => {
        const it = scene({ settings });
        await it.up(
          container("nas", { labels: { hostname: WIKI, path: "/app", access: "public" } }),
        );
        await it.up(
          container("nas", {
            incarnation: 1,
            labels: { hostname: WIKI, path: "/login", "access.groups": "family" },
          }),
        );
        return it.at(`${WIKI}/login`);
      },
      right: "nas to the family",
    }),
  ),
];

export const TENURE_ROWS = [...T10, ...T10hidden, ...T11, ...T12, ...wildcards, ...restarts];
