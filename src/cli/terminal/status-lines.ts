import { canRedraw } from "./colour.ts";
import { fitPieces, type Piece } from "./status-line.ts";
import { type OutputStream, type Terminal } from "./terminal.ts";

/** Several lines at the end of the screen, redrawn in place while work goes on, with lines printed above them. */
export interface StatusLines {
  /** Whether there are lines to redraw: on a terminal, unless NO_COLOR is set. */
  readonly live: boolean;
  /** Shows these lines from now on. */
  readonly show: (lines: readonly (readonly Piece[])[]) => void;
  /** Prints whole lines, above the status lines if there are any. */
  readonly print: (text: string) => void;
  /** Removes the lines. The next `show` draws them again. */
  readonly clear: () => void;
}

/** Milliseconds between two drawings at least. */
const BETWEEN_DRAWINGS = 120;

const UP_AND_ERASE = "\x1b[1A\x1b[2K";

/** Opens the status lines of a stream. If the stream cannot redraw lines, only `print` has an effect. */
export function openStatusLines(
  stream: OutputStream,
  { env, now }: Pick<Terminal, "env" | "now">,
): StatusLines {
  const live = canRedraw(stream, env);
  let drawn = 0;
  let drawnAt = -Infinity;
  let shown: readonly (readonly Piece[])[] = [];

  const erase = () => UP_AND_ERASE.repeat(drawn);
  const draw = (above: string) => {
    // One column stays free: a full last column makes some terminals wrap.
    const width = (stream.columns ?? 80) - 1;
    const lines = shown.map((pieces) => `${fitPieces(pieces, width)}\n`);
    stream.write(erase() + above + lines.join(""));
    drawn = lines.length;
    drawnAt = now();
  };
  return {
    live,
    show: (lines) => {
      shown = lines;
      if (live && (now() - drawnAt >= BETWEEN_DRAWINGS || lines.length < drawn)) draw("");
    },
    print: (text) => {
      if (live) draw(`${text}\n`);
      else stream.write(`${text}\n`);
    },
    clear: () => {
      shown = [];
      if (drawn > 0) draw("");
    },
  };
}
