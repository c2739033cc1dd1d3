import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { parseTargets, secretsIn, type Target } from "../../../src/config/notify-target.ts";
import { createRedactor } from "../../../src/log/redactor.ts";

const read = (text: string): readonly Target[] => {
  const targets = parseTargets(text);
  if (!targets.ok) throw new Error(targets.why);
  return targets.value;
};

const fault = (text: string) => {
  const targets = parseTargets(text);
  return targets.ok ? undefined : targets;
};

describe("the service of a notification target", () => {
  it.each([
    ["https://discord.com/api/webhooks/1234567890/AbCdEfGh", "discord at discord.com"],
    ["https://ptb.discord.com/api/webhooks/1234567890/AbCdEfGh", "discord at ptb.discord.com"],
    ["https://hooks.slack.com/services/T000/B000/XXXX", "slack at hooks.slack.com"],
    ["https://chat.example.com/hooks/xxx-generatedkey-xxx", "mattermost at chat.example.com"],
    ["https://push.example.com/message?token=AbCdEf", "gotify at push.example.com"],
    ["https://ntfy.sh/home-alerts", "ntfy at ntfy.sh"],
    ["http://ntfy/home-alerts", "ntfy at ntfy"],
    ["http://apprise:8000/notify/cfauth", "apprise at apprise:8000"],
    ["https://ha.example.com/api/webhook/cfauth-x1", "json at ha.example.com"],
    ["https://n8n.example.com/webhook/5f1c", "json at n8n.example.com"],
  ])("the service of %s is recognised by its address", (text, name) => {
    expect(read(text).map((target) => target.name)).toEqual([name]);
  });

  it.each([
    ["ntfy+https://push.example.com/alerts", "ntfy at push.example.com"],
    ["gotify+https://example.com/gotify?token=AbCdEf", "gotify at example.com"],
    ["slack+https://chat.example.com/hooks/key", "slack at chat.example.com"],
    ["mattermost+https://chat.example.com/x", "mattermost at chat.example.com"],
    ["json+https://ntfy.sh/alerts", "json at ntfy.sh"],
    ["ntfy+http://192.168.1.5:8080/alerts", "ntfy at 192.168.1.5:8080"],
  ])("the service of %s is named in its scheme", (text, name) => {
    expect(read(text).map((target) => target.name)).toEqual([name]);
  });

  it("several notification targets may be separated by spaces, commas or line breaks", () => {
    const names = read(
      "https://ntfy.sh/a, https://ntfy.sh/b\nhttps://hooks.slack.com/services/x\n",
    ).map(({ format }) => format);
    expect(names).toEqual(["ntfy", "ntfy", "slack"]);
  });
});

describe("invalid notification targets", () => {
  it.each([
    [
      "ntfy.sh/secret-topic",
      "is not an address that begins with https://",
      "paste the address that the service shows",
    ],
    [
      "discord://token@1234567890",
      "is not an address that begins with https://",
      "paste the address that the service shows",
    ],
    [
      "teams+https://secret.example.com/",
      "begins with an unknown service",
      "write one of ntfy+, gotify+, discord+",
    ],
    ["http://secret.example.com/hook", "uses http to a host on the internet", "write https://"],
    ["http://8.8.8.8/hook", "uses http to a host on the internet", "write https://"],
    ["https://ntfy.sh/", "names no ntfy topic", "https://ntfy.sh/your-topic"],
    ["gotify+https://secret.example.com/message", "has no Gotify token", "/message?token="],
    [
      "https://discord.com/channels/1/2",
      "is not the address of a Discord webhook",
      "Copy Webhook URL",
    ],
    [
      "https://ntfy.sh/fine ftp://secret.example.com",
      "is not an address that begins with https:// (address 2 of 2)",
      "paste",
    ],
    [",", "contains no address", "paste"],
  ])("%s is refused as a notification target without being repeated", (text, why, fix) => {
    const found = fault(text);
    expect(found?.why).toContain(why);
    expect(found?.fix).toContain(fix);
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  it.each([
    "http://localhost:8000/x",
    "http://[::1]/x",
    "http://10.1.2.3/x",
    "http://[fd00::5]/x",
    "http://apprise/x",
    "http://ha.local/x",
    "http://n8n.home.arpa/x",
  ])("a notification target at home may use http: %s", (text) => {
    expect(fault(text)).toBeUndefined();
  });

  it.each([
    "http://[2001:db8::1]/x",
    "http://172.32.0.1/x",
    "http://home.example.com/x",
    "http://notlocal/x.local",
  ])("only http to a host on the internet is refused: %s", (text) => {
    expect(fault(text) === undefined).toBe(text === "http://notlocal/x.local");
  });
});

describe("secrets in notification targets", () => {
  const [target] = read(
    "ntfy+https://alice:hunter2hunter2@push.example.com/alerts-topic-7?auth=QmFzaWMgeHl6&cache=no",
  );

  it("a notification target does not print itself", () => {
    expect(`${inspect(target)} ${JSON.stringify(target)} ${target?.url}`).not.toMatch(
      /alerts|hunter|alice|auth/,
    );
  });

  it("no part of a notification target appears in a log line", () => {
    const redacted = createRedactor(target === undefined ? [] : secretsIn(target));
    expect(
      redacted(
        "to https://alice:hunter2hunter2@push.example.com/alerts-topic-7?auth=QmFzaWMgeHl6&cache=no failed",
      ),
    ).toBe("to [secret] failed");
    expect(redacted("hunter2hunter2 alerts-topic-7 QmFzaWMgeHl6")).toBe(
      "[secret] [secret] [secret]",
    );
  });

  it("common words of a notification target stay readable in other log lines", () => {
    const secrets = read(
      "https://hooks.slack.com/services/T0000000A/B0000000B/secretsecret",
    ).flatMap(secretsIn);
    expect(createRedactor(secrets)("services on hooks.slack.com: T0000000A secretsecret")).toBe(
      "services on hooks.slack.com: [secret] [secret]",
    );
  });
});
