/**
 * The origin that a rule needs so that only its own containers answer, whatever their labels say.
 */

import { describe, expect, it } from "vitest";
import type { Attachment, Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import { ownService } from "../../../../src/core/labels/own-service.ts";
import { context, decoded, workload } from "../../../support/builders.ts";

const ID = "0123456789abcdef";
const OTHER_ID = "fedcba9876543210";

const on = (network: string, attachment: Partial<Attachment> = {}) => ({
  [network]: { ip: "172.18.0.2", ...attachment },
});
const nas = (more: Partial<Workload> = {}) => workload({}, { id: ID, name: "nas", ...more });
const other = (more: Partial<Workload> = {}) =>
  workload(
    {},
    { id: OTHER_ID, name: "other", networks: on("tunnel", { ip: "172.18.0.9" }), ...more },
  );

interface Scene {
  readonly all?: readonly Workload[];
  readonly members?: readonly string[];
  readonly recreated?: boolean;
  readonly elsewhere?: boolean;
  readonly settings?: Partial<LabelContext>;
}

const led = (
  service: string,
  {
    all = [nas()],
    members = [ID],
    recreated = false,
    elsewhere = false,
    settings = {},
  }: Scene = {},
) => ownService(service, { members, recreated, elsewhere }, all, context(all, settings));

const NAMESAKE = other({ name: "nas.tunnel" });

describe("a rule that leads to its container by a name that only it has", () => {
  it.each(["http://nas.tunnel:80", "https://nas.tunnel:8443", "tcp://nas.tunnel:22"])(
    "the rule %s stays as it is because only its own container has the name",
    (service) => {
      expect(led(service)).toBe(service);
    },
  );

  it("a rule of an earlier version without a network gets the network that Docker's DNS queries first", () => {
    expect([led("http://nas:8080"), led("http://NAS:8080")]).toEqual([
      "http://nas.tunnel:8080",
      "http://nas.tunnel:8080",
    ]);
  });
});

describe("a rule whose name another container has taken", () => {
  it.each<{ who: string; stranger: Workload }>([
    { who: "by its own name", stranger: NAMESAKE },
    { who: "by its own name in other letters", stranger: other({ name: "NAS" }) },
    {
      who: "by its Compose service",
      stranger: other({ name: "evil-nas-1", service: { project: "evil", name: "nas" } }),
    },
    { who: "by a label alone", stranger: other({ claimedNames: ["nas"] }) },
  ])(
    "a rule whose name is taken leads to the short id, with its scheme and port: $who",
    ({ stranger }) => {
      expect(led("https://nas.tunnel:8443", { all: [nas(), stranger] })).toBe(
        "https://0123456789ab:8443",
      );
    },
  );

  it("a rule leads to the short id if only Docker's DNS shows the other container", () => {
    const networks = on("tunnel", { answers: { "nas.tunnel": ["172.18.0.2", "172.18.0.9"] } });
    expect(led("http://nas.tunnel:80", { all: [nas({ networks }), other()] })).toBe(
      "http://0123456789ab:80",
    );
  });

  it("a rule leads to the address if the short id is taken as well", () => {
    const answers = { "nas.tunnel": ["172.18.0.9"], "0123456789ab": ["172.18.0.2", "172.18.0.9"] };
    expect(
      led("http://nas.tunnel:80", { all: [nas({ networks: on("tunnel", { answers }) }), other()] }),
    ).toBe("http://172.18.0.2:80");
  });

  it("a rule gets no new origin if the container has no host that only it has", () => {
    const answers = { "nas.tunnel": ["172.18.0.9"], "0123456789ab": ["172.18.0.9"] };
    const heard = [nas({ networks: { tunnel: { ip: undefined, answers } } }), other()];
    const listed = [
      nas({ networks: { tunnel: { ip: undefined } } }),
      other({ name: "nas", claimedNames: ["0123456789ab"] }),
    ];
    expect([heard, listed].map((all) => led("http://nas.tunnel:80", { all }))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("a rule keeps the network in its host", () => {
    const networks = { tunnel: { ip: "172.18.0.2" }, edge: { ip: "172.19.0.2" } };
    const all = [
      nas({ networks }),
      other({ name: "nas", networks: on("tunnel", { ip: "172.18.0.9" }) }),
    ];
    const settings = { networks: ["tunnel", "edge"] };
    expect([
      led("http://nas.edge:80", { all, settings }),
      led("http://nas.tunnel:80", { all, settings }),
    ]).toEqual(["http://nas.edge:80", "http://0123456789ab:80"]);
  });

  it("a rule uses a network that the container is on if it has left the one in the rule", () => {
    const all = [nas({ networks: on("edge") }), other({ name: "nas" })];
    expect(led("http://nas.tunnel:80", { all, settings: { networks: ["tunnel", "edge"] } })).toBe(
      "http://nas.edge:80",
    );
  });

  it("a rule for all replicas leads to one replica if the name is taken, and stays if all containers of the name are its own", () => {
    const service = { project: "home", name: "nas" };
    const two = [
      nas({ name: "home-nas-1", service }),
      nas({ id: "abcdefabcdefabcdef", name: "home-nas-2", service }),
    ];
    const members = two.map(({ id }) => id);
    expect([
      led("http://nas.tunnel:80", { all: two, members }),
      led("http://nas.tunnel:80", { all: [...two, NAMESAKE], members }),
    ]).toEqual(["http://nas.tunnel:80", "http://0123456789ab:80"]);
  });
});

describe("a rule that leads elsewhere", () => {
  it.each([
    "http://nas.lan:80",
    "http://192.168.1.20:8123",
    "http://other.tunnel:80",
    "http://other:80",
    "http://nas.tunnel.lan:80",
    "http_status:503",
    "unix:/run/app.sock",
  ])("the rule %s leads elsewhere and stays, even if its container was recreated", (service) => {
    const scene = { all: [nas(), other()] };
    expect([led(service, scene), led(service, { ...scene, recreated: true })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("a rule stays if only a label gives the container that name", () => {
    expect(
      led("http://router:80", { all: [nas({ service: { project: "p", name: "router" } })] }),
    ).toBeUndefined();
  });

  it("a rule stays if its container is missing", () => {
    expect(led("http://nas.tunnel:80", { all: [other()] })).toBeUndefined();
  });
});

describe("the rule of a recreated container", () => {
  it.each(["http://aaaabbbbcccc:8080", "http://aaaabbbbcccc.tunnel:8080"])(
    "the rule %s follows its recreated container from a short id that is gone",
    (service) => {
      expect([led(service, { recreated: true }), led(service)]).toEqual([
        "http://nas.tunnel:8080",
        undefined,
      ]);
    },
  );

  it("a rule follows its recreated container beside a label for another origin only if labels may not lead elsewhere", () => {
    const scene: Scene = { recreated: true, elsewhere: true };
    expect([
      led("http://aaaabbbbcccc:8080", scene),
      led("http://aaaabbbbcccc:8080", { ...scene, settings: { allowService: true } }),
    ]).toEqual(["http://nas.tunnel:8080", undefined]);
  });

  it("a rule does not follow its recreated container from a short id that another container has", () => {
    expect(
      led("http://fedcba987654:80", { all: [nas(), other()], recreated: true }),
    ).toBeUndefined();
  });

  it("with addresses as targets, a rule follows its recreated container from an address that another container now has", () => {
    const scene: Scene = { all: [nas(), other()], recreated: true, settings: { target: "ip" } };
    expect([
      led("http://172.18.0.9:80", scene),
      led("http://172.18.0.9:80", { ...scene, recreated: false }),
      led("http://172.18.0.9:80", { ...scene, settings: {} }),
      led("http://172.18.0.77:80", scene),
    ]).toEqual(["http://172.18.0.2:80", undefined, undefined, undefined]);
  });
});

it("a rule to a published port is never moved to another one", () => {
  expect(led("http://nas.tunnel:80", { settings: { target: "published" } })).toBeUndefined();
});

it("a faulty route may lead elsewhere only by a label service that does not name its own container", () => {
  const elsewhere = (labels: Workload["labels"]) => {
    const own = workload(
      { "cfauth.hostname": "nas.example.com", "cfauth.prot": "80", ...labels },
      { id: ID, name: "nas" },
    );
    return decoded([own], { allowService: true }).faulty.map((it) => it.elsewhere);
  };
  expect([
    elsewhere({}),
    elsewhere({ "cfauth.port": "x" }),
    elsewhere({ "cfauth.service": "http://nas:80" }),
    elsewhere({ "cfauth.service": "http://nas.lan:80" }),
    elsewhere({ "cfauth.service": "nas.lan" }),
  ]).toEqual([[false], [false], [false], [true], [true]]);
});
