/** `cfauth run` with a minimal fake engine: what the metrics show while Cloudflare rejects cfauth for a while. */
import { expect, it } from "vitest";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { type Scrape, scraped } from "../../unit/metrics/exposition.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { type Running, running } from "./running.ts";

async function scrape({ url }: Running): Promise<Scrape> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return scraped(await answer.text());
}

/** Cloudflare's answer to a token that lacks a permission. */
const REFUSAL = {
  success: false,
  errors: [{ code: 10000, message: "Authentication error" }],
  messages: [],
  result: null,
};

const one = (scrape: Scrape, name: string, labels = ""): number =>
  scrape.of(name)[labels] ?? Number.NaN;

it("the metrics show a route that opens, Cloudflare rejecting and accepting the token, and a DNS record deleted by hand", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({ Labels: { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80" } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  await using cfauth = await running({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
  });
  const when = async (what: string, so: (scrape: Scrape) => boolean): Promise<Scrape> => {
    let last: Scrape | undefined;
    const ask = async (): Promise<boolean> => {
      last = await scrape(cfauth);
      return so(last);
    };
    await until(ask, what);
    return last ?? scrape(cfauth);
  };
  const route = `{hostname="app.${sandbox.zone}",path=""}`;

  const before = await when("the route is live", (it) => one(it, "cfauth_route_live", route) === 1);
  expect(before.of("cfauth_up")).toEqual({
    '{api="docker"}': 1,
    '{api="cloudflare"}': 1,
    '{api="authentik"}': 1,
  });
  expect(one(before, "cfauth_docker_event_stream_up")).toBe(1);
  expect(one(before, "cfauth_routes", '{state="live",access="authentik"}')).toBe(1);
  expect(one(before, "cfauth_changes_total", '{kind="ingress",action="create",result="ok"}')).toBe(
    1,
  );
  expect(
    one(before, "cfauth_api_requests_total", '{api="docker",method="GET",status="2xx"}'),
  ).toBeGreaterThanOrEqual(2);
  expect(
    one(before, "cfauth_api_requests_total", '{api="authentik",method="POST",status="2xx"}'),
  ).toBeGreaterThan(0);
  expect(one(before, "cfauth_api_rate_limit_remaining", '{api="cloudflare"}')).toBeGreaterThan(
    1_000,
  );
  expect(one(before, "cfauth_last_change_timestamp_seconds")).toBeGreaterThan(
    Date.now() / 1_000 - 60,
  );
  expect(before.of("cfauth_passes_total")['{result="failed"}']).toBe(0);

  sandbox.controls.fault(
    ({ api }) => api === "cloudflare",
    { kind: "status", status: 403, body: REFUSAL },
    Number.POSITIVE_INFINITY,
  );
  const during = await when(
    "Cloudflare refuses",
    (it) => one(it, "cfauth_up", '{api="cloudflare"}') === 0,
  );
  expect(one(during, "cfauth_problems", '{severity="error",code="CFA-CF-PERMISSION"}')).toBe(1);
  expect(one(during, "cfauth_passes_total", '{result="failed"}')).toBeGreaterThan(0);
  expect(
    one(during, "cfauth_api_requests_total", '{api="cloudflare",method="GET",status="4xx"}'),
  ).toBeGreaterThan(0);
  // Deployed routes stay deployed, and the metrics still say so.
  expect(one(during, "cfauth_route_live", route)).toBe(1);

  sandbox.controls.heal();
  const after = await when(
    "Cloudflare accepts the token again",
    (it) => one(it, "cfauth_up", '{api="cloudflare"}') === 1,
  );
  expect(one(after, "cfauth_problems", '{severity="error",code="CFA-CF-PERMISSION"}')).toBe(0);
  expect(one(after, "cfauth_last_pass_success_timestamp_seconds")).toBeGreaterThan(
    one(during, "cfauth_last_pass_success_timestamp_seconds"),
  );
  expect(one(after, "cfauth_drift_corrected_total", '{kind="dns"}')).toBe(0);

  sandbox.cloudflare.state.records.clear();
  await when(
    "cfauth restores the DNS record",
    (it) => one(it, "cfauth_drift_corrected_total", '{kind="dns"}') === 1,
  );
});
