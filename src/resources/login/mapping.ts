import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import { ServiceError } from "../../core/errors.ts";
import { mappingName } from "./claim.ts";
import type { LoginChange, Mapping, ObservedGroups } from "./types.ts";

export const MappingResponse = z.looseObject({
  pk: z.string(),
  name: z.string(),
  scope_name: z.string(),
  expression: z.string(),
  managed: z.string().nullish(),
});
export type MappingResponse = z.infer<typeof MappingResponse>;

/**
 * All scope mappings, and their path. There is no filter, because Authentik answers 400 to a filter
 * by a managed id that does not exist yet.
 */
export async function mappingsOf(
  authentik: Authentik,
): Promise<{ readonly path: string; readonly all: readonly MappingResponse[] }> {
  const list = async (path: string) => ({
    path,
    all: await authentik.list("scopes.list", MappingResponse, { path }),
  });
  return await list("/propertymappings/provider/scope/").catch((error: unknown) => {
    // Before 2024.8 the path was different. An unknown path answers 404 with an HTML page.
    if (error instanceof ServiceError && error.status === 404)
      return list("/propertymappings/scope/");
    throw error;
  });
}

type MappingIdentity = Pick<ObservedGroups, "owner" | "claim">;

/** This owner's mapping, found by its name, which is unique in Authentik. */
export async function mappingOf(
  authentik: Authentik,
  path: string,
  { owner, claim }: MappingIdentity,
): Promise<Mapping | undefined> {
  const name = mappingName(owner);
  const all = await authentik.list("scopes.list", MappingResponse, { path, query: { name } });
  const mapping = all.find((it) => it.name === name);
  return mapping && mappingFrom(mapping, claim);
}

type GroupsChange = Extract<LoginChange, { readonly key: "login-groups" }>;

/**
 * Creates or updates the mapping. If the token lacks the permission, this is no failure: the direct
 * groups are used instead.
 *
 * @throws {ServiceError} for every other refusal
 */
export async function writeMapping(
  authentik: Authentik,
  change: GroupsChange,
  { owner, claim }: MappingIdentity,
): Promise<Partial<ObservedGroups>> {
  const { existing, path, expression } = change;
  const name = mappingName(owner);
  try {
    const answer =
      existing === undefined
        ? await authentik.request("scopes.create", MappingResponse, {
            method: "POST",
            path,
            body: { name, scope_name: claim, expression, description: "" },
          })
        : await authentik.request("scopes.update", MappingResponse, {
            method: "PATCH",
            path: `${path}${existing.pk}/`,
            body: { scope_name: claim, expression },
          });
    return { mapping: mappingFrom(answer, claim) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === "CFA-AK-PERMISSION") return { canWriteMapping: false };
    // The answer to an earlier attempt may have been lost: then a mapping of that name exists.
    const created =
      existing === undefined && error.code === "CFA-AK-REFUSED"
        ? await mappingOf(authentik, path, { owner, claim })
        : undefined;
    if (created === undefined) throw error;
    return { mapping: created };
  }
}

/** A mapping with another scope counts as empty, because no login requests that scope. */
const mappingFrom = ({ pk, scope_name, expression }: MappingResponse, claim: string): Mapping => ({
  pk,
  expression: scope_name === claim ? expression : "",
});
