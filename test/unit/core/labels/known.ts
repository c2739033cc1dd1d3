import type { Lookups } from "../../../../src/core/domain/directory.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { type ContextOptions, decoded, workload } from "../../../support/builders.ts";

/** The objects at Cloudflare and Authentik in these tests. */
export const KNOWN: Lookups = {
  groups: {
    found: [
      { pk: "1", name: "family" },
      { pk: "2", name: "admins" },
      { pk: "3", name: "home users" },
    ],
  },
  policies: [
    { id: "00000000-0000-4000-8000-000000000001", name: "Friends", decision: "allow" },
    { id: "00000000-0000-4000-8000-000000000002", name: "Machines", decision: "non_identity" },
    { id: "00000000-0000-4000-8000-000000000003", name: "Anyone", decision: "bypass" },
    { id: "00000000-0000-4000-8000-000000000004", name: "Nobody", decision: "deny" },
    { id: "00000000-0000-4000-8000-000000000005", name: "Twins", decision: "allow" },
    { id: "00000000-0000-4000-8000-000000000006", name: "Twins", decision: "allow" },
  ],
  tokens: {
    found: [
      { id: "t1", name: "backup" },
      { id: "t2", name: "monitoring" },
    ],
  },
};

/**
 * The result for container `app` at app.example.com with these labels, written without their
 * prefix.
 */
export const decodeLabels = (labels: Workload["labels"], settings: ContextOptions = {}) => {
  const full = Object.fromEntries(
    Object.entries(labels).map(([key, text]) => [`cfauth.${key}`, text]),
  );
  const { exposures, faulty, problems } = decoded(
    [workload({ "cfauth.hostname": "app.example.com", ...full })],
    {
      lookups: KNOWN,
      ...settings,
    },
  );
  return {
    exposures,
    faulty,
    problems,
    /** The origin → who may enter. */
    opens: exposures.map(
      ({ route, protection }) => `${route.hostname}${route.path ?? ""} ${protection.kind}`,
    ),
    /** Code, label, message, fix. */
    says: problems.map(({ code, label, message, fix }) => [code, label, message, fix]),
  };
};
