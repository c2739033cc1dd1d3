import { sendTest } from "../notify/test-message.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, type Findings, passedCheck } from "./findings.ts";

/**
 * Lists the notification targets. Sends a test only on request, because it would make somebody's
 * phone ring.
 */
export async function checkNotifications({
  config,
  notify,
  owner,
  now,
}: DoctorContext): Promise<Findings> {
  const names = config.notify.map(({ name }) => name);
  if (notify === undefined)
    return {
      headline: `${names.join(", ")} · not tested: cfauth doctor --notify sends a test`,
      checks: names.map((name) => passedCheck("notifications.target", name, "not tested")),
    };
  const meta = { at: now, owner: await owner().catch(() => "") };
  const tested = await sendTest(config.notify, meta, notify, TIMEOUT_MS);
  const checks = tested.map((it): DoctorCheck => {
    if (it.delivered) return passedCheck("notifications.target", it.to, "accepted the test");
    const detail = `${it.to} did not accept the test: ${it.why}`;
    return { id: "notifications.target", title: it.to, result: "warn", detail, fixes: [FIX] };
  });
  const delivered = tested.filter(({ delivered }) => delivered).length;
  return {
    headline:
      delivered === tested.length
        ? `${names.join(", ")} accepted the test`
        : `${delivered} of ${tested.length} accepted the test`,
    checks,
  };
}

/** Shorter than the time limit of a group. */
const TIMEOUT_MS = 8_000;

const FIX =
  "correct the address in CFAUTH_NOTIFY_URL (docs/notifications.md has an example for each service), then: cfauth doctor --notify";
