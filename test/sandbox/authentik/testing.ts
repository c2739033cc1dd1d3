import { createControls, type LiveControls } from "../controls.ts";
import { type Authentik, type AuthentikOptions, startAuthentik } from "./index.ts";
import type { Application, Provider } from "./state.ts";

export interface Reply {
  readonly status: number;
  /** Loosely typed, because tests compare the whole body. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape that it asks for
  readonly body: any;
}

export interface Opened extends Authentik {
  readonly controls: LiveControls;
  /** `path` is below `/api/v3`. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
}

interface Options extends Partial<AuthentikOptions> {
  /** The test sends invalid requests, so only the sandbox's answers are checked against the schema. */
  readonly clumsy?: boolean;
}

export const PUBLIC_ORIGIN = "http://auth.example.localhost:8787";
export const CALLBACK = "https://sandbox.cloudflareaccess.com/cdn-cgi/access/callback";

/** Closing it throws if a request or answer broke the vendor's schema, or if the sandbox failed. */
export async function openAuthentik({ clumsy = false, ...options }: Options = {}): Promise<Opened> {
  const controls = options.controls ?? createControls();
  const authentik = await startAuthentik({ publicOrigin: PUBLIC_ORIGIN, ...options, controls });
  const dispose = async (): Promise<void> => {
    await authentik.close();
    const broken = controls.violations.filter(
      (violation) => !clumsy || !violation.includes(" request: "),
    );
    if (broken.length > 0) throw new Error(`the vendor's schema was broken:\n${broken.join("\n")}`);
  };
  return { ...authentik, controls, ask: asking(authentik), [Symbol.asyncDispose]: dispose };
}

/** Calls the API with the token. */
export function asking(authentik: Authentik): Opened["ask"] {
  return (...call) => request(authentik, ...call);
}

async function request(
  { url, state }: Authentik,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const init = {
    method,
    headers: {
      authorization: `Bearer ${state.apiToken.key}`,
      "content-type": "application/json",
      ...headers,
    },
  };
  const response = await fetch(
    `${url}/api/v3${path}`,
    body === undefined ? init : { ...init, body: JSON.stringify(body) },
  );
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

export interface Wired {
  readonly provider: Provider;
  readonly application: Application;
}

/** Creates a provider for Access and its application, as a client would. */
export async function wire(
  { ask, state }: Pick<Opened, "ask" | "state">,
  provider: object = {},
  application: object = {},
): Promise<Wired> {
  const made = await ask("POST", "/providers/oauth2/", { ...wholeProvider(state), ...provider });
  const opened = await ask("POST", "/core/applications/", {
    name: "Tunnel",
    slug: "cf-tunnel-access",
    provider: made.body.pk,
    ...application,
  });
  if (made.status !== 201 || opened.status !== 201)
    throw new Error(JSON.stringify([made.body, opened.body]));
  return {
    provider: state.providers.at(-1) as Provider,
    application: state.applications.at(-1) as Application,
  };
}

export function wholeProvider(state: Authentik["state"]): Record<string, unknown> {
  return {
    name: "cf-tunnel-access",
    authorization_flow: flowKey(state, "default-provider-authorization-explicit-consent"),
    invalidation_flow: flowKey(state, "default-provider-invalidation-flow"),
    signing_key: state.certificates[0]?.pk,
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: [{ matching_mode: "strict", url: CALLBACK, redirect_uri_type: "authorization" }],
    property_mappings: state.scopeMappings
      .filter(({ scope_name }) => ["openid", "email", "profile"].includes(scope_name))
      .map(({ pk }) => pk),
  };
}

export function flowKey({ flows }: Authentik["state"], slug: string): string | undefined {
  return flows.find((flow) => flow.slug === slug)?.pk;
}
