import { PROBLEM_CODES, type ProblemCode } from "../../../src/core/domain/problem.ts";
import { ofAudience } from "./audience.ts";
import { ofAuthentik } from "./authentik.ts";
import { ofChecks } from "./checks.ts";
import { ofCloudflare } from "./cloudflare.ts";
import { ofConflicts } from "./conflicts.ts";
import { ofDocker } from "./docker.ts";
import type { Entry } from "./entry.ts";
import { ofImages } from "./images.ts";
import { ofLabels } from "./labels.ts";
import { ofTunnel } from "./tunnel.ts";

/** A code without an entry is found here by the compiler. */
export const ENTRIES = {
  ...ofLabels,
  ...ofImages,
  ...ofAudience,
  ...ofConflicts,
  ...ofDocker,
  ...ofCloudflare,
  ...ofTunnel,
  ...ofAuthentik,
  ...ofChecks,
} as const satisfies Readonly<Record<ProblemCode, Entry>>;

const codes = (entries: object): readonly ProblemCode[] =>
  PROBLEM_CODES.filter((code) => Object.hasOwn(entries, code));

/** In the order of the page. */
export const FAMILIES: readonly {
  readonly title: string;
  readonly codes: readonly ProblemCode[];
}[] = [
  { title: "Labels", codes: codes({ ...ofLabels, ...ofImages }) },
  { title: "Who may enter", codes: codes(ofAudience) },
  { title: "Names that somebody else has", codes: codes(ofConflicts) },
  { title: "Docker", codes: codes(ofDocker) },
  { title: "Cloudflare", codes: codes(ofCloudflare) },
  { title: "Tunnel", codes: codes(ofTunnel) },
  { title: "Authentik", codes: codes(ofAuthentik) },
  { title: "Told by `cfauth doctor`", codes: codes(ofChecks) },
].filter((family) => family.codes.length > 0);
