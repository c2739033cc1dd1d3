import { expect, it } from "vitest";
import { ACCESS_ROWS } from "./threats/access.ts";
import { AUTHENTIK_ROWS } from "./threats/authentik.ts";
import { IDENTITY_ROWS } from "./threats/identity.ts";
import { IMAGE_ROWS } from "./threats/images.ts";
import { LIMIT_ROWS } from "./threats/limits.ts";
import type { Row } from "./threats/row.ts";
import { SETTINGS_ROWS } from "./threats/settings.ts";
import { TENURE_ROWS } from "./threats/tenure.ts";
import { TEXT_ROWS } from "./threats/text.ts";
import { TOKEN_ROWS } from "./threats/token.ts";
import { TUNNEL_ROWS } from "./threats/tunnel.ts";
import { WRITER_ROWS } from "./threats/writers.ts";

/** Every input of the threat model, each with variants. */
const ROWS: readonly Row[] = [
  ...AUTHENTIK_ROWS,
  ...IDENTITY_ROWS,
  ...IMAGE_ROWS,
  ...TENURE_ROWS,
  ...ACCESS_ROWS,
  ...TUNNEL_ROWS,
  ...WRITER_ROWS,
  ...LIMIT_ROWS,
  ...TOKEN_ROWS,
  ...TEXT_ROWS,
  ...SETTINGS_ROWS,
];

it.each(ROWS)("$threat: $input", async ({ outcome, right }) => {
  expect(await outcome()).toEqual(right);
});
