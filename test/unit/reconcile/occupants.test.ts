import { describe, expect, it } from "vitest";
import { findOccupants } from "../../../src/reconcile/occupants.ts";
import { workload } from "../../support/builders.ts";

const on = (name: string, network: string) =>
  workload({}, { name, id: name.padEnd(64, "0"), networks: { [network]: { ip: "172.20.0.5" } } });

const found = (...args: Parameters<typeof findOccupants>) =>
  findOccupants(...args).map(({ id, certain }) => `${id.replace(/0+$/, "")} ${certain}`);

describe("who runs where a rule leads", () => {
  const [wiki, stranger] = [on("wiki", "tunnel"), on("stranger", "tunnel")];

  it("is certain by the name in the rule, and then nobody else counts", () => {
    const ids = new Set([wiki.id, stranger.id]);
    expect(found([wiki, stranger], "http://wiki.tunnel:80", ids)).toEqual(["wiki true"]);
  });

  it("is not certain where only a label or an address says so", () => {
    expect(found([stranger], "http://wiki.tunnel:80", new Set([stranger.id]))).toEqual([
      "stranger false",
    ]);
  });

  it("is the container of that name that has left the network, where nobody answers there", () => {
    const moved = on("wiki", "edge");
    expect(found([moved, stranger], "http://wiki.tunnel:80", new Set(), ["tunnel"])).toEqual([
      "wiki true",
    ]);
    expect(
      found([moved, stranger], "http://wiki.tunnel:80", new Set([stranger.id]), ["tunnel"]),
    ).toEqual(["stranger false"]);
  });

  it("is nobody by a name on a network that is not the tunnel's", () => {
    expect(found([on("wiki", "edge")], "http://wiki.tunnel:80", new Set(), ["other"])).toEqual([]);
  });
});
