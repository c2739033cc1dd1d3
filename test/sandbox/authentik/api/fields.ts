import { invalid, Refusal } from "./refusal.ts";

/** Reads one value of a request body. @throws {Fault} */
export type Read = (value: unknown) => unknown;

export interface Field {
  readonly read: Read;
  readonly required?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/** An error in one value, in the words of Django REST framework. */
export class Fault extends Error {
  readonly detail: unknown;

  constructor(detail: unknown) {
    super();
    this.detail = detail;
  }
}

const fault = (message: string): Fault => new Fault([message]);

/**
 * The known fields of a body; others are ignored.
 * @param partial - true if no field is required, as in a PATCH
 * @throws {Refusal} 400 that names every invalid field
 */
export function readFields(
  fields: Fields,
  body: unknown,
  partial: boolean,
): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw invalid({
      non_field_errors: [
        `Invalid data. Expected a dictionary, but got ${body === undefined ? "nothing" : typeof body}.`,
      ],
    });
  const values: Record<string, unknown> = {};
  const faults: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const given = (body as Record<string, unknown>)[name];
    if (given === undefined) {
      if (field.required && !partial) faults[name] = ["This field is required."];
      continue;
    }
    try {
      values[name] = field.read(given);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults[name] = error.detail;
    }
  }
  if (Object.keys(faults).length > 0) throw invalid(faults);
  return values;
}

export function text(
  limits: {
    readonly most?: number;
    readonly blank?: boolean;
    readonly pattern?: RegExp;
    readonly wrong?: string;
  } = {},
): Read {
  return (value) => {
    if (value === null) throw fault("This field may not be null.");
    if (typeof value !== "string" && typeof value !== "number") throw fault("Not a valid string.");
    const trimmed = String(value).trim();
    if (trimmed === "" && !limits.blank) throw fault("This field may not be blank.");
    if (trimmed.length > (limits.most ?? Infinity))
      throw fault(`Ensure this field has no more than ${limits.most} characters.`);
    if (trimmed !== "" && limits.pattern && !limits.pattern.test(trimmed))
      throw fault(limits.wrong ?? "Enter a valid value.");
    return trimmed;
  };
}

export const flag: Read = (value) => {
  if (typeof value !== "boolean") throw fault("Must be a valid boolean.");
  return value;
};

export const integer: Read = (value) => {
  if (!Number.isInteger(value)) throw fault("A valid integer is required.");
  return value;
};

export function oneOf(...choices: readonly string[]): Read {
  return (value) => {
    if (typeof value !== "string" || !choices.includes(value))
      throw fault(`"${String(value)}" is not a valid choice.`);
    return value;
  };
}

/** The key of an existing object. */
export function keyOf<Key>(keys: () => readonly Key[]): Read {
  return (value) => {
    if (value === null) throw fault("This field may not be null.");
    if (!keys().includes(value as Key))
      throw fault(`Invalid pk "${String(value)}" - object does not exist.`);
    return value;
  };
}

export function nullable(read: Read): Read {
  return (value) => (value === null ? null : read(value));
}

export function listOf(read: Read): Read {
  return (value) => {
    if (!Array.isArray(value))
      throw fault(`Expected a list of items but got type "${typeof value}".`);
    return value.map(read);
  };
}

/** A list of objects. If some are invalid, the answer is a list with `{}` for the valid ones. */
export function objects(fields: Fields): Read {
  return (value) => {
    if (!Array.isArray(value))
      throw new Fault({
        non_field_errors: [`Expected a list of items but got type "${typeof value}".`],
      });
    const read = value.map((entry) => attempt(() => readFields(fields, entry, false)));
    if (read.some(({ faults }) => faults)) throw new Fault(read.map(({ faults }) => faults ?? {}));
    return read.map(({ values }) => values);
  };
}

function attempt<T>(read: () => T): { values?: T; faults?: unknown } {
  try {
    return { values: read() };
  } catch (error) {
    if (error instanceof Refusal) return { faults: error.answer.body };
    throw error;
  }
}

/** Refuses a value that another row already has, with the same words for every field. */
export function requireUnique<Row>(
  rows: readonly Row[],
  own: Row | undefined,
  field: keyof Row & string,
  value: unknown,
  model: string,
): void {
  if (value !== undefined && rows.some((row) => row !== own && row[field] === value))
    throw invalid({ [field]: [`${model} with this ${field} already exists.`] });
}
