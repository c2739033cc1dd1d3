import { isIP } from "node:net";
import { HIDDEN, type Secret } from "../core/secret.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import type { Diagnosis } from "./findings.ts";

/**
 * The diagnosis without what must not be shown, wherever it came from: secrets of the settings and e-mail addresses, which labels
 * may have and messages quote. Every text goes through it, so that no check has to think of it.
 */
export const scrubReport = <T extends Diagnosis | Diagnosis["groups"][number]>(
  diagnosis: T,
  secrets: readonly Secret[],
): T => texts(diagnosis, (text) => redactPersonalData(withoutSecrets(text, secrets)));

/** The same for what people paste into a public place: an address of a home is in no report. Private ones may stay. */
export const publishReport = (diagnosis: Diagnosis, secrets: readonly Secret[]): Diagnosis =>
  texts(scrubReport(diagnosis, secrets), withoutAddresses);

function texts<T>(part: T, clean: (text: string) => string): T {
  if (typeof part === "string") return clean(part) as T;
  if (Array.isArray(part)) return part.map((it) => texts(it, clean)) as T;
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, texts(value, clean)]),
  ) as T;
}

const withoutSecrets = (text: string, secrets: readonly Secret[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret.reveal(), HIDDEN), text);

const withoutAddresses = (text: string): string =>
  text.replaceAll(V4, hidden).replaceAll(V6, hidden);

/** A version of four numbers looks the same; there is hardly one. */
const V4 = /(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])/g;
const V6 = /(?<![\w:])[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(?![\w:])/gi;

const hidden = (found: string): string =>
  isIP(found) !== 0 && !PRIVATE.test(found) ? "(an address)" : found;

const PRIVATE = /^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|::1?$|f[cde])/i;
