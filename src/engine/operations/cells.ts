/**
 * The pointwise parts of the cells, after the products: one time step of B rows and H units at a time. A prime means
 * the previous time step: h' is h_t-1. ../kernels/cells.h computes the same.
 */
import { width, type Tensor } from "../tensor.ts";
import { byParts, optionalRow, row, type OperationRecord } from "./record.ts";

export interface RnnForward {
  /** [B, H] */
  readonly gates: Tensor;
  readonly hidden: Tensor;
}

/** h = tanh(a). */
export const rnnForward: OperationRecord<RnnForward> = {
  words: [row("gates"), row("hidden")],
  sharing: byParts(
    ({ hidden }) => hidden,
    ({ hidden }) => [hidden],
  ),
  reference({ gates, hidden }, memory) {
    const h = memory.floats(hidden);
    memory.floats(gates).forEach((a: number, u: number) => (h[u] = Math.tanh(a)));
  },
};

export interface RnnBackward extends RnnForward {
  readonly hiddenGradient: Tensor;
}

/** da = dh (1 - h^2), written to `gates`. */
export const rnnBackward: OperationRecord<RnnBackward> = {
  words: [row("hidden"), row("hiddenGradient"), row("gates")],
  sharing: byParts(
    ({ hidden }) => hidden,
    ({ gates }) => [gates],
  ),
  reference({ hidden, hiddenGradient, gates }, memory) {
    const [h, dh, da] = [hidden, hiddenGradient, gates].map((tensor) => memory.floats(tensor));
    for (let u = 0; u < h.length; u++) da[u] = dh[u] * (1 - h[u] ** 2);
  },
};

export interface LstmForward {
  /** [B, 4H] */
  readonly gates: Tensor;
  readonly cellBefore: Tensor;
  readonly cell: Tensor;
  readonly hidden: Tensor;
}

/** The sums in `gates` become i, f, g, o; c = f c' + i g, h = o tanh(c). */
export const lstmForward: OperationRecord<LstmForward> = {
  words: [row("gates", 4), row("cellBefore"), row("cell"), row("hidden")],
  sharing: byParts(
    ({ hidden }) => hidden,
    ({ gates, cell, hidden }) => [gates, cell, hidden],
  ),
  reference({ gates, cellBefore, cell, hidden }, memory) {
    const [a, before, c, h] = [gates, cellBefore, cell, hidden].map((tensor) => memory.floats(tensor));
    forEachUnit(hidden, 4, (u, [atI, atF, atG, atO]) => {
      const [i, f, g, o] = [sigmoid(a[atI]), sigmoid(a[atF]), Math.tanh(a[atG]), sigmoid(a[atO])];
      [a[atI], a[atF], a[atG], a[atO]] = [i, f, g, o];
      c[u] = f * before[u] + i * g;
      h[u] = o * Math.tanh(c[u]);
    });
  },
};

export interface LstmBackward {
  readonly gates: Tensor;
  readonly cellBefore: Tensor;
  readonly cell: Tensor;
  readonly hiddenGradient: Tensor;
  readonly cellGradient: Tensor;
}

/** `gates` become the gradients of their sums (the values before activation). `cellGradient` changes from dc to dc'. */
export const lstmBackward: OperationRecord<LstmBackward> = {
  words: [row("gates", 4), row("cellBefore"), row("cell"), row("hiddenGradient"), row("cellGradient")],
  sharing: byParts(
    ({ hiddenGradient }) => hiddenGradient,
    ({ gates, cellGradient }) => [gates, cellGradient],
  ),
  reference({ gates, cellBefore, cell, hiddenGradient, cellGradient }, memory) {
    const tensors = [gates, cellBefore, cell, hiddenGradient, cellGradient];
    const [a, before, c, dh, carried] = tensors.map((tensor) => memory.floats(tensor));
    forEachUnit(hiddenGradient, 4, (u, [atI, atF, atG, atO]) => {
      const [i, f, g, o] = [a[atI], a[atF], a[atG], a[atO]];
      const tanhC = Math.tanh(c[u]);
      const dc = carried[u] + dh[u] * o * (1 - tanhC ** 2);
      a[atI] = dc * g * i * (1 - i);
      a[atF] = dc * before[u] * f * (1 - f);
      a[atG] = dc * i * (1 - g ** 2);
      a[atO] = dh[u] * tanhC * o * (1 - o);
      carried[u] = dc * f;
    });
  },
};

export interface GruForward {
  /** [B, 3H]: the input's part of the gates. The hidden state's part is separate, in `hiddenGates`. */
  readonly inputGates: Tensor;
  readonly hiddenGates: Tensor;
  readonly hiddenBefore: Tensor;
  readonly hidden: Tensor;
}

/** The sums in `inputGates` become r, z, n; h = (1 - z) n + z h'. */
export const gruForward: OperationRecord<GruForward> = {
  words: [row("inputGates", 3), row("hiddenGates", 3), row("hiddenBefore"), row("hidden")],
  sharing: byParts(
    ({ hidden }) => hidden,
    ({ inputGates, hidden }) => [inputGates, hidden],
  ),
  reference({ inputGates, hiddenGates, hiddenBefore, hidden }, memory) {
    const tensors = [inputGates, hiddenGates, hiddenBefore, hidden];
    const [a, b, before, h] = tensors.map((tensor) => memory.floats(tensor));
    forEachUnit(hidden, 3, (u, [atR, atZ, atN]) => {
      const r = sigmoid(a[atR] + b[atR]);
      const z = sigmoid(a[atZ] + b[atZ]);
      const n = Math.tanh(a[atN] + r * b[atN]);
      [a[atR], a[atZ], a[atN]] = [r, z, n];
      h[u] = (1 - z) * n + z * before[u];
    });
  },
};

export interface GruBackward {
  readonly inputGates: Tensor;
  readonly hiddenGates: Tensor;
  readonly hiddenBefore: Tensor;
  readonly hiddenGradient: Tensor;
  /** Left out at the chunk's first step. */
  readonly hiddenGradientBefore?: Tensor;
}

/** Both tensors of gates become the gradients of their sums. z dh is added to `hiddenGradientBefore`. */
export const gruBackward: OperationRecord<GruBackward> = {
  words: [
    row("inputGates", 3),
    row("hiddenGates", 3),
    row("hiddenBefore"),
    row("hiddenGradient"),
    optionalRow("hiddenGradientBefore"),
  ],
  sharing: byParts(
    ({ hiddenGradient }) => hiddenGradient,
    ({ inputGates, hiddenGates, hiddenGradientBefore }) => [inputGates, hiddenGates, hiddenGradientBefore],
  ),
  reference({ inputGates, hiddenGates, hiddenBefore, hiddenGradient, hiddenGradientBefore }, memory) {
    const tensors = [inputGates, hiddenGates, hiddenBefore, hiddenGradient];
    const [a, b, before, dh] = tensors.map((tensor) => memory.floats(tensor));
    const dhBefore = hiddenGradientBefore && memory.floats(hiddenGradientBefore);
    forEachUnit(hiddenGradient, 3, (u, [atR, atZ, atN]) => {
      const [r, z, n] = [a[atR], a[atZ], a[atN]];
      const dn = dh[u] * (1 - z) * (1 - n ** 2);
      const dz = dh[u] * (before[u] - n) * z * (1 - z);
      const dr = dn * b[atN] * r * (1 - r);
      [a[atR], a[atZ], a[atN]] = [dr, dz, dn];
      [b[atR], b[atZ], b[atN]] = [dr, dz, dn * r];
      if (dhBefore) dhBefore[u] += dh[u] * z;
    });
  },
};

export interface MingruForward {
  /** [B, 2H] */
  readonly gates: Tensor;
  readonly hiddenBefore: Tensor;
  readonly hidden: Tensor;
}

/**
 * The sums in `gates` become z = sigmoid(a_z) and g = g(a_h), with g(x) = x + 0.5 if x >= 0, else sigmoid(x).
 * h = (1 - z) h' + z g.
 */
export const mingruForward: OperationRecord<MingruForward> = {
  words: [row("gates", 2), row("hiddenBefore"), row("hidden")],
  sharing: byParts(
    ({ hidden }) => hidden,
    ({ gates, hidden }) => [gates, hidden],
  ),
  reference({ gates, hiddenBefore, hidden }, memory) {
    const [a, before, h] = [gates, hiddenBefore, hidden].map((tensor) => memory.floats(tensor));
    forEachUnit(hidden, 2, (u, [atZ, atG]) => {
      const z = sigmoid(a[atZ]);
      const g = a[atG] >= 0 ? a[atG] + 0.5 : sigmoid(a[atG]);
      [a[atZ], a[atG]] = [z, g];
      h[u] = (1 - z) * before[u] + z * g;
    });
  },
};

export interface MingruBackward {
  readonly gates: Tensor;
  readonly hiddenBefore: Tensor;
  readonly hiddenGradient: Tensor;
  /** Left out at the chunk's first step. */
  readonly hiddenGradientBefore?: Tensor;
}

/**
 * `gates` become the gradients of their sums. (1 - z) dh is added to `hiddenGradientBefore`. The slope of g is 1 if
 * g >= 0.5, and otherwise the slope of the sigmoid.
 */
export const mingruBackward: OperationRecord<MingruBackward> = {
  words: [row("gates", 2), row("hiddenBefore"), row("hiddenGradient"), optionalRow("hiddenGradientBefore")],
  sharing: byParts(
    ({ hiddenGradient }) => hiddenGradient,
    ({ gates, hiddenGradientBefore }) => [gates, hiddenGradientBefore],
  ),
  reference({ gates, hiddenBefore, hiddenGradient, hiddenGradientBefore }, memory) {
    const [a, before, dh] = [gates, hiddenBefore, hiddenGradient].map((tensor) => memory.floats(tensor));
    const dhBefore = hiddenGradientBefore && memory.floats(hiddenGradientBefore);
    forEachUnit(hiddenGradient, 2, (u, [atZ, atG]) => {
      const [z, g] = [a[atZ], a[atG]];
      a[atZ] = dh[u] * (g - before[u]) * z * (1 - z);
      a[atG] = dh[u] * z * (g >= 0.5 ? 1 : g * (1 - g));
      if (dhBefore) dhBefore[u] += dh[u] * (1 - z);
    });
  },
};

/** Calls `visit` with the index of each unit in rows of H, and the indices of its gates in rows of `gateCount` x H. */
function forEachUnit(
  hidden: Tensor,
  gateCount: number,
  visit: (unit: number, gates: number[]) => void,
): void {
  const H = width(hidden);
  for (let u = 0; u < hidden.size; u++) {
    const first = Math.floor(u / H) * gateCount * H + (u % H);
    visit(
      u,
      Array.from({ length: gateCount }, (_, gate) => first + gate * H),
    );
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
