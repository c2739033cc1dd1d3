import { problemUrl } from "../core/links.ts";
import type { CheckResult, Diagnosis, DoctorCheck } from "./findings.ts";

/** The output of `cfauth doctor --json`. Public interface, described in docs/commands.md. */
export function diagnosisJson({ groups }: Diagnosis, version: string): object {
  const checks = groups.flatMap((group) => group.checks);
  const count = (result: CheckResult): number =>
    checks.filter((check) => check.result === result).length;
  return {
    formatVersion: "1.0",
    version,
    ok: count("fail") === 0,
    counts: { pass: count("pass"), warn: count("warn"), fail: count("fail"), skip: count("skip") },
    groups: groups.map((group) => ({
      id: group.id,
      title: group.title,
      result: group.result,
      fact: group.headline,
      checks: group.checks.map(checkJson),
    })),
  };
}

function checkJson({
  id,
  title,
  result,
  detail,
  code,
  fixes = [],
  needs,
  hostname,
  container,
  label,
}: DoctorCheck): object {
  const [fix, alternative] = fixes;
  return {
    id,
    title,
    result,
    ...(detail !== undefined && { detail }),
    ...(code !== undefined && { code }),
    ...(fix !== undefined && { fix }),
    ...(alternative !== undefined && { alternative }),
    ...(code !== undefined && { docs: problemUrl(code) }),
    ...(needs !== undefined && { needs: needs.id }),
    ...(hostname !== undefined && { hostname }),
    ...(container !== undefined && { container }),
    ...(label !== undefined && { label }),
  };
}
