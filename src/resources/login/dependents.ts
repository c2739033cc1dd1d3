import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { accessTag, type Owner, policyPrefix } from "../../core/domain/owner.ts";
import { redactPersonalData } from "../../core/text/redact.ts";
import { ApplicationResponse, applicationFrom } from "../access-application/application.ts";
import type { LoginMethod } from "./types.ts";

interface Hands {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
}

/**
 * What of others needs one of these login methods, in words: applications and reusable policies that name it anywhere, and
 * applications that name no login method at all, since these offer every one.
 */
export async function dependentsOf(
  { cloudflare, account: account_id, owner }: Hands,
  methods: readonly Pick<LoginMethod, "id">[],
): Promise<readonly string[]> {
  // Ids are random: where one stands, in whatever field, it is meant.
  const names = (it: object): boolean => methods.some(({ id }) => JSON.stringify(it).includes(id));
  const [applications, policies] = await Promise.all([
    cloudflare.list("applications.list", ApplicationResponse, (sdk, page) =>
      sdk.zeroTrust.access.applications.list({ account_id, ...page }),
    ),
    cloudflare.list("policies.list", z.looseObject({ name: z.string() }), (sdk, page) =>
      sdk.zeroTrust.access.policies.list({ account_id, ...page }),
    ),
  ]);
  const theirs = applications.filter(
    (answer) => applicationFrom(answer, accessTag(owner)) === undefined,
  );
  const found = [
    ...theirs.filter(names).map(({ name }) => `the Access application "${name ?? ""}" uses it`),
    ...theirs
      .filter(offersAll)
      .map(({ name }) => `the Access application "${name ?? ""}" offers every login method`),
    ...policies
      .filter((it) => !it.name.startsWith(policyPrefix(owner)) && names(it))
      .map(({ name }) => `the Access policy "${name}" names it`),
  ];
  return found.map(redactPersonalData);
}

/** Cloudflare's own launcher leads only to what there is otherwise, and a bookmark asks nobody. */
const offersAll = ({ allowed_idps, type }: ApplicationResponse): boolean =>
  (allowed_idps ?? []).length === 0 && type !== "app_launcher" && type !== "bookmark";
