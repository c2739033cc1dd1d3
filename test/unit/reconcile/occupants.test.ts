import { describe, expect, it } from "vitest";
import { findOccupants } from "../../../src/reconcile/occupants.ts";
import { workload } from "../../support/builders.ts";

const on = (name: string, network: string) =>
  workload({}, { name, id: name.padEnd(64, "0"), networks: { [network]: { ip: "172.20.0.5" } } });

const found = (...args: Parameters<typeof findOccupants>) =>
  findOccupants(...args).map(({ id, certain }) => `${id.replace(/0+$/, "")} ${certain}`);

describe("occupants of a rule's origin", () => {
  const [wiki, stranger] = [on("wiki", "tunnel"), on("stranger", "tunnel")];

  it("the container with the name in the rule is a certain occupant, and then nobody else counts", () => {
    const ids = new Set([wiki.id, stranger.id]);
    expect(found([wiki, stranger], "http://wiki.tunnel:80", ids)).toEqual(["wiki true"]);
  });

  it("an occupant known only by a label or an address is not certain", () => {
    expect(found([stranger], "http://wiki.tunnel:80", new Set([stranger.id]))).toEqual([
      "stranger false",
    ]);
  });

  it("a container of that name that has left the network is the occupant if nobody answers there", () => {
    const moved = on("wiki", "edge");
    expect(found([moved, stranger], "http://wiki.tunnel:80", new Set(), ["tunnel"])).toEqual([
      "wiki true",
    ]);
    expect(
      found([moved, stranger], "http://wiki.tunnel:80", new Set([stranger.id]), ["tunnel"]),
    ).toEqual(["stranger false"]);
  });

  it("a name on a network other than the tunnel's has no occupant", () => {
    expect(found([on("wiki", "edge")], "http://wiki.tunnel:80", new Set(), ["other"])).toEqual([]);
  });
});
