import type { Mutant } from "./list.ts";

/** The test of the boundaries between parties. */
const TESTS = "test/unit/authority/non-interference.histories.test.ts";

/**
 * Faults made by hand that let one party act for another. The non-interference test must detect
 * each.
 */
export const AUTHORITY_MUTANTS: readonly Mutant[] = [
  {
    name: "leads to a name although another container answers to it",
    file: "src/core/labels/reach.ts",
    from: 'if (others.length > 0) return "shared";',
    to: "",
    tests: TESTS,
  },
  {
    name: "treats a copy of another party's Compose labels as a replica",
    file: "src/core/labels/identity.ts",
    from: "apart.has(it.id) ? asSingleContainer(it) : it",
    to: "it",
    tests: TESTS,
  },
  {
    name: "obeys the labels of an image",
    file: "src/sources/docker/source.ts",
    from: "const workloads = imageLabels ?",
    to: "const workloads = true ?",
    tests: TESTS,
  },
  {
    name: "gives a path of Authentik's hostname to any container",
    file: "src/core/labels/route.ts",
    from: "hostname === context.login.host && !isAuthentikItself(labelSet, context)",
    to: "false",
    tests: TESTS,
  },
  {
    name: "lets every party route a path inside another party's hostname",
    file: "src/core/plan/sharing.ts",
    from: "return isSharedWith(shared, request.party) ?",
    to: "return shared !== undefined ?",
    tests: TESTS,
  },
  {
    name: "accepts the text of a service label as the container's own address",
    file: "src/core/labels/service.ts",
    from: "context.allowService ? { service: label.text, elsewhere: true } : { fault: forbiddenFault(label) }",
    to: "{ service: label.text }",
    tests: TESTS,
  },
];
