import type { Terminal } from "../../core/terminal.ts";
import { printLines } from "./print.ts";

/** Lines that come one after the other, and beneath them how far it is. */
export interface Progress {
  line(text: string): void;
  /** @param done - of the total, fractions too */
  at(done: number): void;
  /** Takes the bar away. */
  end(): void;
}

/** Shorter work is over before a bar says anything. */
const LONG = 8;
const WIDTH = 30;

/** A bar that is rewritten in place, where somebody sees it; lines alone elsewhere. @param total - how many steps there are */
export function createProgress(out: Terminal, total: number): Progress {
  const shown = out.interactive && total >= LONG;
  const started = performance.now();
  /** What stands beneath the last line now; undefined where nothing does. */
  let bar: string | undefined;
  const draw = (text: string | undefined): void => {
    if (!shown || text === bar) return;
    out.write(bar === undefined ? out.plain(text ?? "") : out.rewritten(text ?? ""));
    bar = text;
  };
  return {
    line: (text) => {
      const under = bar;
      draw(undefined);
      printLines(out, text);
      draw(under);
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
