import { type ResourceDefinition, removable, simulateEach } from "../contract/definition.ts";
import { formatValue } from "../contract/format-value.ts";
import { mappingName } from "./claim.ts";
import { diffLogin } from "./diff.ts";
import { simulateLogin } from "./simulate.ts";
import { whyMethodStays, whyProviderStays } from "./teardown.ts";
import type { LoginChange, ObservedLogin } from "./types.ts";

const LABELS: Readonly<Record<LoginChange["key"], string>> = {
  "login-provider": "Authentik provider",
  "login-application": "Authentik application",
  "login-groups": "groups in the login",
  "login-method": "login method",
  "login-method-gone": "login method",
  "login-application-gone": "Authentik application",
  "login-provider-gone": "Authentik provider",
  "login-groups-gone": "groups in the login",
};

export const login: ResourceDefinition<
  ObservedLogin,
  LoginChange,
  { readonly login: ObservedLogin }
> = {
  kind: "login",
  service: ({ key }) => (key.startsWith("login-method") ? "cloudflare" : "authentik"),
  actions: ["create", "update"],
  perRoute: false,
  batched: false,
  label: ({ key }) => LABELS[key],
  summarise: ({ key }, after) => (key === "login-groups" ? formatValue(after["groups"]) : ""),
  diff: diffLogin,
  simulate: simulateEach(simulateLogin),
  countForeign: () => 0,
  listOwned({ login: observed }, owner) {
    const { application, provider, method, groups, duplicates = [], settings } = observed;
    const methods = method === undefined ? [] : [method, ...duplicates];
    return [
      ...(groups.mapping === undefined ? [] : [removable(`scope mapping ${mappingName(owner)}`)]),
      ...(whyMethodStays(observed) === undefined ? methods : []).map(() =>
        removable(`login method ${settings.slug}`),
      ),
      ...(whyProviderStays(observed) === undefined
        ? [
            application && removable(`Authentik application ${application.slug}`),
            provider && removable(`Authentik provider ${provider.name}`),
          ]
        : []
      ).filter((it) => it !== undefined),
    ];
  },
};
