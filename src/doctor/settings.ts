import { pluralise } from "../core/text/grammar.ts";
import type { DoctorContext } from "./context.ts";
import { type Findings, passedCheck } from "./findings.ts";
import { settingSource } from "./setting-sources.ts";

const SECRETS = ["CLOUDFLARE_API_TOKEN", "AUTHENTIK_TOKEN", "TUNNEL_TOKEN"];

/**
 * Reports how many settings are set, and where the secrets come from. Invalid settings stop the
 * command earlier.
 */
export async function checkSettings({ settingSources, config }: DoctorContext): Promise<Findings> {
  const files = [...settingSources.values()].filter((from) => from === "file").length;
  const fact = `${settingSources.size} set${files === 0 ? "" : `, ${files === settingSources.size ? "all" : files} from files`}`;
  const secrets = SECRETS.filter((name) => settingSources.has(name)).map((name) =>
    passedCheck(`settings.${name}`, name, `from ${settingSource(settingSources, name)}`),
  );
  const read = passedCheck(
    "settings.read",
    "All settings can be read",
    `${pluralise(settingSources.size, "setting")}, ${files} from files`,
  );
  if (!config.dryRun) return { headline: fact, checks: [read, ...secrets] };
  const dry = {
    id: "settings.dry-run",
    title: "CFAUTH_DRY_RUN is off",
    result: "warn",
    detail: "CFAUTH_DRY_RUN is on: cfauth logs what it would do and writes nothing",
    fixes: ["remove CFAUTH_DRY_RUN to let cfauth write, then: docker compose up -d"],
  } as const;
  return { headline: `${fact} · dry run`, checks: [read, ...secrets, dry] };
}
