import { expect, it } from "vitest";
import { ACCESS_ROWS } from "./threats/access.ts";
import { ANSWER_ROWS } from "./threats/answers.ts";
import { AUTHENTIK_ROWS } from "./threats/authentik.ts";
import { IDENTITY_ROWS } from "./threats/identity.ts";
import { IMAGE_ROWS } from "./threats/images.ts";
import { LIMIT_ROWS } from "./threats/limits.ts";
import type { Row } from "./threats/row.ts";
import { SETTINGS_ROWS } from "./threats/settings.ts";
import { TENURE_ROWS } from "./threats/tenure.ts";
import { TEXT_ROWS } from "./threats/text.ts";
import { TIME_ROWS } from "./threats/times.ts";
import { TOKEN_ROWS } from "./threats/token.ts";
import { TUNNEL_ROWS } from "./threats/tunnel.ts";
import { WRITER_ROWS } from "./threats/writers.ts";

/** Every input of the threat model, with variants. */
const ROWS: readonly Row[] = [
  ...AUTHENTIK_ROWS,
  ...IDENTITY_ROWS,
  ...IMAGE_ROWS,
  ...TENURE_ROWS,
  ...ACCESS_ROWS,
  ...TUNNEL_ROWS,
  ...WRITER_ROWS,
  ...LIMIT_ROWS,
  ...TIME_ROWS,
  ...ANSWER_ROWS,
  ...TOKEN_ROWS,
  ...TEXT_ROWS,
  ...SETTINGS_ROWS,
];

const THREATS = [
  ...Array.from({ length: 23 }, (_, index) => `T${index + 1}`),
  "T16a",
  "T16b",
  "T16c",
  "T16d",
];

it.each(THREATS)("threat %s has an input and at least two variants", (threat) => {
  expect(ROWS.filter((row) => row.threat === threat).length).toBeGreaterThanOrEqual(3);
});

it.each(ROWS)("threat $threat has the expected outcome for: $input", async ({ outcome, right }) => {
  expect(await outcome()).toEqual(right);
});
