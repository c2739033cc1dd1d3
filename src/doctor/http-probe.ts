import { safeCause } from "../clients/cause.ts";
import { beginningOf } from "../clients/limited.ts";
import { MAX_PAGE_BYTES } from "../clients/limits.ts";

/** The response of a public page to a client without cookies that follows no redirects. */
export interface ProbedPage {
  readonly status: number;
  /** The redirect target, as an absolute URL. */
  readonly location: string | undefined;
  /** Only the beginning. */
  readonly body: string;
}

/** No response, and the reason. */
export interface NoPage {
  readonly why: string;
}

/** Requests one page. Never throws: "no response" is a result here. */
export type HttpProbe = (url: string) => Promise<ProbedPage | NoPage>;

/** @param timeoutMs - for one page, including its body */
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
