import { TOKEN_FORM } from "../../src/core/links.ts";
import { filled } from "./filled.ts";

/** docs/getting-started.md with `<!-- token -->` regenerated. */
export const withTokenLink = (text: string): string =>
  filled(
    "docs/getting-started.md",
    text,
    "token",
    `[Create one with everything ticked](${TOKEN_FORM})`,
  );
