import { describe, expect, it } from "vitest";
import { decode } from "../../../../src/core/labels/decode.ts";
import { labelSets } from "../../../../src/core/labels/label-set.ts";
import { context, workload } from "../../../support/builders.ts";

const decoded = (labels: Record<string, string>) => {
  const one = workload(labels);
  const [labelSet] = labelSets([one], context([one]));
  if (labelSet === undefined) throw new Error("no labels");
  return decode(labelSet, context([one]));
};

describe("a container that asks for one route twice", () => {
  const it_ = decoded({
    "cfauth.a.hostname": "app.example.com",
    "cfauth.a.access": "public",
    "cfauth.b.hostname": "app.example.com",
  });

  it("a route that its container asks for twice does not open, because it is unknown which one is meant", () => {
    expect(it_.exposures).toEqual([]);
    expect(it_.problems).toMatchObject([
      {
        code: "CFA-LABEL-CLASH",
        label: "cfauth.b.hostname",
        message: "cfauth.a.hostname and cfauth.b.hostname both ask for app.example.com",
        effect: "closed",
      },
    ]);
  });

  it("a route that its container asks for twice does not stay public", () => {
    expect(it_.faulty.map(({ saysPublic }) => saysPublic)).toEqual([false, false]);
  });
});

describe("enable beside named routes", () => {
  it("enable beside named routes asks for no additional route", () => {
    const { exposures } = decoded({
      "cfauth.enable": "true",
      "cfauth.web.hostname": "app.example.com",
    });
    expect(exposures.map(({ route }) => route.hostname)).toEqual(["app.example.com"]);
  });
});
