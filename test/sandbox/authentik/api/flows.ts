import type { Route } from "../../routes.ts";
import type { AuthentikState, Flow } from "../state.ts";
import type { Version } from "../versions.ts";
import { containing, exactly } from "./lists.ts";
import { routesOf } from "./resource.ts";

export function flowRoutes(state: AuthentikState, version: Version): Route[] {
  return routesOf<Flow>(
    {
      path: "/flows/instances/",
      key: "slug",
      model: "Flow",
      rows: () => state.flows,
      show: (flow) => shown(version, flow),
      filters: {
        slug: exactly("slug"),
        name: exactly("name"),
        designation: exactly("designation"),
        flow_uuid: exactly("pk"),
        search: containing("name", "slug"),
      },
      order: "slug",
    },
    version,
  );
}

/** `policybindingmodel_ptr_id` is another key of the same object, and the wrong one for providers. */
function shown(version: Version, { asksConsent: _, ...flow }: Flow): object {
  return version.trimmed("flow", {
    ...flow,
    policybindingmodel_ptr_id: flow.pk.replace(/^.{8}/, (head) => [...head].toReversed().join("")),
    background: version.knows("flow", "background_url")
      ? ""
      : "/static/dist/assets/images/flow_background.jpg",
    background_url: "/static/dist/assets/images/flow_background.jpg",
    background_themed_urls: null,
    stages: [],
    policies: [],
    cache_count: 0,
    policy_engine_mode: "any",
    compatibility_mode: false,
    export_url: `/api/v3/flows/instances/${flow.slug}/export/`,
    layout: "stacked",
    denied_action: "message_continue",
    authentication: "none",
  });
}
