import { isFields, isText, isTexts } from "../fields.ts";

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const isFlag = (value: unknown): boolean => typeof value === "boolean";
const isString = (value: unknown): boolean => typeof value === "string";

/** In lower case, because cloudflared ignores the case of keys. Durations are whole seconds; `"30s"` is invalid. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  connecttimeout: isWhole,
  tlstimeout: isWhole,
  tcpkeepalive: isWhole,
  keepalivetimeout: isWhole,
  keepaliveconnections: isWhole,
  proxyport: isWhole,
  notlsverify: isFlag,
  http2origin: isFlag,
  disablechunkedencoding: isFlag,
  nohappyeyeballs: isFlag,
  matchsnitohost: isFlag,
  bastionmode: isFlag,
  capool: isString,
  httphostheader: isString,
  originservername: isString,
  proxytype: isString,
  proxyaddress: isString,
};

export function originRequestFault(options: unknown): string | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isFields(options)) return "originRequest must be an object";
  for (const [key, value] of Object.entries(options)) {
    if (value === null) continue;
    const valid = OPTIONS[key.toLowerCase()];
    if (valid && !valid(value)) return `originRequest.${key} has the wrong type`;
    const fault = key.toLowerCase() === "access" ? accessFault(value) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function accessFault(access: unknown): string | undefined {
  if (!isFields(access)) return "originRequest.access must be an object";
  const { required, teamName, audTag } = access;
  if (required !== undefined && !isFlag(required))
    return "originRequest.access.required must be a boolean";
  if (teamName !== undefined && !isString(teamName))
    return "originRequest.access.teamName must be a string";
  if (audTag !== undefined && audTag !== null && !isTexts(audTag))
    return "originRequest.access.audTag must be a list of strings";
  if (isTexts(audTag) && audTag.length > 0 && !isText(teamName))
    return "originRequest.access.teamName is required with audTag";
  return undefined;
}
