import { describe, expect, it } from "vitest";
import { decoded, workload } from "../../../support/builders.ts";
import { expectHarmless, HOSTILE } from "../../../support/hostile-text.ts";

const problemsOf = (key: string, text: string) =>
  decoded([workload({ "cfauth.hostname": "app.example.com", [`cfauth.${key}`]: text })]).problems;

describe("invisible characters and terminal controls in labels", () => {
  it.each([
    ["app.name", "Wiki\u202e"],
    ["app.name", "Wi\u200bki"],
    ["app.description", "all\u009b31m"],
    ["app.category", "Home\u2066"],
    ["app.icon", "https://icons.example.com/\u202egnp.wiki"],
    ["origin.httpHostHeader", "app\u0000.example.com"],
    ["origin.originServerName", "app\nexample.com"],
  ])("an invisible or control character is refused in the label %s", (key, text) => {
    expect(problemsOf(key, text)).toMatchObject([
      { code: "CFA-LABEL-VALUE", label: `cfauth.${key}`, effect: "closed" },
    ]);
  });

  it("a problem shows a replacement character instead of an invisible one", () => {
    expect(problemsOf("app.name", "Wi\u200bki").map(({ message }) => message)).toEqual([
      'cfauth.app.name="Wi�ki" has characters that cannot be shown',
    ]);
  });
});

it("a quoted value is short and harmless, whatever it is", () => {
  for (const key of ["port", "access", "scheme", "access.session", "app.icon"]) {
    const [problem] = problemsOf(key, HOSTILE.replaceAll("FORGED", "x"));
    expectHarmless(problem?.message ?? "");
    expect(problem?.message.length).toBeLessThan(200);
  }
});
