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
      name: "Authentik's container has the name in AUTHENTIK_API_URL",
      workloads: [NAMED],
      reference: at("authentik-server"),
      is: ["authentik-server"],
    },
    {
      name: "Authentik's container may have that name in any letter case",
      workloads: [container("Authentik")],
      reference: at("authentik"),
      is: ["Authentik"],
    },
    {
      name: "Authentik's container has the exact name if two names differ only in letter case",
      workloads: [container("Authentik"), container("authentik")],
      reference: at("authentik"),
      is: ["authentik"],
    },
    {
      name: "Authentik's container may be a Compose service of that name",
      workloads: [COMPOSED],
      reference: at("authentik-server"),
      is: ["login-authentik-server-1"],
    },
    {
      name: "every replica of that service is Authentik's container",
      workloads: [COMPOSED, SECOND],
      reference: at("authentik-server"),
      is: ["login-authentik-server-1", "login-authentik-server-2"],
    },
    {
      name: "no container is Authentik's if one has the name and another project has a service of that name, because the host may mean both",
      workloads: [COPY, NAMED],
      reference: at("authentik-server"),
      is: "ambiguous",
    },
    {
      name: "no container is Authentik's if two projects have a service of that name",
      workloads: [COPY, COMPOSED],
      reference: at("authentik-server"),
      is: "ambiguous",
    },
    {
      name: "Authentik's container is on the network in the host",
      workloads: [NAMED],
      reference: at("authentik-server.tunnel"),
      is: ["authentik-server"],
    },
    {
      name: "a container on another network is not Authentik's",
      workloads: [NAMED],
      reference: at("authentik-server.backend"),
      is: "absent",
    },
    {
      name: "Authentik's container may have the short id in the host",
      workloads: [container("x", { id: "0123456789abcdef" })],
      reference: at("0123456789ab"),
      is: ["0123456789abcdef"],
    },
    {
      name: "a container named like a machine on the LAN is not Authentik's",
      workloads: [container("nas.lan"), container("auth.example.com")],
      reference: at("nas.lan"),
      is: "absent",
    },
    {
      name: "a container named localhost is not Authentik's",
      workloads: [container("localhost")],
      reference: at("localhost"),
      is: "absent",
    },
    {
      name: "an address names no container of Authentik",
      workloads: [container("10.0.0.5")],
      reference: at("10.0.0.5"),
      is: "absent",
    },
    {
      name: "no container is Authentik's without a reference",
      workloads: [NAMED],
      reference: { kind: "none" },
      is: "unnamed",
    },
    {
      name: "the setting names Authentik's container",
      workloads: [NAMED, COPY],
      reference: set("evil"),
      is: ["evil"],
    },
    {
      name: "the setting names Authentik's container whatever other projects call their services",
      workloads: [NAMED, COPY],
      reference: set("authentik-server"),
      is: ["authentik-server"],
    },
    {
      name: "the setting may name the container with its network",
      workloads: [NAMED],
      reference: set("Authentik-Server.tunnel"),
      is: ["authentik-server"],
    },
    {
      name: "the setting may have a dot in the name",
      workloads: [container("a.b")],
      reference: set("a.b"),
      is: ["a.b"],
    },
    {
      name: "the setting may name a service",
      workloads: [COMPOSED],
      reference: set("authentik-server"),
      is: ["login-authentik-server-1"],
    },
    {
      name: "no container is Authentik's while it does not run",
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
      name: "the container in cfauth's own project is Authentik's, whatever others have the name",
      workloads: [COPY, COMPOSED, NAMED],
      evidence: {
        ownParty: COMPOSED.party,
        knownParty: COPY.party,
        incumbents: new Set([COPY.id]),
      },
      is: ["login-authentik-server-1"],
    },
    {
      name: "Authentik's party stays the one found first, beside others of its name",
      workloads: [COPY, COMPOSED, NAMED],
      evidence: { knownParty: COMPOSED.party },
      is: ["login-authentik-server-1"],
    },
    {
      name: "no container is Authentik's while it is away, even if another party has taken its name",
      workloads: [NAMED, COPY],
      evidence: { knownParty: COMPOSED.party },
      is: "absent",
    },
    {
      name: "no container is Authentik's while the setting's container is away and another party has taken its name",
      workloads: [NAMED],
      reference: set("authentik-server"),
      evidence: { knownParty: COMPOSED.party },
      is: "absent",
    },
    {
      name: "no container of an unknown party is Authentik's while a deployed rule leads to a missing container",
      workloads: [NAMED],
      evidence: { isAway: true },
      is: "absent",
    },
    {
      name: "Authentik's container stays the one that the deployed rule leads to, beside a copy of its Compose label",
      workloads: [COPY, COMPOSED],
      evidence: { incumbents: new Set([COMPOSED.id]) },
      is: ["login-authentik-server-1"],
    },
    {
      name: "no container is Authentik's if two services match and the deployed rule leads to neither",
      workloads: [COPY, COMPOSED],
      evidence: { incumbents: new Set(["other"]) },
      is: "ambiguous",
    },
  ])("$name", ({ workloads, reference = at("authentik-server"), evidence, is }) => {
    expect(idsOf(workloads, reference, evidence)).toEqual(is);
    expect(idsOf(workloads.toReversed(), reference, evidence)).toEqual(is);
  });
});
