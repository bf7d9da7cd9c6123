import { SingleBar } from "cli-progress";
import stringWidth from "string-width";
import { canRedraw } from "./colour.ts";
import { type OutputStream, type Terminal } from "./terminal.ts";

/** A part of the status line. If the line is too long, parts with the largest `rank` are left out first. */
export interface Piece {
  text: string;
  rank: number;
}

/** Joins the pieces in their order, without those that do not fit into `columns`. */
export function fitPieces(pieces: readonly Piece[], columns: number): string {
  const kept = pieces.filter(({ text }) => text !== "");
  const line = () => kept.map(({ text }) => text).join("  ");
  while (kept.length > 0 && stringWidth(line()) > columns) {
    const last = kept.reduce((worst, piece) => (piece.rank > worst.rank ? piece : worst));
    kept.splice(kept.indexOf(last), 1);
  }
  return line();
}

/** A bar of this many columns. `fraction`, between 0 and 1, says how much of the bar is filled. */
export function bar(fraction: number, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

/** The last line of the screen, redrawn in place while work goes on, with lines printed above it. */
export interface StatusLine {
  /** Whether there is a line to redraw: on a terminal, unless NO_COLOR is set. */
  readonly live: boolean;
  /** Shows these pieces from now on. */
  readonly show: (pieces: readonly Piece[]) => void;
  /** Prints whole lines, above the status line if there is one. */
  readonly print: (text: string) => void;
  /** Removes the line. The next `show` draws the line again. */
  readonly clear: () => void;
}

/** Opens the status line of a stream. If the stream cannot redraw a line, only `print` has an effect. */
export function openStatusLine(stream: OutputStream, env: Terminal["env"]): StatusLine {
  return canRedraw(stream, env) ? liveLine(stream) : plainLines(stream);
}

function plainLines(stream: OutputStream): StatusLine {
  return {
    live: false,
    show: () => undefined,
    print: (text) => stream.write(`${text}\n`),
    clear: () => undefined,
  };
}

function liveLine(stream: OutputStream): StatusLine {
  let pieces: readonly Piece[] = [];
  let shown = false;
  const bar = new SingleBar({
    stream,
    fps: 8,
    clearOnComplete: true,
    gracefulExit: false,
    // One column stays free: a full last column makes some terminals wrap.
    format: (_options, { maxWidth }) => fitPieces(pieces, maxWidth - 1),
  });
  const show = (next: readonly Piece[]) => {
    pieces = next;
    if (!shown) bar.start(1, 0);
    shown = true;
  };
  const clear = () => {
    if (shown) bar.stop();
    shown = false;
  };
  const print = (text: string) => {
    // The bar remembers the row on which it started. So the bar is removed and started again below the printed text.
    const wasShown = shown;
    clear();
    stream.write(`${text}\n`);
    if (wasShown) show(pieces);
  };
  return { live: true, show, print, clear };
}
