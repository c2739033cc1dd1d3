/** The Python expressions of Authentik's default scope mappings. */

export const NOTHING = "return {}";

export const EMAIL = (verified: boolean): string => `return {
    "email": request.user.email,
    "email_verified": ${verified ? "True" : "False"}
}`;

export const PROFILE = `return {
    # Because authentik only saves the user's full name, and has no concept of first and last names,
    # the full name is used as given name.
    "name": request.user.name,
    "given_name": request.user.name,
    "preferred_username": request.user.username,
    "nickname": request.user.username,
    "groups": [group.name for group in request.user.groups.all()],
}`;

export const ENTITLEMENTS = `return {
    "entitlements": [entitlement.name for entitlement in request.user.app_entitlements(provider.application)],
    "roles": [entitlement.name for entitlement in request.user.app_entitlements(provider.application)],
}`;
