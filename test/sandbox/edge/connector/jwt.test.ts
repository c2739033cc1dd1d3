import { type CryptoKey, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { type Logins, logins, makeSigningKey } from "../access/logins.ts";
import { type JwtQuestion, jwtVerdict } from "./jwt.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const NOW_S = NOW / 1000;
const GOOD: JWTPayload = {
  iss: "https://acme.cloudflareaccess.com",
  aud: ["ours"],
  email: "ada@example.com",
  exp: NOW_S + 60,
  nbf: NOW_S,
};
const CHECK = { required: true, teamName: "acme", audTag: ["ours", "sibling"] };

let known: Logins;
let key: CryptoKey;
let strange: CryptoKey;

beforeAll(async () => {
  const signing = await makeSigningKey();
  key = signing.private;
  strange = (await makeSigningKey()).private;
  known = logins({ team: "acme", key: signing, now: () => NOW });
});

const token = (payload: JWTPayload, by = key): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", kid: known.certs.keys[0]?.kid ?? "" })
    .sign(by);

const asked = (jwt: string | undefined, over: Partial<JwtQuestion> = {}) =>
  jwtVerdict({ check: CHECK, token: jwt, keys: known.keys, now: NOW, ...over });

describe("403 from the token check", () => {
  it("a request is refused with 403 without a token in the header", async () =>
    expect(await asked(undefined)).toBe(403));
  it("a request is refused with 403 with an empty token", async () =>
    expect(await asked("")).toBe(403));
  it.each([
    { name: "another application's audience", payload: { ...GOOD, aud: ["theirs"] } },
    { name: "no audience", payload: { ...GOOD, aud: [] } },
  ])("a request is refused with 403 with $name", async ({ payload }) =>
    expect(await asked(await token(payload))).toBe(403),
  );
  it("a request is always refused with 403 if the team is set but audTag is empty", async () => {
    expect(await asked(await token(GOOD), { check: { ...CHECK, audTag: [] } })).toBe(403);
  });
  it("a request is refused with 403 without a token even while the keys cannot be fetched", async () => {
    expect(await asked(undefined, { keys: () => Promise.reject(new Error("down")) })).toBe(403);
  });
});

describe("502 from the token check", () => {
  it.each([
    { name: "an expired token", payload: { ...GOOD, exp: NOW_S - 1 } },
    { name: "nbf more than five minutes ahead", payload: { ...GOOD, nbf: NOW_S + 301 } },
    { name: "another issuer", payload: { ...GOOD, iss: "https://evil.example.com" } },
    { name: "another team", payload: { ...GOOD, iss: "https://other.cloudflareaccess.com" } },
    {
      name: "the team in another letter case",
      payload: { ...GOOD, iss: "https://ACME.cloudflareaccess.com" },
    },
  ])("a request is refused with 502 with $name", async ({ payload }) =>
    expect(await asked(await token(payload))).toBe(502),
  );
  it("a request is refused with 502 without an exp", async () => {
    const { exp: _, ...endless } = GOOD;
    expect(await asked(await token(endless))).toBe(502);
  });
  it("a request is refused with 502 if the key is unknown", async () =>
    expect(await asked(await token(GOOD, strange))).toBe(502));
  it("a request is refused with 502 with alg none", async () =>
    expect(await asked(new UnsecuredJWT(GOOD).encode())).toBe(502));
  it("a request is refused with 502 with garbage", async () =>
    expect(await asked("garbage")).toBe(502));
  it("a request is refused with 502 if a token is required but no team is set", async () => {
    expect(
      await asked(await token(GOOD), { check: { required: true, teamName: "", audTag: [] } }),
    ).toBe(502);
  });
  it("a request is refused with 502 while the keys cannot be fetched", async () => {
    expect(await asked(await token(GOOD), { keys: () => Promise.reject(new Error("down")) })).toBe(
      502,
    );
  });
});

describe("accepted tokens", () => {
  it.each([
    { name: "a good token", payload: GOOD },
    { name: "nbf four minutes ahead", payload: { ...GOOD, nbf: NOW_S + 240 } },
    { name: "the audience as a plain string", payload: { ...GOOD, aud: "ours" } },
    { name: "the second of our audiences", payload: { ...GOOD, aud: ["sibling"] } },
    {
      name: "a service token's token, which has no e-mail",
      payload: {
        iss: GOOD.iss ?? "",
        aud: ["ours"],
        exp: NOW_S + 60,
        common_name: "x.access",
        sub: "",
      },
    },
  ])("a request is accepted with $name", async ({ payload }) =>
    expect(await asked(await token(payload))).toBe("on"),
  );
  it("a request is accepted without a token if none is required", async () => {
    expect(await asked(undefined, { check: { ...CHECK, required: false } })).toBe("on");
  });
});
