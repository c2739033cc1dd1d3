import { it } from "vitest";
import { permissions } from "../../src/clients/authentik/permissions.ts";
import { tcp, workload } from "../builders.ts";
import { seedApp } from "../sandbox/cloudflare/seed.ts";
import { type Clinic, clinic } from "./clinic.ts";
import { mayOnly } from "./others.ts";

const cases: Record<string, (c: Clinic) => void> = {
  good: () => {},
  dockerDenied: (c) => {
    c.engine.broken = "EACCES";
  },
  dockerDown: (c) => {
    c.engine.broken = "ECONNREFUSED";
  },
  proxyEvents: (c) => {
    c.engine.refused.push("/events");
  },
  proxyList: (c) => {
    c.engine.refused.push("/containers/json");
  },
  network: (c) => {
    c.engine.networks = [];
    c.engine.containers = [workload({}, { name: "x", networks: { home_tunnel: { ip: undefined } } })];
  },
  perms: (c) => {
    c.at.sandbox.cloudflare.state.denied.add("apps:edit");
    c.at.sandbox.cloudflare.state.denied.add("login");
  },
  permApps: (c) => {
    c.at.sandbox.cloudflare.state.denied.add("apps:edit");
  },
  permDns: (c) => {
    c.at.sandbox.cloudflare.state.denied.add("dns:edit");
  },
  permZone: (c) => {
    c.at.sandbox.cloudflare.state.denied.add("zones");
  },
  permTunnel: (c) => {
    c.at.sandbox.cloudflare.state.denied.add("tunnel");
  },
  tokenRefused: (c) => {
    c.settings["CLOUDFLARE_API_TOKEN"] = "another-token-value";
  },
  noZT: (c) => {
    c.at.sandbox.cloudflare.state.zeroTrust = false;
  },
  down: (c) => {
    const { tunnels } = c.at.sandbox.cloudflare.state;
    for (const t of tunnels.values()) tunnels.set(t.id, { ...t, status: "down" });
  },
  local: (c) => {
    const { tunnels } = c.at.sandbox.cloudflare.state;
    for (const t of tunnels.values()) tunnels.set(t.id, { ...t, config_src: "local" });
  },
  akToken: (c) => {
    c.settings["AUTHENTIK_TOKEN"] = "another-ak-token";
  },
  akPerm: (c) => {
    mayOnly(
      c.at.sandbox,
      permissions.filter((it) => it !== "authentik_core.add_application"),
    );
  },
  akPerm2: (c) => {
    mayOnly(
      c.at.sandbox,
      permissions.filter((it) => !it.includes("view_flow") && !it.includes("policybinding")),
    );
  },
  akUnreach: (c) => {
    c.settings["AUTHENTIK_API_URL"] = "http://127.0.0.1:9";
  },
  secret: (c) => {
    const [p] = c.at.sandbox.authentik.state.providers;
    if (p) p.client_secret = "x".repeat(64);
  },
  redirect: (c) => {
    const [p] = c.at.sandbox.authentik.state.providers;
    if (p) p.redirect_uris = [];
  },
  method: (c) => {
    for (const m of c.at.sandbox.cloudflare.state.identityProviders.values()) m.config["client_id"] = "other";
  },
  nokey: (c) => {
    const [p] = c.at.sandbox.authentik.state.providers;
    if (p) p.signing_key = null;
  },
  behind: (c) => {
    seedApp(c.at.sandbox.cloudflare.state, { domain: "*.home.localhost", name: "Homelab" });
  },
  deep: (c) => {
    c.engine.containers.push(workload({ "cfauth.hostname": "grafana.lab.home.localhost" }, { name: "grafana", ports: [tcp(3000)] }));
  },
  typo: (c) => {
    c.engine.containers.push(
      workload(
        { "cfauth.hostname": "g.home.localhost", "cfauth.acess": "public", "cfauth.access.emails": "bob@@example.com" },
        { name: "g", ports: [tcp(3000)] },
      ),
    );
  },
  noDaemon: (c) => {
    c.beside = undefined;
    c.engine.containers = [];
  },
  twoDaemons: (c) => {
    c.engine.containers = [];
    if (c.beside) c.beside = { ...c.beside, routes: [] };
  },
};
const only = process.env["CASES"]?.split(",");
it("x", async () => {
  for (const [name, ill] of Object.entries(cases)) {
    if (only && !only.includes(name)) continue;
    await using at = await clinic();
    ill(at);
    const { code, out } = await at.text();
    process.stdout.write(`\n##### ${name} ${code}\n${out}`);
  }
});
