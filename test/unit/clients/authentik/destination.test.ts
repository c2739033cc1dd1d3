import { describe, expect, test } from "vitest";
import { destinationOf, type Question } from "../../../../src/clients/authentik/destination.ts";

const OWN = "172.20.0.2";
const OWN_FAR = "172.30.0.2";
const STRANGER = "172.19.0.9";

const NAMED: Question = {
  resolved: [OWN],
  book: { own: [OWN, OWN_FAR], name: "authentik-server", others: new Map([[STRANGER, "evil"]]) },
  isDockerName: true,
  plain: true,
  isNear: (address) => address === OWN,
};
const NONE_RUNS = { ...NAMED.book, own: [], name: undefined };

const decide = (more: Partial<Question>) => destinationOf({ ...NAMED, ...more });

describe("where the token goes", () => {
  test.each([
    {
      so: "the token goes to Authentik's container if only that answers",
      question: {},
      addresses: [OWN],
    },
    {
      so: "the token goes to Authentik's container if another one answers too",
      question: { resolved: [STRANGER, OWN] },
      addresses: [OWN],
    },
    {
      so: "the token goes to Authentik's container if it answers from a network that this machine is not on",
      question: { resolved: [STRANGER, OWN_FAR], isNear: () => false },
      addresses: [OWN_FAR],
    },
    {
      so: "the token goes to Authentik's container if only another container answers",
      question: { resolved: [STRANGER] },
      addresses: [OWN],
    },
    {
      so: "the token goes to Authentik's container if the DNS outside answers",
      question: { resolved: ["192.168.1.9"] },
      addresses: [OWN],
    },
    {
      so: "the token goes to Authentik's container if nothing answers",
      question: { resolved: [] },
      addresses: [OWN],
    },
    {
      so: "the token goes to a machine on the LAN if no container is Authentik's",
      question: { resolved: ["192.168.1.9"], book: NONE_RUNS },
      addresses: ["192.168.1.9"],
    },
    {
      so: "the token goes to the private addresses of a name without TLS",
      question: { resolved: ["8.8.8.8", "192.168.1.9"], book: NONE_RUNS },
      addresses: ["192.168.1.9"],
    },
    {
      so: "the token goes to a public address with TLS",
      question: { resolved: ["8.8.8.8"], book: NONE_RUNS, plain: false },
      addresses: ["8.8.8.8"],
    },
    {
      so: "the token goes to a machine on the LAN whose name the local DNS answers, although Authentik's container runs here",
      question: { resolved: ["192.168.1.9"], isDockerName: false },
      addresses: ["192.168.1.9"],
    },
  ])("$so", ({ question, addresses }) => {
    expect(decide(question)).toEqual({ kind: "use", addresses });
  });
});

describe("where the token does not go", () => {
  test.each([
    {
      so: "the token goes nowhere if another container answers and no container is Authentik's",
      question: { resolved: [STRANGER], book: NONE_RUNS },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "the token goes nowhere if another container answers beside a machine on the LAN",
      question: { resolved: ["192.168.1.9", STRANGER], book: NONE_RUNS },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "the token goes nowhere if another container answers and Authentik's container is on no network of cfauth's",
      question: { resolved: [STRANGER], isNear: () => false },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "the token goes nowhere if another container answers to a name of the local DNS",
      question: { resolved: [STRANGER], isDockerName: false },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "the token goes nowhere if the DNS outside answers for Authentik's container, which is on no network of cfauth's",
      question: { resolved: ["192.168.1.9"], isNear: () => false },
      is: { kind: "elsewhere", address: "192.168.1.9" },
    },
    {
      so: "the token goes nowhere if a name leads to a public address without TLS",
      question: { resolved: ["8.8.8.8"], book: NONE_RUNS },
      is: { kind: "public", address: "8.8.8.8" },
    },
    {
      so: "the token goes nowhere if the name does not exist",
      question: { resolved: [], book: NONE_RUNS },
      is: { kind: "unresolved" },
    },
  ])("$so", ({ question, is }) => {
    expect(decide(question)).toEqual(is);
  });
});
