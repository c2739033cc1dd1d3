/** Images do not decide (T6). */
import { each, type Row } from "./row.ts";
import { type About, composed, container, scene } from "./scene.ts";

const APP = "app.example.com";

/** What visitors get and which problems there are with these labels in an image. */
const shipped = async (
  image: Readonly<Record<string, string>>,
  labels: About["labels"],
  settings = {},
  inspects = true,
) => {
  const it = scene({ settings, inspects });
  await it.up(container("app", { labels: labels ?? {}, imageLabels: image }));
  return { root: it.at(APP), hooks: it.at(`${APP}/hooks`), problems: it.problems("app") };
};

const MEMBERS = { root: "app to everyone who logs in", hooks: "app to everyone who logs in" };
const CLOSED = { root: "nobody", hooks: "nobody" };

const ignored: readonly Row[] = each(
  [
    { image: { "cfauth.access": "public" }, labels: { hostname: APP } },
    { image: { "cfauth.access": '"public"' }, labels: { hostname: APP } },
    { image: { "CFAUTH.access": "public" }, labels: { hostname: APP } },
    { image: { "cfauth.access.bypass": "/hooks" }, labels: { hostname: APP } },
    { image: { "cfauth.access.service-tokens": "any" }, labels: { hostname: APP } },
    { image: { "cfauth.adopt": "true" }, labels: { hostname: APP } },
    { image: { "cfauth.share-with": "*" }, labels: { hostname: APP } },
    { image: { "cfauth.service": "http://nas.lan:80" }, labels: { hostname: APP } },
    { image: { "cfauth.enable": "false" }, labels: { hostname: APP } },
    {
      image: { "cfauth.x.hostname": APP, "cfauth.x.path": "/hooks", "cfauth.x.access": "public" },
      labels: { hostname: APP },
    },
  ],
  ({ image, labels }): Row => ({
    threat: "T6",
    input: `an image with ${JSON.stringify(image)} in a container with ${JSON.stringify(labels)}`,
    outcome: () => shipped(image, labels),
    right: { ...MEMBERS, problems: ["CFA-IMAGE-LABEL"] },
  }),
);

const unasked: readonly Row[] = each(
  [
    { "cfauth.hostname": APP },
    { "cfauth.hostname": APP, "cfauth.access": "public" },
    { "cfauth.enable": "true", "cfauth.hostname": APP },
  ],
  (image): Row => ({
    threat: "T6",
    input: `an image with ${JSON.stringify(image)} in a container without labels`,
    outcome: () => shipped(image, {}),
    right: { ...CLOSED, problems: ["CFA-IMAGE-LABEL"] },
  }),
);

const allowed: readonly Row[] = [
  {
    threat: "T6",
    input: "an image whose labels the operator allowed with CFAUTH_IMAGE_LABELS=true",
    outcome: () =>
      shipped({ "cfauth.access": "public" }, { hostname: APP }, { CFAUTH_IMAGE_LABELS: "true" }),
    right: { root: "app to anyone", hooks: "app to anyone", problems: [] },
  },
  {
    threat: "T6",
    input: "an image with a label that the operator set to another value",
    outcome: () => shipped({ "cfauth.access": "authentik" }, { hostname: APP, access: "public" }),
    right: { root: "app to anyone", hooks: "app to anyone", problems: [] },
  },
];

const unknown: readonly Row[] = [
  ...each(
    [
      { access: "public" },
      { "access.bypass": "/hooks" },
      { "access.service-tokens": "any" },
      { adopt: "true" },
      { "share-with": "*" },
    ] as readonly About["labels"][],
    (labels): Row => ({
      threat: "T6",
      input: `an image that cfauth may not inspect, with the labels ${JSON.stringify(labels)}`,
      outcome: () => shipped({}, { hostname: APP, ...labels }, {}, false),
      right: { ...CLOSED, problems: ["CFA-IMAGE-UNKNOWN"] },
    }),
  ),
  {
    threat: "T6",
    input: "an image that cfauth may not inspect, and a route behind a login",
    outcome: () => shipped({}, { hostname: APP }, {}, false),
    right: { ...MEMBERS, problems: [] },
  },
];

const identity: Row = {
  threat: "T6",
  input: "an image with the Compose labels of another project's service",
  outcome: async () => {
    const it = scene();
    const wiki = composed("home", "wiki", {
      labels: { hostname: "wiki.example.com", "access.groups": "family" },
    });
    await it.up(wiki);
    const image = { "com.docker.compose.project": "home", "com.docker.compose.service": "wiki" };
    const labels = { hostname: "wiki.example.com", path: "/login", access: "public" };
    await it.up(container("evil", { imageLabels: image, labels }));
    return [it.at("wiki.example.com"), it.at("wiki.example.com/login")];
  },
  right: ["home-wiki-1 to the family", "home-wiki-1 to the family"],
};

export const IMAGE_ROWS = [...ignored, ...unasked, ...allowed, ...unknown, identity];
