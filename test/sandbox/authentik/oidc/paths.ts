import type { Application, Provider } from "../state.ts";

export function oidcPaths(slug: string) {
  const own = `/application/o/${slug}/`;
  return {
    authorize: "/application/o/authorize/",
    token: "/application/o/token/",
    userinfo: "/application/o/userinfo/",
    jwks: `${own}jwks/`,
    discovery: `${own}.well-known/openid-configuration`,
    endSession: `${own}end-session/`,
  };
}

/** A new slug changes the issuer. */
export function issuerOf(origin: string, { issuer_mode }: Provider, { slug }: Application): string {
  return issuer_mode === "global" ? `${origin}/` : `${origin}/application/o/${slug}/`;
}
