import { expect, it } from "vitest";
import type { NoPage, ProbedPage } from "../../../src/doctor/http-probe.ts";
import { followLogin } from "../../../src/doctor/login-probe.ts";

const AT = "https://auth.example.com";
const START = `${AT}/application/o/authorize/?client_id=x`;
const CALLBACK = "https://team.cloudflareaccess.com/cdn-cgi/access/callback";

const to = (location: string): ProbedPage => ({ status: 302, location, body: "" });
const page = (status: number, body: string): ProbedPage => ({ status, location: undefined, body });

/**
 * The end of the redirects if the first request gets this answer and all others get the listed
 * ones.
 */
const follow = (start: ProbedPage | NoPage, others: Readonly<Record<string, ProbedPage>> = {}) =>
  followLogin(
    async (url) => (url === START ? start : (others[url] ?? { why: `asked for ${url}` })),
    START,
    CALLBACK,
  );

it.each([
  {
    name: "Authentik's login page, by way of its default flow",
    start: to(`${AT}/flows/-/default/authentication/?next=/x`),
    end: { is: "login" },
  },
  {
    name: "a login of Access",
    start: to("https://team.cloudflareaccess.com/cdn-cgi/access/login/auth.example.com?kid=1"),
    end: { is: "access", team: "team.cloudflareaccess.com" },
  },
  {
    name: "Access with an error from Authentik",
    start: to(`${CALLBACK}?error=invalid_scope&error_description=no+such`),
    end: { is: "refused", says: '"invalid_scope: no such"' },
  },
  {
    name: "an error page with a headline",
    start: page(400, "<title>authentik</title><h1 class='t'>Redirect <b>URI</b>\n Error</h1>"),
    end: { is: "refused", says: '"Redirect URI Error" (400)' },
  },
  {
    name: "an error page with only a title",
    start: page(404, "<title>Not Found</title>"),
    end: { is: "refused", says: '"Not Found" (404)' },
  },
  {
    name: "a page without any message",
    start: page(502, ""),
    end: { is: "refused", says: "status 502" },
  },
  {
    name: "a redirect loop",
    start: to(START),
    end: { is: "refused", says: "a redirect loop" },
  },
  { name: "nowhere", start: { why: "ENOTFOUND" }, end: { is: "silent", why: "ENOTFOUND" } },
])("the login redirect ends at $name", async ({ start, end }) => {
  const flow = {
    [`${AT}/flows/-/default/authentication/?next=/x`]: to(
      `${AT}/if/flow/default-authentication-flow/?next=/x`,
    ),
  };
  expect(await follow(start, flow)).toEqual(end);
});
