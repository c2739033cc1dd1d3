import type { Terminal } from "../../core/terminal.ts";
import { printLines } from "./print.ts";

/** Prints lines above a progress bar. */
export interface Progress {
  line(text: string): void;
  /** @param done - the finished part of the total; may be a fraction */
  at(done: number): void;
  /** Removes the bar. */
  end(): void;
}

/** A bar is shown for at least this many steps. */
const MIN_STEPS = 8;
const WIDTH = 30;

/** Shows a bar on a terminal, and only lines elsewhere. @param total - the number of steps */
export function createProgress(out: Terminal, total: number): Progress {
  const shown = out.interactive && total >= MIN_STEPS;
  const started = performance.now();
  /** The bar that is shown now; undefined if there is none. */
  let bar: string | undefined;
  const draw = (text: string | undefined): void => {
    if (!shown || text === bar) return;
    out.write(bar === undefined ? out.plain(text ?? "") : out.rewritten(text ?? ""));
    bar = text;
  };
  return {
    line: (text) => {
      const hiddenBar = bar;
      draw(undefined);
      printLines(out, text);
      draw(hiddenBar);
    },
    at: (done) =>
      draw(
        barOf(Math.min(done, total), total, performance.now() - started).slice(
          0,
          Math.max(0, out.columns - 1),
        ),
      ),
    end: () => draw(undefined),
  };
}

function barOf(done: number, total: number, ms: number): string {
  const full = total === 0 ? 0 : Math.floor((done / total) * WIDTH);
  return `[${"#".repeat(full)}${"·".repeat(WIDTH - full)}] ${Math.floor(done)} of ${total} · ${Math.round(ms / 1_000)} s`;
}
