/** Foreign protection, protected paths and zones (T13, T15, T23). */

import type { ObservedState } from "../../../../src/resources/observed.ts";
import { emptyAccount } from "../../../unit/core/plan/model.ts";
import { each, type Row } from "./row.ts";
import { container, scene } from "./scene.ts";

/** A foreign application covers these places, and a wildcard DNS record leads every hostname to the tunnel. */
function guarded(...covers: readonly string[]): ObservedState {
  const observed = emptyAccount();
  const wildcard = { id: "wildcard", zone: "z-1", type: "CNAME", content: "t-1.cfargotunnel.com" };
  const bank = {
    id: "bank",
    name: "Bank",
    type: "self_hosted",
    destinations: covers,
    bypasses: false,
    unmanagedFields: {},
  };
  return {
    ...observed,
    access: { ...observed.access, theirs: [...observed.access.theirs, bank] },
    dns: {
      ...observed.dns,
      theirs: new Map([...observed.dns.theirs, ["*.example.com", [wildcard]]]),
    },
  };
}

const BANK = "bank.example.com";

const T13: readonly Row[] = [
  ...each(
    [
      { covers: [BANK], labels: { hostname: BANK, path: "/login", access: "public" } },
      { covers: [BANK], labels: { hostname: BANK, access: "public" } },
      { covers: [`${BANK}/app`], labels: { hostname: BANK, path: "/app/login", access: "public" } },
      { covers: ["*.example.com"], labels: { hostname: BANK, access: "public" } },
      { covers: ["b*.example.com"], labels: { hostname: BANK, path: "/login", access: "public" } },
      { covers: ["other.example.com", BANK], labels: { hostname: BANK, path: "/login" } },
    ],
    ({ covers, labels }): Row => ({
      threat: "T13",
      input: `a foreign application on ${covers.join(" and ")}, and the labels ${JSON.stringify(labels)}`,
      outcome: async () => {
        const it = scene({ world: guarded(...covers) });
        await it.up(container("it", { labels }));
        const { access, dns } = it.home.world;
        return [it.problems("it"), [...access.mine.keys()], [...dns.mine.keys()], it.live];
      },
      right: [["CFA-CONFLICT-ACCESS"], [], [], []],
    }),
  ),
  ...each(
    [
      { covers: ["b*.example.com"], path: undefined },
      { covers: [BANK], path: "/login" },
    ],
    ({ covers, path }): Row => ({
      threat: "T13",
      input: `a foreign application on ${covers}, and another party's wildcard, which a rule that admits no one keeps from answering there`,
      outcome: async () => {
        const it = scene({ world: { ...guarded(...covers), dns: emptyAccount().dns } });
        await it.up(container("all", { labels: { hostname: "*.example.com", access: "public" } }));
        await it.up(
          container("it", {
            labels: { hostname: BANK, access: "public", ...(path !== undefined && { path }) },
          }),
        );
        await it.wait(3_600);
        return [
          it.problems("it"),
          it.live,
          [...it.home.world.access.mine.keys()],
          it.at(`${BANK}${path ?? "/"}`).includes("it to"),
        ];
      },
      right: [["CFA-CONFLICT-ACCESS"], ["*.example.com"], ["*.example.com"], false],
    }),
  ),
  {
    threat: "T13",
    input: "a foreign application on another path of the hostname",
    outcome: async () => {
      const it = scene({ world: { ...guarded(`${BANK}/vault`), dns: emptyAccount().dns } });
      await it.up(
        container("it", { labels: { hostname: BANK, path: "/login", access: "public" } }),
      );
      return [it.problems("it"), it.live];
    },
    right: [[], [`${BANK}/login`]],
  },
];

/** Paths that some origin reads as a path below /admin. */
const READINGS = [
  "/admin",
  "/admin/users",
  "/admin.json",
  "/admin.",
  "/ADMIN",
  "/Admin/users",
  "/\uff41\uff44\uff4d\uff49\uff4e",
  "/admin::$DATA",
  "/admin::$INDEX_ALLOCATION/users",
  "/(S(x))/admin",
  "/(A(x)F(y))/admin/users",
  "/admin;x=1",
  "/x/..;/admin",
  "/x/../admin",
  "//admin",
  "/./admin",
  "/admin ",
  "/admin%20",
  "/%61dmin",
  "/admin%2fusers",
  "/adm\u0131n",
  "/\\admin",
];

const T15: readonly Row[] = [
  ...each(
    READINGS,
    (path): Row => ({
      threat: "T15",
      input: `${JSON.stringify(path)} at a public host with a protected /admin`,
      outcome: async () => {
        const it = scene();
        await it.up(
          container("it", {
            labels: {
              "all.hostname": "app.example.com",
              "all.access": "public",
              "admin.hostname": "app.example.com",
              "admin.path": "/admin",
              "admin.access.groups": "admins",
            },
          }),
        );
        return it.at(`app.example.com${path}`).includes("anyone");
      },
      right: false,
    }),
  ),
  ...each(
    ["/", "/users", "/administration", "/index.html", "/a/b.json?x=1"],
    (path): Row => ({
      threat: "T15",
      input: `${path} at a public host with a protected /admin stays public`,
      outcome: async () => {
        const it = scene();
        await it.up(
          container("it", {
            labels: {
              "all.hostname": "app.example.com",
              "all.access": "public",
              "admin.hostname": "app.example.com",
              "admin.path": "/admin",
              "admin.access.groups": "admins",
            },
          }),
        );
        return it.at(`app.example.com${path.replace(/\?.*/, "")}`);
      },
      right: "it to anyone",
    }),
  ),
];

/** The account has zones of these names. */
function zoned(...names: readonly string[]): ObservedState {
  const observed = emptyAccount();
  return {
    ...observed,
    dns: { ...observed.dns, zones: names.map((name) => ({ id: name, name })) },
  };
}

const T23: readonly Row[] = [
  ...each(
    [
      {
        zones: ["example.com", "dev.example.com"],
        allowed: "example.com",
        hostname: "x.dev.example.com",
      },
      {
        zones: ["dev.example.com", "example.com"],
        allowed: "example.com",
        hostname: "dev.example.com",
      },
      {
        zones: ["example.com", "dev.example.com"],
        allowed: "example.com",
        hostname: "*.dev.example.com",
      },
      {
        zones: ["example.com", "a.b.example.com"],
        allowed: "example.com",
        hostname: "x.y.a.b.example.com",
      },
      {
        zones: ["example.com", "dev.example.com"],
        allowed: "EXAMPLE.com",
        hostname: "X.Dev.Example.COM.",
      },
    ],
    ({ zones, allowed, hostname }): Row => ({
      threat: "T23",
      input: `CFAUTH_ZONES=${allowed} with the zones ${zones.join(" and ")} in the account, and the hostname ${hostname}`,
      outcome: async () => {
        const it = scene({ settings: { CFAUTH_ZONES: allowed }, world: zoned(...zones) });
        await it.up(container("it", { labels: { hostname, access: "public" } }));
        return [it.problems("it").filter((code) => code !== "CFA-HOST-TOO-DEEP"), it.live];
      },
      right: [["CFA-HOST-NO-ZONE"], []],
    }),
  ),
  ...each(
    [
      { allowed: "dev.example.com", hostname: "x.dev.example.com" },
      { allowed: "example.com,dev.example.com", hostname: "x.dev.example.com" },
      { allowed: "example.com", hostname: "xdev.example.com" },
    ],
    ({ allowed, hostname }): Row => ({
      threat: "T23",
      input: `CFAUTH_ZONES=${allowed} with the zones example.com and dev.example.com in the account, and the hostname ${hostname}`,
      outcome: async () => {
        const it = scene({
          settings: { CFAUTH_ZONES: allowed },
          world: zoned("example.com", "dev.example.com"),
        });
        await it.up(container("it", { labels: { hostname, access: "public" } }));
        return [it.problems("it"), it.live];
      },
      right: [[], [hostname]],
    }),
  ),
];

export const ACCESS_ROWS = [...T13, ...T15, ...T23];
