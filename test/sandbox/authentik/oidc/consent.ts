import type { AuthentikState, Provider, User } from "../state.ts";

/** Whether to skip the consent page: the flow has none, or the user has consented to exactly these scopes. */
export function consented(
  { flows, consents }: AuthentikState,
  provider: Provider,
  user: User,
  scopes: string,
): boolean {
  if (!flows.find(({ pk }) => pk === provider.authorization_flow)?.asksConsent) return true;
  return consents.some(
    (each) =>
      each.user === user.pk && each.provider === provider.pk && each.scopes === sorted(scopes),
  );
}

export function consent(
  { consents }: AuthentikState,
  provider: Provider,
  user: User,
  scopes: string,
): void {
  consents.push({ user: user.pk, provider: provider.pk, scopes: sorted(scopes) });
}

function sorted(scopes: string): string {
  return scopes.split(" ").filter(Boolean).toSorted().join(" ");
}
