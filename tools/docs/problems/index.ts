import { PROBLEM_CODES, type ProblemCode } from "../../../src/core/domain/problem.ts";
import { AUDIENCE } from "./audience.ts";
import { AUTHENTIK } from "./authentik.ts";
import { CHECKS } from "./checks.ts";
import { CLOUDFLARE } from "./cloudflare.ts";
import { CONFLICTS } from "./conflicts.ts";
import { DOCKER } from "./docker.ts";
import type { Entry } from "./entry.ts";
import { IMAGES } from "./images.ts";
import { LABELS } from "./labels.ts";
import { TUNNEL } from "./tunnel.ts";

/** The compiler rejects a code without an entry. */
export const ENTRIES = {
  ...LABELS,
  ...IMAGES,
  ...AUDIENCE,
  ...CONFLICTS,
  ...DOCKER,
  ...CLOUDFLARE,
  ...TUNNEL,
  ...AUTHENTIK,
  ...CHECKS,
} as const satisfies Readonly<Record<ProblemCode, Entry>>;

const codes = (entries: object): readonly ProblemCode[] =>
  PROBLEM_CODES.filter((code) => Object.hasOwn(entries, code));

/** In the order of the page. */
export const FAMILIES: readonly {
  readonly title: string;
  readonly codes: readonly ProblemCode[];
}[] = [
  { title: "Labels", codes: codes({ ...LABELS, ...IMAGES }) },
  { title: "Who may enter", codes: codes(AUDIENCE) },
  { title: "Objects that cfauth does not own", codes: codes(CONFLICTS) },
  { title: "Docker", codes: codes(DOCKER) },
  { title: "Cloudflare", codes: codes(CLOUDFLARE) },
  { title: "Tunnel", codes: codes(TUNNEL) },
  { title: "Authentik", codes: codes(AUTHENTIK) },
  { title: "Only from `cfauth doctor`", codes: codes(CHECKS) },
].filter((family) => family.codes.length > 0);
