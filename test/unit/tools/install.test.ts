/** What `npm ci` runs of others: newer versions of npm run nothing that package.json does not name, and say so at length. */

import { expect, it } from "vitest";
import about from "../../../package.json" with { type: "json" };
import lock from "../../../package-lock.json" with { type: "json" };

const withScript = Object.entries(lock.packages).flatMap(([path, entry]) =>
  "hasInstallScript" in entry ? [path.replace(/^.*node_modules\//, "")] : [],
);

it("the one package whose install script is run is the one that brings Node", () => {
  expect(
    Object.entries(about.allowScripts).flatMap(([name, runs]) => (runs ? [name] : [])),
  ).toEqual(["node"]);
});

it("of every package with an install script it is said whether that is run", () => {
  expect([...new Set(withScript)].toSorted()).toEqual(Object.keys(about.allowScripts).toSorted());
});
