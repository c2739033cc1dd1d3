import PQueue from "p-queue";
import { z } from "zod";
import type { Docker } from "../../clients/docker/docker.ts";
import { type Backoff, backoffMs } from "../../core/backoff.ts";
import { ServiceError } from "../../core/errors.ts";
import { type ImageAnswer, isReadLabel } from "./image-labels.ts";

/** `Labels` is null if the image has none; registry-specific image types have no `Config`. */
const Image = z.looseObject({
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** How many images without running containers are remembered. */
const MAX_IDLE_IMAGES = 500;
/** How many images are inspected at the same time. */
const MAX_CONCURRENT_CALLS = 4;
/**
 * How long a list waits for images. Images that were not inspected by then are unknown this time.
 */
const MAX_WAIT_MS = 5_000;
const IMAGE_BACKOFF: Backoff = { firstMs: 5_000, maxMs: 300_000, jitter: 0 };

export interface Images {
  /**
   * Returns the labels that cfauth reads, for each image. Never rejects: an image that cannot be
   * inspected is unknown.
   *
   * @param ids - as in the container list: `sha256:…`
   */
  labelsOf(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, ImageAnswer>>;
}

interface Remembered {
  readonly answer: ImageAnswer;
  /** For an unknown image: how often in a row the inspection failed. */
  readonly failures: number;
  /** Milliseconds of the clock `now`. The image is not inspected again before that. */
  readonly retryAt: number;
}

/** A proxy refuses to inspect images. `until` is in milliseconds of the clock `now`. */
interface ProxyRefusal {
  readonly failures: number;
  readonly until: number;
  readonly why: string;
}

const NOT_REFUSED: ProxyRefusal = { failures: 0, until: 0, why: "" };
const TOO_SLOW: ImageAnswer = { kind: "unknown", why: "the engine answers too slowly" };

/**
 * Reads and remembers the labels of images. An id names content that never changes, so each image
 * is inspected once. A failed inspection is repeated later, after growing delays. One failure does
 * not hold up the other images, but a proxy that refuses one image refuses them all.
 *
 * @param now - a monotonic clock in milliseconds
 */
export function createImages(docker: Docker, prefix: string, now: () => number): Images {
  const remembered = new Map<string, Remembered>();
  let refused = NOT_REFUSED;

  const remember = (id: string, answer: ImageAnswer): void => {
    const failures = answer.kind === "known" ? 0 : (remembered.get(id)?.failures ?? 0) + 1;
    const retryAt = answer.kind === "known" ? Infinity : now() + retryMs(failures);
    remembered.set(id, { answer, failures, retryAt });
  };

  const ask = async (id: string): Promise<void> => {
    try {
      remember(id, await inspect(docker, id, prefix));
      refused = NOT_REFUSED;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code !== "CFA-DOCKER-PROXY") remember(id, { kind: "unknown", why: whyOf(error) });
      else if (now() >= refused.until) refused = countRefusal(refused, now(), error);
    }
  };

  return {
    labelsOf: async (ids) => {
      const queue = new PQueue({ concurrency: MAX_CONCURRENT_CALLS });
      const deadline = now() + MAX_WAIT_MS;
      const due = [...ids].filter((id) => now() >= (remembered.get(id)?.retryAt ?? 0));
      await queue.addAll(
        due.map(
          (id) => async () => (now() < deadline && now() >= refused.until ? ask(id) : undefined),
        ),
      );
      forgetIdle(remembered, ids);
      const fallback: ImageAnswer =
        refused.until > now() ? { kind: "unknown", why: refused.why } : TOO_SLOW;
      return new Map([...ids].map((id) => [id, remembered.get(id)?.answer ?? fallback]));
    },
  };
}

const countRefusal = (
  { failures }: ProxyRefusal,
  now: number,
  { message }: ServiceError,
): ProxyRefusal => ({
  failures: failures + 1,
  until: now + retryMs(failures + 1),
  why: message,
});

const whyOf = ({ status, message }: ServiceError): string =>
  status === 404 ? "the engine no longer has the image" : message;

const retryMs = (failures: number): number => backoffMs(IMAGE_BACKOFF, failures, 0);

/** Only a content id is put into the path. Podman may omit the algorithm. */
async function inspect(docker: Docker, id: string, prefix: string): Promise<ImageAnswer> {
  const [, digest] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(id) ?? [];
  if (digest === undefined)
    return { kind: "unknown", why: "the engine does not say which image it is" };
  const { Config } = await docker.image(`sha256:${digest}`, Image);
  return {
    kind: "known",
    labels: Object.fromEntries(
      Object.entries(Config?.Labels ?? {}).filter(([name]) => isReadLabel(name, prefix)),
    ),
  };
}

/** Forgets the oldest images that are not in use. */
function forgetIdle(remembered: Map<string, Remembered>, used: ReadonlySet<string>): void {
  const idle = [...remembered.keys()].filter((id) => !used.has(id));
  for (const id of idle.slice(0, Math.max(0, idle.length - MAX_IDLE_IMAGES))) remembered.delete(id);
}
