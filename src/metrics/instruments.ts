import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { METRICS, type MetricName, type MetricRow } from "./catalogue.ts";

type NameOf<T extends MetricRow["type"]> = {
  [N in MetricName]: (typeof METRICS)[N]["type"] extends T ? N : never;
}[MetricName];
type LabelOf<N extends MetricName> = (typeof METRICS)[N] extends { readonly labels: infer L }
  ? keyof L & string
  : never;

/** Makes the metrics of the catalogue in one registry, each once. Nothing is kept beside it: prom-client's own is not touched. */
export interface Instruments {
  counter<N extends NameOf<"counter">>(name: N): Counter<LabelOf<N>>;
  gauge<N extends NameOf<"gauge">>(name: N): Gauge<LabelOf<N>>;
  histogram<N extends NameOf<"histogram">>(name: N): Histogram<LabelOf<N>>;
}

export function createInstruments(registry: Registry): Instruments {
  const told = <N extends MetricName>(name: N) => {
    const { help, labels = {} }: MetricRow = METRICS[name];
    return { name, help, labelNames: Object.keys(labels) as LabelOf<N>[], registers: [registry] };
  };
  const bucketsOf = ({ buckets = [] }: MetricRow): number[] => [...buckets];
  return {
    counter: (name) => new Counter(told(name)),
    gauge: (name) => new Gauge(told(name)),
    histogram: (name) => new Histogram({ ...told(name), buckets: bucketsOf(METRICS[name]) }),
  };
}
