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

/** All of them, and where: a filter by the managed id answers 400, not nothing, while the id is not there yet. */
export async function mappingsOf(
  authentik: Authentik,
): Promise<{ readonly path: string; readonly all: readonly MappingResponse[] }> {
  const list = async (path: string) => ({
    path,
    all: await authentik.list("scopes.list", MappingResponse, { path }),
  });
  return await list("/propertymappings/provider/scope/").catch((error: unknown) => {
    // Before 2024.8 it was elsewhere, and what is not there answers with a page for people.
    if (error instanceof ServiceError && error.status === 404)
      return list("/propertymappings/scope/");
    throw error;
  });
}

type Whose = Pick<ObservedGroups, "owner" | "claim">;

/** This owner's mapping, by its name, which Authentik keeps unique. */
export async function mappingOf(
  authentik: Authentik,
  path: string,
  { owner, claim }: Whose,
): Promise<Mapping | undefined> {
  const name = mappingName(owner);
  const found = await authentik.list("scopes.list", MappingResponse, { path, query: { name } });
  const mapping = found.find((it) => it.name === name);
  return mapping && mappingFrom(mapping, claim);
}

type GroupsChange = Extract<LoginChange, { readonly key: "login-groups" }>;

/**
 * Makes or changes it. A token that may not is no failure: then the direct groups must do.
 *
 * @throws {ServiceError} for every other refusal
 */
export async function writeMapping(
  authentik: Authentik,
  change: GroupsChange,
  { owner, claim }: Whose,
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
    // The answer to an earlier try may have been lost: then one of that name is there.
    const there =
      existing === undefined && error.code === "CFA-AK-REFUSED"
        ? await mappingOf(authentik, path, { owner, claim })
        : undefined;
    if (there === undefined) throw error;
    return { mapping: there };
  }
}

/** Nobody asks for one that was given another scope: it is as good as empty. */
const mappingFrom = ({ pk, scope_name, expression }: MappingResponse, claim: string): Mapping => ({
  pk,
  expression: scope_name === claim ? expression : "",
});
