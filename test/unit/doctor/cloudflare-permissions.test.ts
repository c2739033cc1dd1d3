import { describe, expect, it } from "vitest";
import { ServiceError, type ServiceErrorInit } from "../../../src/core/errors.ts";
import { probePermission } from "../../../src/doctor/cloudflare-permissions.ts";

const answered = (
  code: ServiceErrorInit["code"],
  status: number | undefined,
  vendor: readonly string[] = [],
) =>
  probePermission(
    Promise.reject(
      new ServiceError({
        service: "cloudflare",
        code,
        message: "no answer came",
        fix: "",
        transient: false,
        status,
        vendor,
      }),
    ),
  );

describe("a permission of the Cloudflare token", () => {
  it.each([
    { name: "an id that is not found", code: "CFA-CF-REFUSED", status: 404, vendor: ["1003"] },
    {
      name: "a refusal of an empty body",
      code: "CFA-CF-REFUSED",
      status: 400,
      vendor: ["12130"],
    },
  ] as const)(
    "a permission is present if the answer is $name",
    async ({ code, status, vendor }) => {
      expect(await answered(code, status, vendor)).toBe("present");
    },
  );

  it.each([
    { name: "403", code: "CFA-CF-PERMISSION", status: 403, vendor: ["10000"] },
    { name: "401 with the same code", code: "CFA-CF-TOKEN", status: 401, vendor: ["10000"] },
    { name: "9109 with any status", code: "CFA-CF-PERMISSION", status: 400, vendor: ["9109"] },
  ] as const)(
    "a permission is missing if the answer is $name",
    async ({ code, status, vendor }) => {
      expect(await answered(code, status, vendor)).toBe("missing");
    },
  );

  it.each([
    { name: "a path that does not exist", code: "CFA-CF-REFUSED", status: 404, vendor: ["7003"] },
    { name: "a rate limit", code: "CFA-CF-RATE-LIMIT", status: 429, vendor: [] },
    { name: "a failure", code: "CFA-CF-UNREACHABLE", status: 502, vendor: [] },
    {
      name: "a 404 that is not from Cloudflare",
      code: "CFA-CF-UNREACHABLE",
      status: 404,
      vendor: [],
    },
    { name: "another kind of refusal", code: "CFA-CF-REFUSED", status: 409, vendor: ["11010"] },
  ] as const)(
    "a permission is unknown, and never present, if the answer is $name",
    async ({ code, status, vendor }) => {
      expect(await answered(code, status, vendor)).toEqual({
        why: `Cloudflare answered ${status}`,
      });
    },
  );

  it("a permission is unknown if there is no answer", async () => {
    expect(await answered("CFA-CF-UNREACHABLE", undefined)).toEqual({ why: "no answer came" });
  });

  it("a permission waits for Zero Trust if Access is not set up, whatever the status", async () => {
    expect(await answered("CFA-CF-NO-ZERO-TRUST", 403, ["9999"])).toBe("no-team");
  });
});
