import { isFoundOn } from "../core/domain/networks.ts";
import { splitList } from "../core/text/list.ts";
import type { SettingFault } from "./fault.ts";
import { parseConnectorToken, parseTunnel } from "./tunnel.ts";

/** Settings that are valid on their own but contradict each other. */
export function contradictions(texts: Readonly<Record<string, string>>): readonly SettingFault[] {
  return [...twoTunnels(texts), ...publicByDefaultButForbidden(texts), ...networkWithoutDns(texts)];
}

/**
 * Docker resolves no names on its default networks. On some of them a container can be reached by
 * address.
 */
function networkWithoutDns(texts: Readonly<Record<string, string>>): readonly SettingFault[] {
  const target = texts["CFAUTH_TARGET"] === "ip" ? "ip" : "name";
  const wrong = splitList(texts["CFAUTH_NETWORK"] ?? "").find(
    (network) => !isFoundOn(network, target),
  );
  return wrong === undefined
    ? []
    : [
        {
          name: "CFAUTH_NETWORK",
          why: "names a network without Docker's name resolution",
          fix: "run `docker network create tunnel`, connect cloudflared and your services to it, and write tunnel",
        },
      ];
}

const publicByDefaultButForbidden = (
  texts: Readonly<Record<string, string>>,
): readonly SettingFault[] =>
  texts["CFAUTH_DEFAULT_ACCESS"] === "public" && texts["CFAUTH_ALLOW_PUBLIC"] === "false"
    ? [
        {
          name: "CFAUTH_DEFAULT_ACCESS",
          why: "makes every route public, but CFAUTH_ALLOW_PUBLIC forbids public routes",
          fix: "remove CFAUTH_DEFAULT_ACCESS, or set CFAUTH_ALLOW_PUBLIC=true",
        },
      ]
    : [];

function twoTunnels(texts: Readonly<Record<string, string>>): readonly SettingFault[] {
  const token = parseConnectorToken(texts["TUNNEL_TOKEN"] ?? "");
  if (!token.ok) return [];
  const account = texts["CLOUDFLARE_ACCOUNT_ID"]?.toLowerCase();
  const tunnel = parseTunnel(texts["CFAUTH_TUNNEL"] ?? "");
  const otherTunnel =
    tunnel.ok && tunnel.value.by === "id" && tunnel.value.id !== token.value.tunnelId;
  return [
    ...(account === undefined || account === token.value.accountId
      ? []
      : [differentFault("CLOUDFLARE_ACCOUNT_ID", "account")]),
    ...(otherTunnel ? [differentFault("CFAUTH_TUNNEL", "tunnel")] : []),
  ];
}

const differentFault = (name: string, what: string): SettingFault => ({
  name,
  why: `names a different ${what} than TUNNEL_TOKEN`,
  fix: `remove ${name}: the token already contains the ${what}`,
});
