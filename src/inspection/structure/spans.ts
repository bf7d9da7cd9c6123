/** A part of a text: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The end of a paragraph: a line end and a blank line. It is the source of a regular expression. */
export const PARAGRAPH_END = String.raw`\n[ \t\r]*\n`;

/** The matches of a global regular expression in a text. */
export function spansOf(text: string, pattern: RegExp): Span[] {
  return Array.from(text.matchAll(pattern), ({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));
}

/** How many of the spans hold each place of a text. */
export function depthIn(spans: readonly Span[], length: number): Float32Array {
  const depth = new Float32Array(length + 1);
  for (const { start, end } of spans) {
    depth[start]++;
    depth[end]--;
  }
  for (let t = 1; t < length; t++) depth[t] += depth[t - 1];
  return depth.subarray(0, length);
}

/** 1 in the spans, 0 elsewhere. */
export function insideOf(spans: readonly Span[], length: number): Float32Array {
  const inside = depthIn(spans, length);
  for (let t = 0; t < length; t++) inside[t] = Math.min(inside[t], 1);
  return inside;
}

/** 1, 2, 3, ... in each span, 0 elsewhere. The spans do not overlap. */
export function positionIn(spans: readonly Span[], length: number): Float32Array {
  const position = new Float32Array(length);
  for (const { start, end } of spans) {
    for (let t = start; t < end; t++) position[t] = t - start + 1;
  }
  return position;
}
