import { isPrivateHost } from "../core/domain/private-host.ts";
import { type Secret, secret } from "../core/secret.ts";
import { splitList } from "../core/text/list.ts";
import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/** The message format that a notification service expects. */
export type Format = (typeof FORMATS)[number];

const FORMATS = ["ntfy", "gotify", "discord", "slack", "mattermost", "apprise", "json"] as const;

/** A destination for notifications. */
export interface Target {
  readonly format: Format;
  /** The name shown to people: `ntfy at ntfy.sh`. No other part of the address may be shown. */
  readonly name: string;
  /** The service's address as it was configured. It may contain tokens. */
  readonly url: Secret;
}

const ASK = "paste the address that the service shows, such as https://ntfy.sh/your-topic";

/**
 * Parses addresses separated by spaces, line breaks or commas. A fault never repeats an address.
 */
export function parseTargets(text: string): ParseResult<readonly Target[]> {
  const texts = text.split(/[\s,]+/).filter((part) => part !== "");
  if (texts.length === 0) return invalid("contains no address", ASK);
  const targets: Target[] = [];
  for (const [index, part] of texts.entries()) {
    const target = parseTarget(part);
    if (!target.ok)
      return texts.length === 1
        ? target
        : invalid(`${target.why} (address ${index + 1} of ${texts.length})`, target.fix);
    targets.push(target.value);
  }
  return ok(targets);
}

function parseTarget(text: string): ParseResult<Target> {
  const [, prefix, address = ""] = /^(?:([A-Za-z]+)\+)?(.*)$/.exec(text) ?? [];
  const forced = FORMATS.find((format) => format === prefix?.toLowerCase());
  if (prefix !== undefined && forced === undefined)
    return invalid(
      "begins with an unknown service",
      `write one of ${FORMATS.map((format) => `${format}+`).join(", ")} in front, or nothing`,
    );
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    return invalid("is not an address that begins with https://", ASK);
  if (url.protocol === "http:" && !isPrivateHost(url.hostname))
    return invalid(
      "uses http to a host on the internet, where anyone on the way could read it",
      "write https://",
    );
  const format = forced ?? formatOf(url);
  const fault = VALIDATORS[format]?.(url);
  return fault ?? ok({ format, name: `${format} at ${url.host}`, url: secret(address) });
}

/** Guesses the format from the address that a service displays. */
function formatOf(url: URL): Format {
  const { hostname, pathname, searchParams } = url;
  if (/(^|\.)discord(app)?\.com$/.test(hostname)) return "discord";
  if (/^hooks\.slack(-gov)?\.com$/.test(hostname)) return "slack";
  if (/\/message\/?$/.test(pathname) && searchParams.has("token")) return "gotify";
  if (/\/hooks\/[^/]+(\/[^/]+)?\/?$/.test(pathname)) return "mattermost";
  if (/^ntfy(\.|$)/.test(hostname)) return "ntfy";
  return /^apprise(\.|$)/.test(hostname) ? "apprise" : "json";
}

const VALIDATORS: Partial<Record<Format, (url: URL) => ParseResult<never> | undefined>> = {
  ntfy: (url) =>
    /^[-_A-Za-z0-9]{1,64}$/.test(topicOf(url))
      ? undefined
      : invalid(
          "names no ntfy topic",
          "write the topic after the host: https://ntfy.sh/your-topic",
        ),
  gotify: ({ searchParams }) =>
    searchParams.get("token")
      ? undefined
      : invalid("has no Gotify token", "write it like https://gotify.example.com/message?token=…"),
  discord: ({ pathname }) =>
    /\/webhooks\/\d+\/[^/]+\/?$/.test(pathname)
      ? undefined
      : invalid(
          "is not the address of a Discord webhook",
          "copy it from the channel: Integrations → Webhooks → Copy Webhook URL",
        ),
};

export const topicOf = ({ pathname }: URL): string =>
  splitList(pathname.replaceAll("/", ",")).at(-1) ?? "";

/** Words that occur in the paths of many services and also in log lines. */
const COMMON = /^(services|webhooks?|workflows|notifications?|messages?)$/;

/**
 * The parts of the address that must never be printed: the whole address, and each part that may be
 * a token. Short parts are left out because hiding them would also hide parts of unrelated words.
 */
export function secretsIn({ url }: Target): readonly Secret[] {
  const text = url.reveal();
  const { username, password, pathname, search, searchParams } = new URL(text);
  const parts = [
    username,
    password,
    ...pathname.split("/"),
    ...[...searchParams].map(([, value]) => value),
    ...search.slice(1).split(/[&=]/),
  ];
  const long = parts
    .flatMap((part) => [part, decodeUrlPart(part)])
    .filter((part) => part.length >= 8 && !COMMON.test(part));
  return [text, ...new Set(long)].map(secret);
}

export function decodeUrlPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
