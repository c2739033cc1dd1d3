/** Other writers of the tunnel's document, and foreign rules (T14, T16, T16b). */
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { each, type Row } from "./row.ts";
import { type About, container, scene } from "./scene.ts";

type Rules = ObservedState["ingress"]["rules"];

/** Another writer saves these rules. */
const saved = (observed: ObservedState, rules: Rules): ObservedState => ({
  ...observed,
  ingress: { ...observed.ingress, rules, version: observed.ingress.version + 1 },
});

const APP = "app.example.com";

const T16: readonly Row[] = each(
  [
    { input: "a public route", labels: { hostname: APP, access: "public" }, open: "app to anyone" },
    { input: "a protected route", labels: { hostname: APP }, open: "app to everyone who logs in" },
    {
      input: "a public path",
      labels: { hostname: APP, path: "/a", access: "public" },
      open: "nobody",
    },
    {
      input: "a path without a login",
      labels: { hostname: APP, "access.bypass": "/a" },
      open: "app to everyone who logs in",
    },
    {
      input: "a public wildcard",
      labels: { hostname: "*.example.com", access: "public" },
      open: "app to anyone",
    },
  ] satisfies readonly { input: string; labels: About["labels"]; open: string }[],
  ({ input, labels, open }): Row => ({
    threat: "T16",
    input: `an old copy of the document with ${input} that has since closed`,
    outcome: async () => {
      const it = scene();
      const app = container("app", { labels });
      await it.up(app);
      const old = it.home.world.ingress.rules;
      await it.down("app");
      await it.wait(120);
      const closed = JSON.stringify(it.home.world.ingress.rules);
      it.home.world = saved(it.home.world, old);
      await it.up(container("app"));
      const after = [it.at(APP), JSON.stringify(it.home.world.ingress.rules) === closed];
      it.home.world = saved(it.home.world, old);
      await it.up(app);
      return [...after, it.at(APP), it.problems("app")];
    },
    right: ["nobody", true, open, []],
  }),
);

/** A rule made by hand with cloudflared's login check for the operator's own application. */
const checked = (hostname: string, ...audTag: readonly string[]) => ({
  hostname,
  service: "http://192.0.2.7:80",
  originRequest: { access: { required: true, teamName: "team", audTag } },
});

const T16b: readonly Row[] = [
  ...each(
    [
      {
        input: "checks an audience that cfauth does not know",
        rule: checked(APP, "the operator's"),
      },
      {
        input: "checks several audiences that cfauth does not know",
        rule: checked(APP, "one", "two"),
      },
      { input: "checks no login", rule: { hostname: APP, service: "http://192.0.2.7:80" } },
      { input: "has another owner's mark", rule: checked(APP, "theirs", "cfauth:other") },
      {
        input: "has a mark that only begins like ours",
        rule: checked(APP, "theirs", "cfauth:home-2"),
      },
      { input: "is for a path", rule: { ...checked(APP, "the operator's"), path: "^/admin" } },
    ],
    ({ input, rule }): Row => ({
      threat: "T16b",
      input: `a rule made by hand for the rest of a hostname that ${input}`,
      outcome: async () => {
        const it = scene();
        const kept = () =>
          it.home.world.ingress.rules.filter(
            (other) => JSON.stringify(other) === JSON.stringify(rule),
          ).length;
        const api = container("api", { labels: { hostname: APP, path: "/api", access: "public" } });
        await it.up(api);
        it.home.world = saved(it.home.world, [...it.home.world.ingress.rules, rule]);
        await it.up(api);
        await it.wait(3_600);
        const beside = kept();
        await it.up(container("api", { labels: { hostname: APP, path: "/v2", access: "public" } }));
        const moved = kept();
        await it.down("api");
        await it.wait(3_600);
        return [beside, moved, kept()];
      },
      right: [1, 1, 1],
    }),
  ),
];

const T14: readonly Row[] = [
  ...each(
    [
      {
        input: "a file that does not exist",
        key: "origin.caPool",
        text: "/nonexistent.pem",
        settings: {},
      },
      {
        input: "a file next to an allowed one",
        key: "origin.caPool",
        text: "/etc/ca.pem2",
        settings: { CFAUTH_CA_POOLS: "/etc/ca.pem" },
      },
      {
        input: "another path to an allowed file",
        key: "origin.caPool",
        text: "/etc/x/../ca.pem",
        settings: { CFAUTH_CA_POOLS: "/etc/ca.pem" },
      },
      {
        input: "an allowed file in capitals",
        key: "origin.caPool",
        text: "/etc/CA.pem",
        settings: { CFAUTH_CA_POOLS: "/etc/ca.pem" },
      },
      {
        input: "a line break in a header",
        key: "origin.httpHostHeader",
        text: "a\nb",
        settings: {},
      },
      {
        input: "a zero byte in a header",
        key: "origin.httpHostHeader",
        text: "a\u0000b",
        settings: {},
      },
      {
        input: "an escape in a server name",
        key: "origin.originServerName",
        text: "a\u001bb",
        settings: {},
      },
      { input: "an invalid duration", key: "origin.connectTimeout", text: "soon", settings: {} },
    ],
    ({ input, key, text, settings }): Row => ({
      threat: "T14",
      input: `${key} with ${input}`,
      outcome: async () => {
        const it = scene({ settings });
        await it.up(
          container("good", { labels: { hostname: "good.example.com" } }),
          container("it", { labels: { hostname: APP, [key]: text } }),
        );
        return [
          it.live,
          it.problems("it").length > 0,
          JSON.stringify(it.home.world.ingress.rules).includes(APP),
        ];
      },
      right: [["good.example.com"], true, false],
    }),
  ),
  {
    threat: "T14",
    input: "origin.caPool with a file that CFAUTH_CA_POOLS lists",
    outcome: async () => {
      const it = scene({ settings: { CFAUTH_CA_POOLS: "/etc/other.pem,/etc/ca.pem" } });
      await it.up(
        container("it", {
          labels: { hostname: APP, scheme: "https", "origin.caPool": "/etc/ca.pem" },
        }),
      );
      return [it.live, it.problems("it")];
    },
    right: [[APP], []],
  },
];

export const TUNNEL_ROWS = [...T14, ...T16, ...T16b];
