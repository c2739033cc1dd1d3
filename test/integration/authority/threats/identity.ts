/** Identity comes from the engine, not from labels (T3 to T7, T9). */
import { addressOf, type Container, shortIdOf } from "../../../unit/authority/engine.ts";
import type { Row } from "./row.ts";
import { type About, composed, container, type Scene, type SceneOptions, scene } from "./scene.ts";

/** The result for a container whose `service` points somewhere, with Compose labels that claim the name of that place. */
const pointing = async (service: string, called: string): Promise<unknown> => {
  const it = scene();
  await it.up(
    container("neighbour", { networks: ["tunnel", "private"] }),
    container("it", {
      compose: { project: "p", service: called },
      owner: "it",
      aliases: [],
      labels: { hostname: "app.example.com", access: "public", service },
    }),
  );
  return [it.at("app.example.com"), it.problems("it").length > 0];
};

const T3: readonly Row[] = [
  ["http://nas.lan:80", "nas.lan"],
  ["http://NAS.lan:80", "NAS.lan"],
  ["http://nas.lan.:80", "nas.lan."],
  ["http://host.docker.internal:2375", "host.docker.internal"],
  ["http://gateway.docker.internal:80", "gateway.docker.internal"],
  ["http://localhost:80", "localhost"],
  ["http://127.0.0.1:80", "127.0.0.1"],
  ["http://127.1:80", "127.1"],
  ["http://2130706433:80", "2130706433"],
  ["http://0x7f000001:80", "0x7f000001"],
  ["http://0177.0.0.1:80", "0177.0.0.1"],
  ["http://192.168.1.1:80", "192.168.1.1"],
  ["http://[::1]:80", "::1"],
  ["http://[::1]:80", "[::1]"],
  ["http://[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1"],
  ["http://u:p@nas.lan:80", "u:p@nas.lan"],
  ["http://u@nas.lan:80", "nas.lan"],
  ["http://neighbour:80", "neighbour"],
  ["http://neighbour.tunnel:80", "neighbour.tunnel"],
  ["http://neighbour.private:80", "neighbour.private"],
  [
    `http://${addressOf({ name: "neighbour" }, "tunnel")}:80`,
    addressOf({ name: "neighbour" }, "tunnel"),
  ],
  ["http://router:80", "router"],
].map(([service = "", called = ""]) => ({
  threat: "T3",
  input: `service=${service} on a container with the name ${called} in its Compose label`,
  outcome: () => pointing(service, called),
  right: ["nobody", true],
}));

const itself: readonly Row[] = ["http://it:80", "http://it.tunnel:80", "http://IT:80"].map(
  (service) => ({
    threat: "T3",
    input: `service=${service} on the container of that name`,
    outcome: async () => {
      const it = scene();
      await it.up(
        container("it", { labels: { hostname: "app.example.com", access: "public", service } }),
      );
      return [it.at("app.example.com"), it.problems("it")];
    },
    right: ["it to anyone", []],
  }),
);

const defaultName: Row = {
  threat: "T3",
  input: "a Compose label with the name nas.lan and no service label",
  outcome: async () => {
    const it = scene();
    const compose = { project: "p", service: "nas.lan" };
    await it.up(
      container("it", {
        compose,
        owner: "it",
        aliases: [],
        labels: { hostname: "app.example.com", access: "public" },
      }),
    );
    return it.at("app.example.com");
  },
  right: "it to anyone",
};

const T4: readonly Row[] = ["bridge", "host", "none", "ingress"].map((network) => ({
  threat: "T4",
  input: `the label network=${network} on a container called router`,
  outcome: async () => {
    const it = scene();
    await it.up(
      container("router", {
        networks: [network],
        labels: { hostname: "app.example.com", access: "public", network },
      }),
    );
    return [it.at("app.example.com"), it.problems("router").length > 0];
  },
  right: ["nobody", true],
}));

const stopped = async (
  name: string,
  settings: Readonly<Record<string, string>>,
  about: About = {},
): Promise<unknown> => {
  const it = scene({ settings });
  await it.up(
    container(name, { labels: { hostname: "app.example.com", access: "public" }, ...about }),
  );
  const before = it.at("app.example.com");
  await it.down(name);
  const within = it.at("app.example.com");
  await it.up(
    container(name, {
      labels: { hostname: "app.example.com", access: "public" },
      incarnation: 1,
      ...about,
    }),
  );
  return [before, within, it.at("app.example.com")];
};

const T5: readonly Row[] = [
  { name: "nas", settings: {} },
  { name: "nas.lan", settings: {} },
  { name: "Router", settings: {} },
  { name: "nas", settings: { CFAUTH_TARGET: "id" } },
  { name: "nas", settings: { CFAUTH_NETWORK: "edge,tunnel" }, about: { networks: ["edge"] } },
].map(({ name, settings, about }) => ({
  threat: "T5",
  input: `a container called ${name} that stops and comes back within its grace period (${JSON.stringify(settings)})`,
  outcome: () => stopped(name, settings, about),
  right: [`${name} to anyone`, "nobody", `${name} to anyone`],
}));

const WEB: About = { labels: { hostname: "web.example.com", "access.groups": "family" } };

const beside = async (stranger: Container, options: SceneOptions): Promise<unknown> => {
  const it = scene(options);
  const web = container("web", WEB);
  await it.up(web);
  await it.up(stranger);
  const together = it.at("web.example.com");
  await it.down("web");
  const away = it.at("web.example.com");
  await it.up({ ...web, incarnation: 1 });
  const back = it.at("web.example.com");
  await it.reboot(stranger, { ...web, incarnation: 1 });
  return [together, away, back, it.at("web.example.com"), it.problems("web")];
};

interface HiddenCase {
  readonly input: string;
  readonly stranger: Container;
  readonly settings: Readonly<Record<string, string>>;
  readonly attached?: boolean;
}

/** Names that only Docker's DNS shows, when cfauth can ask it. */
const hidden = [
  { input: "an alias web", aliases: ["web"], networks: ["tunnel"] },
  { input: "an alias web.tunnel", aliases: ["web.tunnel"], networks: ["tunnel"] },
  {
    input: "an alias web.tunnel on another network of cloudflared",
    aliases: ["web.tunnel"],
    networks: ["edge"],
  },
  { input: "an alias WEB.Tunnel", aliases: ["WEB.tunnel"], networks: ["tunnel"] },
  {
    input: "the short id and the name as aliases",
    aliases: [shortIdOf(container("web")), "web.tunnel"],
    networks: ["tunnel"],
  },
].map(({ input, aliases, networks }) => ({
  input: `${input} that only Docker's DNS shows`,
  stranger: container("x", { aliases, networks }),
  settings: {},
  attached: true,
}));

const T7: readonly Row[] = [
  {
    input: "an unlabelled container whose Compose service is called web",
    stranger: composed("other", "web"),
    settings: {},
  },
  {
    input: "a Compose service called web.tunnel",
    stranger: composed("other", "web.tunnel"),
    settings: {},
  },
  { input: "a container called web.tunnel", stranger: container("web.tunnel"), settings: {} },
  { input: "a Compose service called WEB", stranger: composed("other", "WEB"), settings: {} },
  {
    input: "a container with web in its Compose label although no such service was started",
    stranger: container("x", { compose: { project: "other", service: "web" }, aliases: [] }),
    settings: {},
  },
  ...hidden,
  {
    input: "a hidden alias web, with CFAUTH_TARGET=id",
    stranger: container("x", { aliases: ["web"] }),
    settings: { CFAUTH_TARGET: "id" },
  },
  {
    input: "a hidden alias web.tunnel, with CFAUTH_TARGET=id",
    stranger: container("x", { aliases: ["web.tunnel"] }),
    settings: { CFAUTH_TARGET: "id" },
  },
].map(({ input, stranger, settings, attached = false }: HiddenCase) => ({
  threat: "T7",
  input: `${input} beside a routed container web`,
  outcome: () => beside(stranger, { settings, attached }),
  right: ["web to the family", "nobody", "web to the family", "web to the family", []],
}));

const idIsCertain: Row = {
  threat: "T7",
  input: "CFAUTH_TARGET=id on a container without other containers",
  outcome: async () => {
    const it = scene({ settings: { CFAUTH_TARGET: "id" } });
    const web = container("web", WEB);
    await it.up(web);
    const services = it.home.world.ingress.rules.map(({ service }) => service);
    return services.some((service) => service.includes(shortIdOf(web)));
  },
  right: true,
};

const WIKI: About = { labels: { hostname: "wiki.example.com", "access.groups": "family" } };

/** A container of another project with the Compose labels of home's wiki, started before, during or after its restart. */
const copied = async (copy: About, order: "older" | "younger" | "meanwhile"): Promise<unknown> => {
  const it = scene();
  const wiki = composed("home", "wiki", { ...WIKI, created: 1_000 });
  const evil = container("evil", {
    compose: { project: "home", service: "wiki" },
    owner: "evil",
    aliases: [],
    created: order === "older" ? 900 : 1_100,
    ...WIKI,
    ...copy,
  });
  await it.up(wiki);
  if (order === "meanwhile") await it.down(wiki.name);
  await it.up(evil);
  const beside = it.at("wiki.example.com");
  await it.down(wiki.name);
  const away = it.at("wiki.example.com");
  await it.up({ ...wiki, incarnation: 1 });
  const back = it.at("wiki.example.com");
  await it.wait(600);
  return [beside, away, back, it.at("wiki.example.com"), it.problems("evil")];
};

const OWN = "home-wiki-1 to the family";

const T9: readonly Row[] = [
  { input: "copies of all labels", copy: {}, order: "younger" as const, beside: OWN },
  {
    input: "copies of all labels on an older container",
    copy: {},
    order: "older" as const,
    beside: OWN,
  },
  {
    input: "copies of all labels, started while the real container restarts",
    copy: {},
    order: "meanwhile" as const,
    beside: "nobody",
  },
  {
    input: "copies of the Compose labels together with public access",
    copy: { labels: { hostname: "wiki.example.com", access: "public" } },
    order: "younger" as const,
    beside: OWN,
  },
  {
    input: "copies of all labels and a name that resembles Compose's",
    copy: { name: "wiki-1" },
    order: "younger" as const,
    beside: OWN,
  },
].map(({ input, copy, order, beside: first }) => ({
  threat: "T9",
  input: `${input} of home's wiki on a container of another project`,
  outcome: async () => {
    const all = (await copied(copy, order)) as readonly unknown[];
    return all.slice(0, 4);
  },
  right: [first, "nobody", OWN, OWN],
}));

const reported: Row = {
  threat: "T9",
  input: "a copy of another project's labels is reported as a rival",
  outcome: async () => ((await copied({}, "younger")) as readonly unknown[])[4],
  right: ["CFA-HOST-TAKEN"],
};

const replicas: Row = {
  threat: "T9",
  input: "two replicas as Compose names them",
  outcome: async () => {
    const it = scene();
    const two = [1, 2].map((at) => composed("home", "wiki", { ...WIKI, name: `home-wiki-${at}` }));
    await it.up(...two);
    const both = [
      it.at("wiki.example.com").endsWith("to the family"),
      it.problems("home-wiki-1"),
      it.problems("home-wiki-2"),
    ];
    await it.down("home-wiki-1");
    return [...both, it.at("wiki.example.com")];
  },
  right: [true, [], [], "home-wiki-2 to the family"],
};

const FAULTY: About = { labels: { hostname: "nas.example.com", prot: "80" } };

/** A route whose labels have become invalid stays as it is and avoids a stranger that takes the container's name. */
const faultyBeside: readonly Row[] = [
  { input: "a Compose service called nas", stranger: composed("evil", "nas"), attached: false },
  {
    input: "an alias nas that only Docker's DNS shows",
    stranger: container("x", { aliases: ["nas"] }),
    attached: true,
  },
  { input: "a container called nas.tunnel", stranger: container("nas.tunnel"), attached: false },
  {
    input: "a container NAS with nas.tunnel in its Compose label",
    stranger: composed("evil", "nas.tunnel", { name: "NAS" }),
    attached: false,
  },
  {
    input: "an alias nas.tunnel on another network of cloudflared",
    stranger: container("x", { aliases: ["nas.tunnel"], networks: ["edge"] }),
    attached: true,
  },
  {
    input: "a container called nas.tunnel on another network",
    stranger: container("nas.tunnel", { networks: ["edge"] }),
    attached: false,
  },
].map(({ input, stranger, attached }) => ({
  threat: "T7",
  input: `${input} beside a container nas whose labels have become invalid`,
  outcome: async () => {
    const it = scene({ attached });
    await it.up(container("nas", { labels: { hostname: "nas.example.com" } }));
    await it.up(container("nas", FAULTY));
    await it.up(stranger);
    return it.at("nas.example.com");
  },
  right: "nas to everyone who logs in",
}));

/** The labels of nas before and after they became invalid, and their outcome beside a stranger called nas.tunnel. */
const faults: readonly Row[] = [
  { fault: "a port that is none", sound: { port: "8080" }, faulty: { port: "8o8o" } },
  {
    fault: "a group that was renamed",
    sound: { "access.groups": "family" },
    faulty: { "access.groups": "families" },
  },
  { fault: "a network that does not exist", sound: {}, faulty: { network: "tunel" } },
  {
    fault: "an origin option that does not exist",
    sound: { "origin.noTLSVerify": "true" },
    faulty: { "origin.noTlsverify": "yes" },
  },
  {
    fault: "a typo beside access=public",
    sound: { access: "public" },
    faulty: { access: "public", prot: "80" },
  },
  {
    fault: "a typo beside a service label for itself",
    sound: { service: "http://nas:80" },
    faulty: { service: "http://nas:80", prot: "80" },
  },
].map(({ fault, sound, faulty }) => ({
  threat: "T7",
  input: `a container called nas.tunnel beside a container nas with ${fault}`,
  outcome: async () => {
    const it = scene();
    const hostname = "nas.example.com, files.example.com";
    const seen: unknown[] = [];
    const look = () => seen.push([it.at("nas.example.com"), it.at("files.example.com"), shape(it)]);
    await it.up(
      container("nas", { labels: { hostname, ...sound } as Readonly<Record<string, string>> }),
    );
    look();
    await it.up(
      container("nas", { labels: { hostname, ...faulty } as Readonly<Record<string, string>> }),
    );
    await it.up(container("nas.tunnel"));
    look();
    await it.up(
      container("nas", {
        labels: { hostname, ...faulty } as Readonly<Record<string, string>>,
        incarnation: 1,
      }),
    );
    look();
    return [
      seen.every((one) => JSON.stringify(one) === JSON.stringify(seen[0])),
      it.at("nas.example.com").startsWith("nas to"),
    ];
  },
  right: [true, true],
}));

/** The tunnel's rules without the host that they lead to. */
const shape = ({ home }: Scene): unknown =>
  home.world.ingress.rules.map(({ service, ...rest }) => ({
    ...rest,
    service: service.replace(/^(http:\/\/)[^:]+(:\d+)$/, "$1$2"),
  }));

const NAS: About = { labels: { hostname: "nas.example.com" } };
const STRANGER = container("nas.tunnel");

/** The events for both containers, in order. */
const held: readonly Row[] = [
  {
    input: "nas stops and is within its grace period",
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      await it.down("nas");
    },
    right: "nobody",
  },
  {
    input: "nas stops first and nas.tunnel starts within the grace period",
    steps: async (it: Scene) => {
      await it.down("nas");
      await it.up(STRANGER);
    },
    right: "nobody",
  },
  {
    input: "nas stops and comes back within its grace period with the same invalid labels",
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      await it.down("nas");
      await it.up(container("nas", { ...FAULTY, incarnation: 1 }));
    },
    right: "nas to everyone who logs in",
  },
  {
    input: "nas.tunnel ran before the labels became invalid",
    before: STRANGER,
    steps: async (it: Scene) => await it.up(container("nas", { ...FAULTY, incarnation: 1 })),
    right: "nas to everyone who logs in",
  },
  {
    input: "cfauth restarts",
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      it.home.restart();
      await it.wait(600);
    },
    right: "nas to everyone who logs in",
  },
  {
    input: "nas.tunnel asks for the hostname with valid labels",
    steps: async (it: Scene) =>
      await it.up(
        container("nas.tunnel", { labels: { hostname: "nas.example.com", access: "public" } }),
      ),
    right: "nas to everyone who logs in",
  },
  {
    input: "nas.tunnel asks for the hostname with valid labels and starts while cfauth is stopped",
    steps: async (it: Scene) => {
      it.home.restart();
      await it.up(
        container("nas.tunnel", { labels: { hostname: "nas.example.com", access: "public" } }),
      );
      await it.wait(600);
    },
    right: "nas to everyone who logs in",
  },
  {
    input: "nas.tunnel stops and the labels are corrected",
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      await it.down(STRANGER.name);
      await it.up(container("nas", NAS));
    },
    right: "nas to everyone who logs in",
  },
  {
    input: "nas is recreated with CFAUTH_TARGET=id",
    settings: { CFAUTH_TARGET: "id" },
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      await it.up(container("nas", { ...FAULTY, incarnation: 1 }));
    },
    right: "nas to everyone who logs in",
  },
  {
    input: "CFAUTH_TARGET=ip",
    settings: { CFAUTH_TARGET: "ip" },
    steps: async (it: Scene) => {
      await it.up(STRANGER);
      await it.up(container("nas", { ...FAULTY, incarnation: 1 }));
    },
    right: "nas to everyone who logs in",
  },
].map(({ input, steps, settings = {}, before, right }: HeldCase) => ({
  threat: "T7",
  input: `a container called nas.tunnel beside a container nas with invalid labels: ${input}`,
  outcome: async () => {
    const it = scene({ settings });
    if (before !== undefined) await it.up(before);
    await it.up(container("nas", NAS));
    await it.up(container("nas", FAULTY));
    await steps(it);
    return it.at("nas.example.com");
  },
  right,
}));

interface HeldCase {
  readonly input: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly before?: Container;
  readonly steps: (it: Scene) => Promise<void>;
  readonly right: string;
}

const heldWithin: Row = {
  threat: "T7",
  input:
    "a container called nas.tunnel beside a container nas whose labels have become invalid and no longer ask for its protected path",
  outcome: async () => {
    const it = scene();
    const labels = { hostname: "nas.example.com", access: "public" };
    await it.up(
      container("nas", {
        labels: {
          ...labels,
          "admin.hostname": "nas.example.com",
          "admin.path": "/admin",
          "admin.access.groups": "admins",
        },
      }),
    );
    const before = [it.at("nas.example.com"), it.at("nas.example.com/admin")];
    await it.up(container("nas", { labels: { ...labels, prot: "80" } }));
    const faulty = [it.at("nas.example.com"), it.at("nas.example.com/admin")];
    await it.up(STRANGER);
    return [before, faulty, [it.at("nas.example.com"), it.at("nas.example.com/admin")]];
  },
  right: Array.from({ length: 3 }, () => ["nas to anyone", "nas to the admins"]),
};

const heldReplicas: Row = {
  threat: "T7",
  input:
    "a container called nas.tunnel beside two replicas of a Compose service nas with invalid labels",
  outcome: async () => {
    const it = scene();
    const two = (about: About) =>
      [1, 2].map((at) => composed("home", "nas", { ...about, name: `home-nas-${at}` }));
    await it.up(...two(NAS));
    await it.up(...two(FAULTY));
    const before = it.at("nas.example.com");
    await it.up(STRANGER);
    return [before, it.at("nas.example.com")];
  },
  right: ["home-nas-1 or home-nas-2 to everyone who logs in", "home-nas-1 to everyone who logs in"],
};

const copies: readonly Row[] = [
  {
    threat: "T9",
    input: "two containers with the same Compose labels and without Compose's names converge",
    outcome: async () => {
      const it = scene();
      const compose = { project: "evil", service: "web" };
      await it.up(composed("home", "photos", { labels: { hostname: "photos.example.com" } }));
      await it.up(container("one", { compose, labels: { hostname: "photos.example.com" } }));
      await it.up(
        container("two", { compose, labels: { hostname: "two.example.com", access: "public" } }),
      );
      return [it.at("photos.example.com"), it.at("two.example.com")];
    },
    right: ["home-photos-1 to everyone who logs in", "two to anyone"],
  },
  ...[{}, { CFAUTH_TARGET: "id" }].map(
    (settings): Row => ({
      threat: "T9",
      input: `a copy of home's wiki with a hostname of its own while the wiki is narrowed (${JSON.stringify(settings)})`,
      outcome: async () => {
        const it = scene({ settings });
        const labels = { hostname: "wiki.example.com", access: "public" };
        await it.up(composed("home", "wiki", { labels }));
        const compose = { project: "home", service: "wiki" };
        await it.up(
          container("copy", {
            compose,
            aliases: [],
            labels: { hostname: "copy.example.com", access: "public" },
          }),
        );
        await it.up(composed("home", "wiki", { incarnation: 1, ...WIKI }));
        return it.at("wiki.example.com");
      },
      right: OWN,
    }),
  ),
];

export const IDENTITY_ROWS = [
  ...faultyBeside,
  ...faults,
  ...held,
  heldWithin,
  heldReplicas,
  ...copies,
  ...T3,
  ...itself,
  defaultName,
  ...T4,
  ...T5,
  ...T7,
  idIsCertain,
  ...T9,
  reported,
  replicas,
];
