import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { Api, Call } from "./call.ts";
import {
  closed,
  loadDocument,
  type Node,
  type Operation,
  operations,
  type Parameter,
} from "./openapi.ts";
import { type Answer, matchPath } from "./routes.ts";

/** Reports where a request or an answer breaks the vendor's schema: `cloudflare POST /zones/{zone_id}/dns_records request: /ttl …`. */
export interface Contract {
  request(call: Call): readonly string[];
  answer(call: Call, answer: Answer): readonly string[];
}

/** Where the published schema is known to be wrong or too weak. */
export interface Profile {
  readonly api: Api;
  /** A stricter schema (`#/components/…`) for this body than the published one. */
  readonly bodySchema?: (operation: Operation, body: unknown) => string | undefined;
  /** The body as the schema should see it. */
  readonly body?: (operation: Operation, body: unknown, call: Call) => unknown;
  /** The same for an answer's body. */
  readonly answer?: (operation: Operation, body: unknown) => unknown;
  /** The schema of every answer with status 400 or above, instead of the published ones. */
  readonly errorSchema?: string;
}

/** `undefined` if CFAUTH_OPENAPI_DIR is unset. */
export function createContract(file: string, profile: Profile): Contract | undefined {
  const vendor = vendorOf(file);
  if (!vendor) return undefined;
  const { known, published, guarded, texts } = vendor;

  const request = (call: Call): string[] => {
    const operation = find(known, call);
    if (!operation) return [];
    const faults = [...queryFaults(texts, operation, call), ...pathFaults(texts, operation, call)];
    const pointer = profile.bodySchema?.(operation, call.body) ?? operation.body;
    if (pointer && call.body !== undefined) {
      const body = profile.body ? profile.body(operation, call.body, call) : call.body;
      const wrong = published(pointer, body);
      faults.push(...(wrong.length > 0 ? wrong : guarded(pointer, body)));
    } else if (call.body !== undefined && call.method !== "DELETE")
      faults.push("a body where none is declared");
    return faults.map(
      (fault) => `${profile.api} ${operation.method} ${operation.path} request: ${fault}`,
    );
  };

  const answer = (call: Call, { status, body }: Answer): string[] => {
    const operation = find(known, call);
    if (!operation)
      return status < 400
        ? [`${profile.api} ${call.method} ${call.path}: the vendor has no such operation`]
        : [];
    const name = `${profile.api} ${operation.method} ${operation.path} answer ${status}`;
    const schema = answerSchema(operation, status, profile);
    if (schema === undeclared) return status < 400 ? [`${name}: this status is not declared`] : [];
    if (schema === undefined)
      return body === undefined ? [] : [`${name}: a body where none is declared`];
    return published(schema, profile.answer ? profile.answer(operation, body) : body).map(
      (fault) => `${name}: ${fault}`,
    );
  };

  return { request, answer };
}

interface Vendor {
  readonly known: readonly Operation[];
  readonly published: Validate;
  /** For requests: also refuses undeclared fields. */
  readonly guarded: Validate;
  /** For values from a URL. */
  readonly texts: Validate;
}

/** By file. Compiling a document for each sandbox would take longer than most tests. */
const vendors = new Map<string, Vendor>();

function vendorOf(file: string): Vendor | undefined {
  const kept = vendors.get(file);
  if (kept) return kept;
  const document = loadDocument(file);
  if (!document) return undefined;
  const vendor = {
    known: operations(document),
    published: validator(document),
    guarded: validator(closed(document)),
    texts: validator(document, true),
  };
  vendors.set(file, vendor);
  return vendor;
}

const undeclared = Symbol("undeclared");

function answerSchema(
  { answers }: Operation,
  status: number,
  profile: Profile,
): string | undefined | typeof undeclared {
  if (status >= 400 && profile.errorSchema) return profile.errorSchema;
  const declared = [`${status}`, `${Math.floor(status / 100)}XX`].find((key) => answers.has(key));
  return declared === undefined ? undeclared : answers.get(declared);
}

/** Fixed names win over parameters, for example `/dns_records/batch` over `/dns_records/{dns_record_id}`. */
function find(known: readonly Operation[], call: Call): Operation | undefined {
  const fitting = known.filter(
    ({ method, path }) => method === call.method && matchPath(path, call.path),
  );
  return fitting.toSorted((a, b) => a.path.split("{").length - b.path.split("{").length)[0];
}

type Validate = (pointer: string, value: unknown) => readonly string[];

/**
 * @param text - whether the values come from a URL, where `"5"` may be a number. They are wrapped in an
 *   object, because ajv converts text only if it can write the result to a property.
 */
function validator(document: Node, text = false): Validate {
  // Neither vendor's document passes ajv's strict mode.
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: text });
  formats.default(ajv);
  ajv.addSchema(document, "vendor", false, false);
  // Compiled on first use: all of them together would take a second.
  const compiled = new Map<string, ValidateFunction>();
  return (pointer, value) => {
    const schema = { $ref: `vendor${pointer}` };
    const validate =
      compiled.get(pointer) ??
      ajv.compile(text ? { type: "object", properties: { value: schema } } : schema);
    compiled.set(pointer, validate);
    return validate(text ? { value } : value) ? [] : faultsOf(validate);
  };
}

/** The first three, because a union repeats the same error for each of its members. */
function faultsOf({ errors }: ValidateFunction): readonly string[] {
  const faults = (errors ?? []).map(({ instancePath, message, params }) => {
    const extra = "additionalProperty" in params ? ` (${params.additionalProperty})` : "";
    return `${instancePath || "/"} ${message}${extra}`;
  });
  return [...new Set(faults)].slice(0, 3);
}

function queryFaults(validate: Validate, { parameters }: Operation, { query }: Call): string[] {
  const declared = parameters.filter((parameter) => parameter.in === "query");
  const unknown = [...new Set(query.keys())].filter(
    (name) => !declared.some((parameter) => parameter.name === name),
  );
  return [
    ...unknown.map((name) => `?${name} is not declared`),
    ...declared.flatMap((parameter) =>
      parameterFaults(validate, parameter, query.getAll(parameter.name)),
    ),
  ];
}

function pathFaults(validate: Validate, { parameters, path }: Operation, call: Call): string[] {
  const params = matchPath(path, call.path) ?? {};
  return parameters
    .filter((parameter) => parameter.in === "path")
    .flatMap((parameter) => parameterFaults(validate, parameter, [params[parameter.name] ?? ""]));
}

function parameterFaults(
  validate: Validate,
  { name, required, repeated, schema }: Parameter,
  values: readonly string[],
): string[] {
  if (values.length === 0) return required ? [`${name} is missing`] : [];
  return validate(schema, repeated ? [...values] : values.at(-1)).map(
    (fault) => `${name} ${fault.replace(/^\/value ?/, "")}`,
  );
}
