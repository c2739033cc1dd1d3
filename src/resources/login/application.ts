import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import { isNotFound } from "../../clients/not-found.ts";
import type { LoginApplication } from "./types.ts";

const ApplicationAnswer = z.looseObject({
  slug: z.string(),
  name: z.string(),
  provider: z.number().nullish(),
  meta_launch_url: z.string().nullish(),
  meta_hide: z.boolean().nullish(),
});

/**
 * Read by its own URL: the list comes from a cache that ignores filters (goauthentik#17064, checked
 * 2026-11).
 */
export async function applicationOf(
  authentik: Authentik,
  slug: string,
): Promise<LoginApplication | undefined> {
  try {
    return applicationFrom(
      await authentik.request("applications.get", ApplicationAnswer, {
        path: `/core/applications/${slug}/`,
      }),
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Hidden from the library, because its tile would lead nowhere: before 2026.5 by its launch URL,
 * from then on by a field of its own.
 */
export async function createApplication(
  authentik: Authentik,
  slug: string,
  provider: number,
): Promise<LoginApplication> {
  const body = { name: slug, slug, provider, meta_publisher: "cfauth", ...HIDE };
  return applicationFrom(
    await authentik.request("applications.create", ApplicationAnswer, {
      method: "POST",
      path: "/core/applications/",
      body,
    }),
  );
}

const HIDE = { meta_launch_url: "blank://blank", meta_hide: true };

/** If someone chose a launch URL, it stays. */
export async function updateApplication(
  authentik: Authentik,
  { slug, inLibrary }: LoginApplication,
  provider: number,
): Promise<LoginApplication> {
  const request = {
    method: "PATCH",
    path: `/core/applications/${slug}/`,
    body: { provider, ...(inLibrary && HIDE) },
  } as const;
  return applicationFrom(
    await authentik.request("applications.update", ApplicationAnswer, request),
  );
}

const applicationFrom = ({
  slug,
  name,
  provider,
  meta_launch_url,
  meta_hide,
}: z.infer<typeof ApplicationAnswer>): LoginApplication => ({
  slug,
  name,
  provider: provider ?? undefined,
  inLibrary: meta_hide !== true && !meta_launch_url,
});
