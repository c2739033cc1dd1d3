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
      name: "an empty body that is refused",
      code: "CFA-CF-REFUSED",
      status: 400,
      vendor: ["12130"],
    },
  ] as const)("is present behind $name", async ({ code, status, vendor }) => {
    expect(await answered(code, status, vendor)).toBe("present");
  });

  it.each([
    { name: "403", code: "CFA-CF-PERMISSION", status: 403, vendor: ["10000"] },
    { name: "401 with the same code", code: "CFA-CF-TOKEN", status: 401, vendor: ["10000"] },
    { name: "9109 with any status", code: "CFA-CF-PERMISSION", status: 400, vendor: ["9109"] },
  ] as const)("is missing at $name", async ({ code, status, vendor }) => {
    expect(await answered(code, status, vendor)).toBe("missing");
  });

  it.each([
    { name: "a path that leads nowhere", code: "CFA-CF-REFUSED", status: 404, vendor: ["7003"] },
    { name: "a limit", code: "CFA-CF-RATE-LIMIT", status: 429, vendor: [] },
    { name: "a failure", code: "CFA-CF-UNREACHABLE", status: 502, vendor: [] },
    {
      name: "404 of something that is not Cloudflare",
      code: "CFA-CF-UNREACHABLE",
      status: 404,
      vendor: [],
    },
    { name: "a refusal of another sort", code: "CFA-CF-REFUSED", status: 409, vendor: ["11010"] },
  ] as const)(
    "is not known at $name, and never called present",
    async ({ code, status, vendor }) => {
      expect(await answered(code, status, vendor)).toEqual({
        why: `Cloudflare answered ${status}`,
      });
    },
  );

  it("is not known where no answer came", async () => {
    expect(await answered("CFA-CF-UNREACHABLE", undefined)).toEqual({ why: "no answer came" });
  });

  it("waits for Zero Trust where Access is not set up, whatever the status says", async () => {
    expect(await answered("CFA-CF-NO-ZERO-TRUST", 403, ["9999"])).toBe("no-team");
  });
});
