import { METRICS, type MetricRow } from "../../src/metrics/catalogue.ts";
import { filled } from "./filled.ts";

/** docs/monitoring.md with `<!-- metrics -->` regenerated. */
export const withMetrics = (text: string): string =>
  filled("docs/monitoring.md", text, "metrics", table());

function table(): string {
  const rows = Object.entries(METRICS).map(
    ([name, row]: [string, MetricRow]) =>
      `| \`${name}\` | ${row.type} | ${labelsOf(row)} | ${row.help.replaceAll("|", "\\|")} |`,
  );
  return ["| metric | type | labels | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

const labelsOf = ({ labels = {} }: MetricRow): string =>
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${values}`)
    .join("; ") || "–";
