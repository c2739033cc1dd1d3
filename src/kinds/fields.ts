import { discreet } from "../domain/discreet.ts";

/** What a change makes otherwise, in words for people. Never a secret, never an e-mail address. */
export interface Difference {
  /** How it is now; of an update only what differs. Undefined for what is made. */
  readonly before: Fields | undefined;
  /** How it will be; undefined for what is removed. A value that is known only later reads `(known after 3)`. */
  readonly after: Fields | undefined;
  /** Names of the fields in `after` that are known only later. */
  readonly unknown: readonly string[];
  /** Names of what is written along and never shown. */
  readonly sensitive: readonly string[];
  readonly exposure?: Exposed;
}

/** Flat: one name, one value. */
export type Fields = Readonly<Record<string, Field>>;
export type Field = string | number | boolean | readonly string[];

/** What a change does to who may enter: `different` lets in others, and no longer some of those before. */
export type Exposed = "protected" | "wider" | "narrower" | "different" | "PUBLIC";

/** In place of what a step yet to be done will make. @param step - the number under which it is shown */
export const knownAfter = (step: number): string => `(known after ${step})`;

const UNKNOWN = /\(known after \d+\)/;

/** Both sides, masked; where there are two, only what differs between them. */
export function between(
  before: Fields | undefined,
  after: Fields | undefined,
  more: Partial<Pick<Difference, "sensitive">> & { readonly exposure?: Exposed | undefined } = {},
): Difference {
  const [old, fresh] = [before && masked(before), after && masked(after)];
  const differs = (name: string) => JSON.stringify(old?.[name]) !== JSON.stringify(fresh?.[name]);
  const both = old !== undefined && fresh !== undefined;
  const kept = (fields: Fields | undefined): Fields | undefined =>
    fields && (both ? Object.fromEntries(Object.entries(fields).filter(([name]) => differs(name))) : fields);
  const shown = kept(fresh);
  return {
    before: kept(old),
    after: shown,
    unknown: Object.entries(shown ?? {}).flatMap(([name, value]) => (UNKNOWN.test(String(value)) ? [name] : [])),
    sensitive: more.sensitive ?? [],
    ...(more.exposure !== undefined && { exposure: more.exposure }),
  };
}

/** Without what has no value: an absent field is not there. */
export const fieldsOf = (fields: Readonly<Record<string, Field | undefined>>): Fields =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));

const masked = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? discreet(value) : Array.isArray(value) ? value.map(discreet) : value,
    ]),
  );
