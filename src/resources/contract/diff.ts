import { redactPersonalData } from "../../core/text/redact.ts";

/** What a change makes otherwise, in words for people. Never a secret, never an e-mail address. */
export interface Diff {
  /** How it is now; of an update only what differs. Undefined for what is made. */
  readonly before: Fields | undefined;
  /** How it will be; undefined for what is removed. A value that is known only later reads `(known after 3)`. */
  readonly after: Fields | undefined;
  /** Names of the fields in `after` that are known only later. */
  readonly unknown: readonly string[];
  /** Names of what is written along and never shown. */
  readonly sensitive: readonly string[];
  readonly exposure?: AdmissionChange;
}

/** Flat: one name, one value. */
export type Fields = Readonly<Record<string, Field>>;
export type Field = string | number | boolean | readonly string[];

/** What a change does to who may enter: `different` lets in others, and no longer some of those before. */
export type AdmissionChange = "protected" | "wider" | "narrower" | "different" | "PUBLIC";

/**
 * In place of what a step yet to be done will make. No foreign text can imitate it: NUL is refused in labels, and no database of a
 * vendor stores it. People read `(known after 3)`.
 *
 * @param step - the number under which it is shown
 */
export const knownAfter = (step: number): string => `\0known after ${step}\0`;

const KNOWN_AFTER = /\0known after (\d+)\0/g;

/** The numbers of the steps that make something which the value names, however deep. */
export function stepsNamedIn(value: unknown): readonly number[] {
  if (typeof value === "string")
    return [...value.matchAll(KNOWN_AFTER)].map(([, number]) => Number(number));
  if (value instanceof Map) return [...value].flatMap(stepsNamedIn);
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap(stepsNamedIn)
    : [];
}

/** Both sides, masked; where there are two, only what differs between them. */
export function diffFields(
  before: Fields | undefined,
  after: Fields | undefined,
  more: Partial<Pick<Diff, "sensitive">> & { readonly exposure?: AdmissionChange | undefined } = {},
): Diff {
  const [old, fresh] = [before && masked(before), after && masked(after)];
  const differs = (name: string) => JSON.stringify(old?.[name]) !== JSON.stringify(fresh?.[name]);
  const both = old !== undefined && fresh !== undefined;
  const kept = (fields: Fields | undefined): Fields | undefined =>
    fields &&
    (both ? Object.fromEntries(Object.entries(fields).filter(([name]) => differs(name))) : fields);
  const shown = kept(fresh);
  return {
    before: spelled(kept(old)),
    after: spelled(shown),
    unknown: Object.entries(shown ?? {}).flatMap(([name, value]) =>
      stepsNamedIn(value).length > 0 ? [name] : [],
    ),
    sensitive: more.sensitive ?? [],
    ...(more.exposure !== undefined && { exposure: more.exposure }),
  };
}

/** Without what has no value: an absent field is not there. */
export const fieldsOf = (fields: Readonly<Record<string, Field | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );

const masked = (fields: Fields): Fields => mapTexts(fields, redactPersonalData);

const spelled = (fields: Fields | undefined): Fields | undefined =>
  fields && mapTexts(fields, (text) => text.replace(KNOWN_AFTER, "(known after $1)"));

const mapTexts = (fields: Fields, change: (text: string) => string): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? change(value) : Array.isArray(value) ? value.map(change) : value,
    ]),
  );
