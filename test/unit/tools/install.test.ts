/**
 * Install scripts that `npm ci` runs: newer versions of npm run only those that package.json names,
 * and warn at length about others.
 */

import { expect, it } from "vitest";
import about from "../../../package.json" with { type: "json" };
import lock from "../../../package-lock.json" with { type: "json" };

const withScript = Object.entries(lock.packages).flatMap(([path, entry]) =>
  "hasInstallScript" in entry ? [path.replace(/^.*node_modules\//, "")] : [],
);

it("only the package that brings Node may run its install script", () => {
  expect(
    Object.entries(about.allowScripts).flatMap(([name, runs]) => (runs ? [name] : [])),
  ).toEqual(["node"]);
});

it("package.json says for every package with an install script whether it may run", () => {
  expect([...new Set(withScript)].toSorted()).toEqual(Object.keys(about.allowScripts).toSorted());
});
