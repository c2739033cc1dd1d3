import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { accessTag, type Owner, policyPrefix } from "../../core/domain/owner.ts";
import { redactPersonalData } from "../../core/text/redact.ts";
import { ApplicationResponse, applicationFrom } from "../access-application/application.ts";
import type { LoginMethod } from "./types.ts";

interface CloudflareContext {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
}

/**
 * Describes the foreign objects that need one of these login methods: applications and reusable
 * policies that name one, and applications that name none at all, because those offer every method.
 */
export async function dependentsOf(
  { cloudflare, account: account_id, owner }: CloudflareContext,
  methods: readonly Pick<LoginMethod, "id">[],
): Promise<readonly string[]> {
  // Ids are random, so an id in any field refers to the login method.
  const namesMethod = (it: object): boolean =>
    methods.some(({ id }) => JSON.stringify(it).includes(id));
  const [applications, policies] = await Promise.all([
    cloudflare.list("applications.list", ApplicationResponse, (sdk, page) =>
      sdk.zeroTrust.access.applications.list({ account_id, ...page }),
    ),
    cloudflare.list("policies.list", z.looseObject({ name: z.string() }), (sdk, page) =>
      sdk.zeroTrust.access.policies.list({ account_id, ...page }),
    ),
  ]);
  const foreign = applications.filter(
    (answer) => applicationFrom(answer, accessTag(owner)) === undefined,
  );
  const descriptions = [
    ...foreign
      .filter(namesMethod)
      .map(({ name }) => `the Access application "${name ?? ""}" uses it`),
    ...foreign
      .filter(offersEveryMethod)
      .map(({ name }) => `the Access application "${name ?? ""}" offers every login method`),
    ...policies
      .filter((it) => !it.name.startsWith(policyPrefix(owner)) && namesMethod(it))
      .map(({ name }) => `the Access policy "${name}" names it`),
  ];
  return descriptions.map(redactPersonalData);
}

/** Cloudflare's launcher only leads to other applications, and a bookmark requires no login. */
const offersEveryMethod = ({ allowed_idps, type }: ApplicationResponse): boolean =>
  (allowed_idps ?? []).length === 0 && type !== "app_launcher" && type !== "bookmark";
