import PQueue from "p-queue";
import { z } from "zod";
import type { Docker } from "../../clients/docker/docker.ts";
import { ServiceError } from "../../core/errors.ts";
import { type ImageAnswer, isRead } from "./image-labels.ts";

/** `Labels` is null where the image has none; an image of a registry's own kind has no `Config`. */
const Image = z.looseObject({
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** How many images are remembered although no container of them runs now. */
const MAX_IDLE_IMAGES = 500;
/** How many images are asked for at once. */
const MAX_CONCURRENT_CALLS = 4;
/** So long a list waits for images; those that were not asked for by then are unknown this time. */
const MAX_WAIT_MS = 5_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;

export interface Images {
  /**
   * The labels of each of these images, those that cfauth reads. Never rejects: an image that cannot be inspected is unknown.
   *
   * @param ids - as the container list has them, `sha256:…`
   */
  labelsOf(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, ImageAnswer>>;
}

interface Remembered {
  readonly answer: ImageAnswer;
  /** Of an unknown one: how often in a row it could not be inspected. */
  readonly failures: number;
  /** Milliseconds, by `now`; before that it is not asked for again. */
  readonly retryAt: number;
}

/** While a proxy refuses images, by `now`. */
interface Refused {
  readonly failures: number;
  readonly until: number;
  readonly why: string;
}

const NOT_REFUSED: Refused = { failures: 0, until: 0, why: "" };
const NOT_YET: ImageAnswer = { kind: "unknown", why: "the engine answers too slowly" };

/**
 * The labels of images. An id names a content that never changes, so each image is asked for once. What could not be inspected is
 * asked for again later, after growing waits. One that fails does not keep the others from being asked for, but a proxy that
 * refuses one refuses them all.
 *
 * @param now - milliseconds of a clock that only goes forward
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
      remember(id, await inspected(docker, id, prefix));
      refused = NOT_REFUSED;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code !== "CFA-DOCKER-PROXY") remember(id, { kind: "unknown", why: whyOf(error) });
      else if (now() >= refused.until) refused = refusedAgain(refused, now(), error);
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
      forget(remembered, ids);
      const unasked: ImageAnswer =
        refused.until > now() ? { kind: "unknown", why: refused.why } : NOT_YET;
      return new Map([...ids].map((id) => [id, remembered.get(id)?.answer ?? unasked]));
    },
  };
}

const refusedAgain = ({ failures }: Refused, now: number, { message }: ServiceError): Refused => ({
  failures: failures + 1,
  until: now + retryMs(failures + 1),
  why: message,
});

const whyOf = ({ status, message }: ServiceError): string =>
  status === 404 ? "the engine no longer has the image" : message;

const retryMs = (failures: number): number =>
  Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20));

/** A content id is the only thing that is put into the path. Podman may leave its algorithm off. */
async function inspected(docker: Docker, id: string, prefix: string): Promise<ImageAnswer> {
  const [, digest] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(id) ?? [];
  if (digest === undefined)
    return { kind: "unknown", why: "the engine does not say which image it is" };
  const { Config } = await docker.image(`sha256:${digest}`, Image);
  return {
    kind: "known",
    labels: Object.fromEntries(
      Object.entries(Config?.Labels ?? {}).filter(([name]) => isRead(name, prefix)),
    ),
  };
}

/** The oldest of those that are not in use. */
function forget(remembered: Map<string, Remembered>, used: ReadonlySet<string>): void {
  const idle = [...remembered.keys()].filter((id) => !used.has(id));
  for (const id of idle.slice(0, Math.max(0, idle.length - MAX_IDLE_IMAGES))) remembered.delete(id);
}
