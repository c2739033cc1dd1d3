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

const asked = (more: Partial<Question>) => destinationOf({ ...NAMED, ...more });

describe("the token goes to", () => {
  test.each([
    { so: "Authentik's container, which alone answers", question: {}, addresses: [OWN] },
    {
      so: "Authentik's container of the two that answer",
      question: { resolved: [STRANGER, OWN] },
      addresses: [OWN],
    },
    {
      so: "the answer that is Authentik's container, also where it is on no network of this machine's own",
      question: { resolved: [STRANGER, OWN_FAR], isNear: () => false },
      addresses: [OWN_FAR],
    },
    {
      so: "Authentik's container where only a stranger answers",
      question: { resolved: [STRANGER] },
      addresses: [OWN],
    },
    {
      so: "Authentik's container where the DNS outside answers",
      question: { resolved: ["192.168.1.9"] },
      addresses: [OWN],
    },
    {
      so: "Authentik's container where nothing answers",
      question: { resolved: [] },
      addresses: [OWN],
    },
    {
      so: "a machine of the house where no container is Authentik's",
      question: { resolved: ["192.168.1.9"], book: NONE_RUNS },
      addresses: ["192.168.1.9"],
    },
    {
      so: "the private ones of a name's addresses without TLS",
      question: { resolved: ["8.8.8.8", "192.168.1.9"], book: NONE_RUNS },
      addresses: ["192.168.1.9"],
    },
    {
      so: "a public address with TLS",
      question: { resolved: ["8.8.8.8"], book: NONE_RUNS, plain: false },
      addresses: ["8.8.8.8"],
    },
    {
      so: "a machine of the house whose name the own DNS answers, although Authentik's container runs here",
      question: { resolved: ["192.168.1.9"], isDockerName: false },
      addresses: ["192.168.1.9"],
    },
  ])("$so", ({ question, addresses }) => {
    expect(asked(question)).toEqual({ kind: "use", addresses });
  });
});

describe("the token goes nowhere", () => {
  test.each([
    {
      so: "where a stranger answers and no container is Authentik's",
      question: { resolved: [STRANGER], book: NONE_RUNS },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "where a stranger answers beside a machine of the house",
      question: { resolved: ["192.168.1.9", STRANGER], book: NONE_RUNS },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "where a stranger answers and Authentik's container is on no network of cfauth's",
      question: { resolved: [STRANGER], isNear: () => false },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "where a stranger answers a name of the own DNS",
      question: { resolved: [STRANGER], isDockerName: false },
      is: { kind: "stranger", address: STRANGER, container: "evil" },
    },
    {
      so: "where the DNS outside answers for Authentik's container, which is on no network of cfauth's",
      question: { resolved: ["192.168.1.9"], isNear: () => false },
      is: { kind: "elsewhere", address: "192.168.1.9" },
    },
    {
      so: "where a name leads to a public address without TLS",
      question: { resolved: ["8.8.8.8"], book: NONE_RUNS },
      is: { kind: "public", address: "8.8.8.8" },
    },
    {
      so: "where there is no such name",
      question: { resolved: [], book: NONE_RUNS },
      is: { kind: "unresolved" },
    },
  ])("$so", ({ question, is }) => {
    expect(asked(question)).toEqual(is);
  });
});
