import { describe, expect, it } from "vitest";
import {
  type AuthentikEvidence,
  type AuthentikReference,
  findAuthentik,
} from "../../../../src/core/domain/authentik-container.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { workload } from "../../../support/builders.ts";

const at = (host: string): AuthentikReference => ({ kind: "host", host });
const set = (name: string): AuthentikReference => ({ kind: "setting", name });
const container = (name: string, more: Partial<Workload> = {}) => workload({}, { name, ...more });
const service = (project: string, name: string, container_name = `${project}-${name}-1`) =>
  container(container_name, { service: { project, name } });

const NAMED = container("authentik-server");
const COMPOSED = service("login", "authentik-server");
const SECOND = service("login", "authentik-server", "login-authentik-server-2");
const COPY = service("evil", "authentik-server", "evil");

const idsOf = (
  workloads: readonly Workload[],
  reference: AuthentikReference,
  evidence: AuthentikEvidence = {},
) => {
  const found = findAuthentik(workloads, reference, evidence);
  return found.kind === "found" ? [...found.ids].toSorted() : found.kind;
};

describe("Authentik's own container", () => {
  it.each<{
    name: string;
    workloads: readonly Workload[];
    reference: AuthentikReference;
    is: unknown;
  }>([
    {
      name: "has the name that AUTHENTIK_API_URL asks for",
      workloads: [NAMED],
      reference: at("authentik-server"),
      is: ["authentik-server"],
    },
    {
      name: "has that name in any letter case",
      workloads: [container("Authentik")],
      reference: at("authentik"),
      is: ["Authentik"],
    },
    {
      name: "has the exact name where two differ in letter case alone",
      workloads: [container("Authentik"), container("authentik")],
      reference: at("authentik"),
      is: ["authentik"],
    },
    {
      name: "is a Compose service of that name",
      workloads: [COMPOSED],
      reference: at("authentik-server"),
      is: ["login-authentik-server-1"],
    },
    {
      name: "is every replica of that service",
      workloads: [COMPOSED, SECOND],
      reference: at("authentik-server"),
      is: ["login-authentik-server-1", "login-authentik-server-2"],
    },
    {
      name: "is neither the container of that name nor the service of another project, since the host may mean both",
      workloads: [COPY, NAMED],
      reference: at("authentik-server"),
      is: "ambiguous",
    },
    {
      name: "is none of two projects' services",
      workloads: [COPY, COMPOSED],
      reference: at("authentik-server"),
      is: "ambiguous",
    },
    {
      name: "is on the network that the host names",
      workloads: [NAMED],
      reference: at("authentik-server.tunnel"),
      is: ["authentik-server"],
    },
    {
      name: "is none on another network",
      workloads: [NAMED],
      reference: at("authentik-server.backend"),
      is: "absent",
    },
    {
      name: "has the short id that the host is",
      workloads: [container("x", { id: "0123456789abcdef" })],
      reference: at("0123456789ab"),
      is: ["0123456789abcdef"],
    },
    {
      name: "is none that is called like a machine of the house",
      workloads: [container("nas.lan"), container("auth.example.com")],
      reference: at("nas.lan"),
      is: "absent",
    },
    {
      name: "is none that is called localhost",
      workloads: [container("localhost")],
      reference: at("localhost"),
      is: "absent",
    },
    {
      name: "is none for an address",
      workloads: [container("10.0.0.5")],
      reference: at("10.0.0.5"),
      is: "absent",
    },
    {
      name: "is none without a reference",
      workloads: [NAMED],
      reference: { kind: "none" },
      is: "unnamed",
    },
    {
      name: "is the one that the setting names",
      workloads: [NAMED, COPY],
      reference: set("evil"),
      is: ["evil"],
    },
    {
      name: "is the container that the setting names, whatever other projects call their services",
      workloads: [NAMED, COPY],
      reference: set("authentik-server"),
      is: ["authentik-server"],
    },
    {
      name: "may be named by the setting with its network",
      workloads: [NAMED],
      reference: set("Authentik-Server.tunnel"),
      is: ["authentik-server"],
    },
    {
      name: "may have a dot in the name that the setting gives",
      workloads: [container("a.b")],
      reference: set("a.b"),
      is: ["a.b"],
    },
    {
      name: "may be a service that the setting names",
      workloads: [COMPOSED],
      reference: set("authentik-server"),
      is: ["login-authentik-server-1"],
    },
    {
      name: "is none while it does not run",
      workloads: [container("other")],
      reference: set("authentik"),
      is: "absent",
    },
  ])("$name", ({ workloads, reference, is }) => {
    expect(idsOf(workloads, reference)).toEqual(is);
    expect(idsOf(workloads.toReversed(), reference)).toEqual(is);
  });

  it.each<{
    name: string;
    workloads: readonly Workload[];
    reference?: AuthentikReference;
    evidence: AuthentikEvidence;
    is: unknown;
  }>([
    {
      name: "is the one in cfauth's own project, whoever else has the name",
      workloads: [COPY, COMPOSED, NAMED],
      evidence: {
        ownParty: COMPOSED.party,
        knownParty: COPY.party,
        incumbents: new Set([COPY.id]),
      },
      is: ["login-authentik-server-1"],
    },
    {
      name: "stays the one of the party in which it was found, beside others of its name",
      workloads: [COPY, COMPOSED, NAMED],
      evidence: { knownParty: COMPOSED.party },
      is: ["login-authentik-server-1"],
    },
    {
      name: "is none while it is away, also where another party has taken its name",
      workloads: [NAMED, COPY],
      evidence: { knownParty: COMPOSED.party },
      is: "absent",
    },
    {
      name: "is none while the setting's container is away and another party has taken its name",
      workloads: [NAMED],
      reference: set("authentik-server"),
      evidence: { knownParty: COMPOSED.party },
      is: "absent",
    },
    {
      name: "is none of a party that was not known, while a deployed rule leads to one that is away",
      workloads: [NAMED],
      evidence: { isAway: true },
      is: "absent",
    },
    {
      name: "stays the one that the deployed rule leads to beside a copy of its Compose label",
      workloads: [COPY, COMPOSED],
      evidence: { incumbents: new Set([COMPOSED.id]) },
      is: ["login-authentik-server-1"],
    },
    {
      name: "is none of two services where the deployed rule leads to neither",
      workloads: [COPY, COMPOSED],
      evidence: { incumbents: new Set(["other"]) },
      is: "ambiguous",
    },
  ])("$name", ({ workloads, reference = at("authentik-server"), evidence, is }) => {
    expect(idsOf(workloads, reference, evidence)).toEqual(is);
    expect(idsOf(workloads.toReversed(), reference, evidence)).toEqual(is);
  });
});
