/** Secrets are not sent in the clear (T22). */
import { readConfig } from "../../../../src/config/config.ts";
import { each, type Row } from "./row.ts";

const ENOUGH = {
  CLOUDFLARE_API_TOKEN: "cf-token-0123456789",
  AUTHENTIK_URL: "https://auth.example.com",
  AUTHENTIK_TOKEN: "ak-token-0123456789",
};

/** The names of the refused settings. */
function refused(environment: Readonly<Record<string, string>>): readonly string[] {
  const read = readConfig({ ...ENOUGH, ...environment }, () => "");
  return read.ok ? [] : read.faults.map(({ name }) => name);
}

const PUBLIC = [
  "http://authentik.example.com",
  "http://authentik.example.com:9000",
  "HTTP://Authentik.Example.com",
  "http://authentik.example.com.",
  "http://203.0.113.7:9000",
  "http://8.8.8.8",
  "http://134744072",
  "http://0x08080808",
  "http://[2001:db8::1]:9000",
  "http://[::ffff:8.8.8.8]",
  "http://172.32.0.1",
  "http://192.169.0.1",
  "http://11.0.0.1",
];

const PRIVATE = [
  "http://localhost:9000",
  "http://127.0.0.1:9000",
  "http://127.8.9.10",
  "http://[::1]:9000",
  "http://10.0.0.7:9000",
  "http://172.16.0.1",
  "http://172.31.255.254",
  "http://192.168.1.2:9000",
  "http://[fd00::1]:9000",
  "http://authentik-server:9000",
  "http://authentik-server.authentik:9000",
  "https://authentik.example.com",
];

export const SETTINGS_ROWS: readonly Row[] = [
  ...["AUTHENTIK_API_URL", "CLOUDFLARE_BASE_URL"].flatMap((name) => [
    ...each(
      PUBLIC,
      (url): Row => ({
        threat: "T22",
        input: `${name}=${url}`,
        outcome: async () => refused({ [name]: url }),
        right: [name],
      }),
    ),
    ...each(
      PRIVATE,
      (url): Row => ({
        threat: "T22",
        input: `${name}=${url}`,
        outcome: async () => refused({ [name]: url }),
        right: [],
      }),
    ),
  ]),
];
