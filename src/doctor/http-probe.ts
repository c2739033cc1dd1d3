import { safeCause } from "../clients/cause.ts";
import { beginningOf } from "../clients/limited.ts";
import { MAX_PAGE_BYTES } from "../clients/limits.ts";

/** What a page on the public internet answered, to somebody without cookies who follows nothing. */
export interface ProbedPage {
  readonly status: number;
  /** Where it sends on to, as a whole address. */
  readonly location: string | undefined;
  /** No more than its beginning. */
  readonly body: string;
}

/** No answer at all, and why. */
export interface NoPage {
  readonly why: string;
}

/** Asks for one page. Never throws: that it does not answer is an answer here. */
export type HttpProbe = (url: string) => Promise<ProbedPage | NoPage>;

/** @param timeoutMs - of one page with all that is read of it */
export const createHttpProbe =
  (signal: AbortSignal, timeoutMs: number): HttpProbe =>
  async (url) => {
    try {
      const answer = await fetch(url, {
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      const location = answer.headers.get("location") ?? undefined;
      const body = answer.body === null ? "" : await beginningOf(answer.body, MAX_PAGE_BYTES);
      return {
        status: answer.status,
        location: location === undefined ? undefined : new URL(location, url).href,
        body,
      };
    } catch (error) {
      const { code, name } = safeCause(error, []);
      return { why: name === "TimeoutError" ? "no answer in time" : (code ?? name) };
    }
  };
