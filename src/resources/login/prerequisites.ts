import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Problem, ProblemCode } from "../../core/domain/problem.ts";
import { inOrder } from "../contract/all-in-order.ts";
import { type MappingResponse, mappingsOf } from "./mapping.ts";
import type { LoginPrerequisites } from "./types.ts";

export interface FoundPrerequisites {
  readonly prerequisites: LoginPrerequisites | Problem;
  /** The path of scope mappings; known even if a prerequisite is missing. */
  readonly mappingsPath: string;
}

/** What the provider is built of. Looked up, because primary keys differ between installations. */
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
    prerequisites: selectPrerequisites({
      flow,
      authorization,
      invalidation,
      keys,
      mappings: mappings.all,
    }),
    mappingsPath: mappings.path,
  };
}

interface Lists {
  /** Slug of the desired authorization flow. */
  readonly flow: string;
  readonly authorization: readonly Flow[];
  readonly invalidation: readonly Flow[];
  readonly keys: readonly Key[];
  readonly mappings: readonly MappingResponse[];
}

function selectPrerequisites({
  flow,
  authorization,
  invalidation,
  keys,
  mappings,
}: Lists): LoginPrerequisites | Problem {
  const scopes = SCOPES.map((name) => scopeOf(mappings, name));
  if (authorization.length === 0 || scopes.includes(undefined)) return notReadyProblem();
  const authorizationFlow = authorization.find(({ slug }) => slug === flow);
  if (authorizationFlow === undefined)
    return noFlowProblem(flow, authorization.map(({ slug }) => slug).toSorted());
  const usable = usableKeys(keys);
  const key = usable.find(({ name }) => name === DEFAULT_KEY) ?? usable[0];
  if (key === undefined) return noKeyProblem();
  return {
    authorizationFlow: authorizationFlow.pk,
    invalidationFlow: invalidationOf(invalidation)?.pk,
    signingKey: key.pk,
    usableKeys: usable.map(({ pk }) => pk),
    scopes: scopes.flatMap((pk) => pk ?? []),
  };
}

const Flow = z.looseObject({ pk: z.string(), slug: z.string() });
type Flow = z.infer<typeof Flow>;

const flowsOf = (authentik: Authentik, designation: string): Promise<readonly Flow[]> =>
  authentik.list("flows.list", Flow, { path: "/flows/instances/", query: { designation } });

/**
 * The flow made for providers, which exists and is required from 2024.10 on; otherwise any. Older
 * versions ignore it.
 */
const invalidationOf = (flows: readonly Flow[]): Flow | undefined =>
  flows.find(({ slug }) => slug === "default-provider-invalidation-flow") ??
  flows.toSorted(bySlug)[0];

const bySlug = (a: Flow, b: Flow): number => (a.slug < b.slug ? -1 : 1);

/** Before 2025.12, `key_type` was called `private_key_type`. */
const Key = z.looseObject({
  pk: z.string(),
  name: z.string(),
  managed: z.string().nullish(),
  key_type: z.string().nullish(),
  private_key_type: z.string().nullish(),
});
type Key = z.infer<typeof Key>;

/**
 * Keys whose signatures Cloudflare can check: RSA and common elliptic curves. The internal key is
 * excluded, because Authentik signs its own tokens with it.
 */
const usableKeys = (keys: readonly Key[]): readonly Key[] =>
  keys
    .filter(
      (key) =>
        key.managed !== "goauthentik.io/crypto/jwt-managed" &&
        key.name !== "authentik Internal JWT Certificate" &&
        hasUsableType(key),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

const DEFAULT_KEY = "authentik Self-signed Certificate";

function hasUsableType({ name, key_type, private_key_type }: Key): boolean {
  const type = key_type ?? private_key_type ?? undefined;
  return type === undefined ? name === DEFAULT_KEY : ["rsa", "ec"].includes(type.toLowerCase());
}

const SCOPES = ["openid", "email", "profile"] as const;

/** The mapping that Authentik manages itself, else another one for the same scope. */
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

/** Each of these problems resolves itself while Authentik starts for the first time. */
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

/**
 * Authentik's worker creates flows and scopes after the first start, when the API already answers.
 */
const notReadyProblem = (): Problem =>
  problem(
    "CFA-AK-NOT-READY",
    "Authentik has not created its default flows and scopes yet",
    "nothing to do after a first start; else see docker compose logs of Authentik's worker",
  );

const noFlowProblem = (flow: string, others: readonly string[]): Problem =>
  problem(
    "CFA-AK-NO-FLOW",
    `Authentik has no authorization flow ${flow}`,
    `set CFAUTH_AUTHENTIK_FLOW to an existing one: ${others.join(", ")}`,
  );

const noKeyProblem = (): Problem =>
  problem(
    "CFA-AK-NO-KEY",
    "Authentik has no RSA or EC key to sign logins with, so Cloudflare could not check them",
    "generate one in Authentik under System → Certificates; cfauth then uses it",
  );
