import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { METRICS, type MetricName, type MetricRow } from "./catalogue.ts";

type NameOf<T extends MetricRow["type"]> = {
  [N in MetricName]: (typeof METRICS)[N]["type"] extends T ? N : never;
}[MetricName];
type LabelOf<N extends MetricName> = (typeof METRICS)[N] extends { readonly labels: infer L }
  ? keyof L & string
  : never;

/**
 * Creates each metric of the catalogue once, in one registry. prom-client's global registry is not
 * used.
 */
export interface Instruments {
  counter<N extends NameOf<"counter">>(name: N): Counter<LabelOf<N>>;
  gauge<N extends NameOf<"gauge">>(name: N): Gauge<LabelOf<N>>;
  histogram<N extends NameOf<"histogram">>(name: N): Histogram<LabelOf<N>>;
}

export function createInstruments(registry: Registry): Instruments {
  const options = <N extends MetricName>(name: N) => {
    const { help, labels = {} }: MetricRow = METRICS[name];
    return { name, help, labelNames: Object.keys(labels) as LabelOf<N>[], registers: [registry] };
  };
  const bucketsOf = ({ buckets = [] }: MetricRow): number[] => [...buckets];
  return {
    counter: (name) => new Counter(options(name)),
    gauge: (name) => new Gauge(options(name)),
    histogram: (name) => new Histogram({ ...options(name), buckets: bucketsOf(METRICS[name]) }),
  };
}
