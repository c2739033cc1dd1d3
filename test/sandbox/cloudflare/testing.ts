import { createControls, type LiveControls } from "../controls.ts";
import { type Cloudflare, type CloudflareOptions, startCloudflare } from "./index.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it whole or reach for one field
  readonly result: any;
  readonly info: unknown;
  /** Of the first error. */
  readonly code: number | undefined;
}

export interface Opened extends Cloudflare {
  readonly controls: LiveControls;
  /** `path` may begin with `@`, which stands for `/accounts/<the account>`. */
  ask(method: string, path: string, body?: unknown): Promise<Reply>;
}

interface Options extends Partial<CloudflareOptions> {
  /** The test sends what no schema allows; only the sandbox's answers are held against it then. */
  readonly clumsy?: boolean;
}

/** A Cloudflare with the zone `example.com`. Closing it throws when traffic broke the vendor's schema. */
export async function openCloudflare({
  clumsy = false,
  ...options
}: Options = {}): Promise<Opened> {
  const controls = options.controls ?? createControls();
  const cloudflare = await startCloudflare({
    zones: ["example.com"],
    team: "sandbox",
    ...options,
    controls,
  });
  const ask = (method: string, path: string, body?: unknown) =>
    request(cloudflare, method, path, body);
  const dispose = async (): Promise<void> => {
    await cloudflare.close();
    const broken = controls.violations.filter(
      (violation) => !clumsy || !violation.includes(" request: "),
    );
    if (broken.length > 0) throw new Error(`the vendor's schema was broken:\n${broken.join("\n")}`);
  };
  return { ...cloudflare, controls, ask, [Symbol.asyncDispose]: dispose };
}

async function request(
  { url, state }: Cloudflare,
  method: string,
  path: string,
  body: unknown,
): Promise<Reply> {
  const headers = { authorization: `Bearer ${state.token}`, "content-type": "application/json" };
  const init =
    body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(url + path.replace(/^@/, `/accounts/${state.accountId}`), init);
  const envelope = await response.json();
  const {
    result,
    result_info: info,
    errors,
  } = envelope as { result: unknown; result_info: unknown; errors?: { code: number }[] };
  return {
    status: response.status,
    headers: response.headers,
    result,
    info,
    code: errors?.[0]?.code,
  };
}

export function zoneId({ state }: Cloudflare, name = "example.com"): string {
  const zone = [...state.zones.values()].find((candidate) => candidate.name === name);
  if (!zone) throw new Error(`no zone ${name}`);
  return zone.id;
}
