import { isIP } from "node:net";
import { HIDDEN, type Secret } from "../core/secret.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import type { Diagnosis } from "./findings.ts";

/**
 * Removes secrets and e-mail addresses from the diagnosis. Labels may contain them and messages may
 * quote them. Every text passes through here, so that no single check has to take care of it.
 */
export const scrubReport = <T extends Diagnosis | Diagnosis["groups"][number]>(
  diagnosis: T,
  secrets: readonly Secret[],
): T => mapTexts(diagnosis, (text) => redactPersonalData(withoutSecrets(text, secrets)));

/**
 * The same for a report that people may publish: public IP addresses are removed as well. Private
 * ones stay.
 */
export const publishReport = (diagnosis: Diagnosis, secrets: readonly Secret[]): Diagnosis =>
  mapTexts(scrubReport(diagnosis, secrets), withoutAddresses);

function mapTexts<T>(part: T, clean: (text: string) => string): T {
  if (typeof part === "string") return clean(part) as T;
  if (Array.isArray(part)) return part.map((it) => mapTexts(it, clean)) as T;
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, mapTexts(value, clean)]),
  ) as T;
}

const withoutSecrets = (text: string, secrets: readonly Secret[]): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret.reveal(), HIDDEN), text);

const withoutAddresses = (text: string): string =>
  text.replaceAll(IPV4, hidePublicAddress).replaceAll(IPV6, hidePublicAddress);

/** Also matches version numbers with four parts, which are rare. */
const IPV4 = /(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])/g;
const IPV6 = /(?<![\w:])[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(?![\w:])/gi;

const hidePublicAddress = (found: string): string =>
  isIP(found) !== 0 && !PRIVATE_ADDRESS.test(found) ? "(an address)" : found;

const PRIVATE_ADDRESS =
  /^(0\.|10\.|127\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|::1?$|f[cde])/i;
