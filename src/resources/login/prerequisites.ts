import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Problem, ProblemCode } from "../../core/domain/problem.ts";
import { inOrder } from "../contract/all-in-order.ts";
import { type MappingResponse, mappingsOf } from "./mapping.ts";
import type { LoginPrerequisites } from "./types.ts";

export interface FoundPrerequisites {
  readonly prerequisites: LoginPrerequisites | Problem;
  /** Where scope mappings are, known whatever is lacking. */
  readonly mappingsPath: string;
}

/** What the provider is built of: looked up each time, because its keys differ from one Authentik to the next. */
export async function observePrerequisites(
  authentik: Authentik,
  flow: string,
): Promise<FoundPrerequisites> {
  const [authorization, invalidation, keys, mappings] = await inOrder([
    flowsOf(authentik, "authorization"),
    flowsOf(authentik, "invalidation"),
    authentik.list("keys.list", Key, {
      path: "/crypto/certificatekeypairs/",
      query: { has_key: true },
    }),
    mappingsOf(authentik),
  ]);
  return {
    prerequisites: built({ flow, authorization, invalidation, keys, mappings: mappings.all }),
    mappingsPath: mappings.path,
  };
}

interface Lists {
  /** Slug of the authorization flow that is wanted. */
  readonly flow: string;
  readonly authorization: readonly Flow[];
  readonly invalidation: readonly Flow[];
  readonly keys: readonly Key[];
  readonly mappings: readonly MappingResponse[];
}

function built({
  flow,
  authorization,
  invalidation,
  keys,
  mappings,
}: Lists): LoginPrerequisites | Problem {
  const scopes = SCOPES.map((name) => scopeOf(mappings, name));
  if (authorization.length === 0 || scopes.includes(undefined)) return notReady();
  const wanted = authorization.find(({ slug }) => slug === flow);
  if (wanted === undefined) return noFlow(flow, authorization.map(({ slug }) => slug).toSorted());
  const fit = fitting(keys);
  const key = fit.find(({ name }) => name === USUAL_KEY) ?? fit[0];
  if (key === undefined) return noKey();
  return {
    authorizationFlow: wanted.pk,
    invalidationFlow: invalidationOf(invalidation)?.pk,
    signingKey: key.pk,
    usableKeys: fit.map(({ pk }) => pk),
    scopes: scopes.flatMap((pk) => pk ?? []),
  };
}

const Flow = z.looseObject({ pk: z.string(), slug: z.string() });
type Flow = z.infer<typeof Flow>;

const flowsOf = (authentik: Authentik, designation: string): Promise<readonly Flow[]> =>
  authentik.list("flows.list", Flow, { path: "/flows/instances/", query: { designation } });

/** The one made for providers, which is there from 2024.10 on and needed from then; else any. Older versions ignore it. */
const invalidationOf = (flows: readonly Flow[]): Flow | undefined =>
  flows.find(({ slug }) => slug === "default-provider-invalidation-flow") ??
  flows.toSorted(bySlug)[0];

const bySlug = (a: Flow, b: Flow): number => (a.slug < b.slug ? -1 : 1);

/** The kind of key was `private_key_type` before 2025.12. */
const Key = z.looseObject({
  pk: z.string(),
  name: z.string(),
  managed: z.string().nullish(),
  key_type: z.string().nullish(),
  private_key_type: z.string().nullish(),
});
type Key = z.infer<typeof Key>;

/** What Cloudflare can check signatures of: RSA and the usual elliptic curves. Authentik signs its own tokens with the internal one. */
const fitting = (keys: readonly Key[]): readonly Key[] =>
  keys
    .filter(
      (key) =>
        key.managed !== "goauthentik.io/crypto/jwt-managed" &&
        key.name !== "authentik Internal JWT Certificate" &&
        fits(key),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

const USUAL_KEY = "authentik Self-signed Certificate";

function fits({ name, key_type, private_key_type }: Key): boolean {
  const type = key_type ?? private_key_type ?? undefined;
  return type === undefined ? name === USUAL_KEY : ["rsa", "ec"].includes(type.toLowerCase());
}

const SCOPES = ["openid", "email", "profile"] as const;

/** The mapping that Authentik manages itself, else one that somebody made for the same scope. */
function scopeOf(mappings: readonly MappingResponse[], scope: string): string | undefined {
  const managed = mappings.find(
    (it) => it.managed === `goauthentik.io/providers/oauth2/scope-${scope}`,
  );
  return (
    managed ??
    mappings
      .filter((it) => it.scope_name === scope)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))[0]
  )?.pk;
}

/** Each goes by itself while Authentik starts for the first time. */
const problem = (code: ProblemCode, message: string, fix: string): Problem => ({
  code,
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message,
  effect: "unchanged",
  fix,
  passing: true,
});

/** Flows and scopes are made by its worker after the first start, when the API answers already. */
const notReady = (): Problem =>
  problem(
    "CFA-AK-NOT-READY",
    "Authentik has not yet made its default flows and scopes",
    "nothing to do after a first start; else see docker compose logs of Authentik's worker",
  );

const noFlow = (flow: string, others: readonly string[]): Problem =>
  problem(
    "CFA-AK-NO-FLOW",
    `Authentik has no authorization flow ${flow}`,
    `set CFAUTH_AUTHENTIK_FLOW to one that is there: ${others.join(", ")}`,
  );

const noKey = (): Problem =>
  problem(
    "CFA-AK-NO-KEY",
    "Authentik has no RSA or EC key to sign logins with, so Cloudflare could not check them",
    "Authentik → System → Certificates → Generate: cfauth takes it",
  );
