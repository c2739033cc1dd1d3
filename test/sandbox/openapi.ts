import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A JSON schema or any other part of the document. */
export type Node = { readonly [key: string]: unknown };

export interface Operation {
  readonly method: string;
  /** The path as in the document: `/zones/{zone_id}/dns_records`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** JSON pointer (`#/…`) of the schema of the request body. */
  readonly body: string | undefined;
  /** JSON pointer of the schema of an answer's body, by status (`200`, `4XX`); `undefined` if the answer is empty. */
  readonly answers: ReadonlyMap<string, string | undefined>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  /** Whether the parameter may occur several times. */
  readonly repeated: boolean;
  /** JSON pointer of the schema of its value. */
  readonly schema: string;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The vendor's document, or `undefined` if CFAUTH_OPENAPI_DIR is unset. The documents are not part of this repository. */
export function loadDocument(file: string): Node | undefined {
  const folder = process.env.CFAUTH_OPENAPI_DIR;
  if (!folder) return undefined;
  return nullableAsUnion(JSON.parse(readFileSync(join(folder, file), "utf8"))) as Node;
}

export function operations(document: Node): Operation[] {
  return Object.entries(node(document.paths)).flatMap(([path, item]) =>
    METHODS.filter((method) => method in node(item)).map((method) =>
      operation(document, path, method),
    ),
  );
}

function operation(document: Node, path: string, method: string): Operation {
  const item = node(node(document.paths)[path]);
  const declared = node(item[method]);
  const here = `#/paths/${escapePointer(path)}/${method}`;
  const parameters = [
    ...list(item.parameters).map((part, index) =>
      parameter(document, node(part), `${here.slice(0, -method.length)}parameters/${index}`),
    ),
    ...list(declared.parameters).map((part, index) =>
      parameter(document, node(part), `${here}/parameters/${index}`),
    ),
  ];
  const answers = Object.entries(node(declared.responses)).map(
    ([status, answer]) =>
      [status, jsonSchema(document, node(answer), `${here}/responses/${status}`)] as const,
  );
  return {
    method: method.toUpperCase(),
    path,
    parameters,
    body: jsonSchema(document, node(declared.requestBody), `${here}/requestBody`),
    answers: new Map(answers),
  };
}

function parameter(document: Node, part: Node, pointer: string): Parameter {
  const reference = part.$ref;
  if (typeof reference === "string") return parameter(document, resolve(document, part), reference);
  return {
    name: String(part.name),
    in: String(part.in),
    required: part.required === true,
    repeated: node(part.schema).type === "array",
    schema: `${pointer}/schema`,
  };
}

function jsonSchema(document: Node, holder: Node, pointer: string): string | undefined {
  const reference = holder.$ref;
  if (typeof reference === "string")
    return jsonSchema(document, resolve(document, holder), reference);
  return node(holder.content)["application/json"]
    ? `${pointer}/content/application~1json/schema`
    : undefined;
}

function resolve(document: Node, part: Node): Node {
  const reference = part.$ref;
  if (typeof reference !== "string") return part;
  return reference
    .slice(2)
    .split("/")
    .reduce<Node>((at, key) => node(at[key]), document);
}

function escapePointer(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1")).replaceAll(
    "%7E",
    "~",
  );
}

/** Ajv supports `nullable` only next to `type`; Authentik's documents also use it next to `allOf`. */
function nullableAsUnion(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(nullableAsUnion);
  if (typeof part !== "object" || part === null) return part;
  const copy = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, nullableAsUnion(value)]),
  );
  if (
    copy.nullable !== true ||
    "type" in copy ||
    !("allOf" in copy || "oneOf" in copy || "anyOf" in copy)
  )
    return copy;
  const { nullable, ...schema } = copy;
  return { anyOf: [schema, { enum: [null] }] };
}

/**
 * A copy of the document whose objects allow no undeclared property. For requests only, because a vendor
 * silently ignores a misspelled field. Unions inside an `allOf` stay open, because each part would refuse the others.
 */
export function closed(document: Node): Node {
  return close(document, document) as Node;
}

function close(document: Node, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((entry) => close(document, entry));
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(flattened(document, part as Node));
  const copy: Node = Object.fromEntries(
    entries.map(([key, value]) => [key, close(document, value)]),
  );
  // Check the type as well: a schema may describe a property that is itself named "properties".
  const plain = copy.type === "object" && isPlainObject(copy) && !("additionalProperties" in copy);
  return plain ? { ...copy, additionalProperties: false } : copy;
}

/** The schema with the parts of its `allOf` merged. The published document checks the parts themselves. */
function flattened(document: Node, part: Node): Node {
  const { allOf, ...own } = part;
  const members = list(allOf).map((member) => flattened(document, resolve(document, node(member))));
  if (members.length === 0 || (members.length === 1 && !("properties" in own))) return part;
  const all = "properties" in own ? [...members, own] : members;
  if (!all.every(isPlainObject)) return { ...own, additionalProperties: true };
  return {
    ...own,
    type: "object",
    properties: Object.assign({}, ...all.map((member) => member.properties)),
  };
}

function isPlainObject(schema: Node): boolean {
  return (
    typeof schema.properties === "object" &&
    !["allOf", "anyOf", "oneOf"].some((key) => key in schema)
  );
}

function node(part: unknown): Node {
  return typeof part === "object" && part !== null ? (part as Node) : {};
}

function list(part: unknown): readonly unknown[] {
  return Array.isArray(part) ? part : [];
}
