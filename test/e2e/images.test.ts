/** The real daemon on a real engine: the labels of an image decide nothing. */
import { expect, it } from "vitest";
import { labelledImage } from "./docker/images.ts";
import { everything, live, reaped, route, scene } from "./fixture.ts";
import { label } from "./world.ts";

reaped();

it("an image with public access in its labels leaves the operator's route behind its login, and its hostname opens nothing", async () => {
  await using at = await scene();
  at.neverShown("app");
  at.neverShown("claimed");
  const tag = await labelledImage({
    [label("access")]: "public",
    [label("web.hostname")]: at.hostname("claimed"),
    [label("web.access")]: "public",
  });
  await using container = await at.container("app", {}, { image: { tag } });
  await using daemon = await at.settled();
  const name = await container.name();
  await live(daemon, at.hostname("app"));
  expect((await route(daemon, at.hostname("app")))?.access).toBe("authentik");
  expect(at.ours()).toEqual(everything(at.hostname("app")));
  const { problems } = await daemon.report();
  expect(
    problems
      .filter(({ container: about }) => about === name)
      .map(({ code, label: about }) => [code, about]),
  ).toEqual([["CFA-IMAGE-LABEL", label("access")]]);
  expect([await at.shown("app"), await at.shown("claimed")]).toEqual([undefined, undefined]);
});
