import { BLOCK, RATES, STATUS, type Of, type OperationName, type Update } from "./operation.ts";
import { rowCount, width, type Tensor } from "./tensor.ts";

export type Floats = Float32Array | Float64Array;

/** The elements of a layout's tensors. */
export interface Memory {
  readonly floats: Floats;
  readonly integers: Int32Array;
}

type Operations = { readonly [Name in OperationName]: (operation: Of<Name>) => void };

/** Every operation as plain loops, in the order of the formulas: what the other engines are tested against. */
export class ReferenceOperations implements Operations {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  #floats({ offset, size }: Tensor): Floats {
    return this.#memory.floats.subarray(offset / 4, offset / 4 + size);
  }

  #integers({ offset, size }: Tensor): Int32Array {
    return this.#memory.integers.subarray(offset / 4, offset / 4 + size);
  }

  /** Here "packed" means [K, N] row by row. */
  pack({ weights, transposed, panels }: Of<"pack">): void {
    const from = this.#floats(weights);
    const to = this.#floats(panels);
    if (!transposed) {
      to.set(from);
      return;
    }
    const [outputs, inputs] = weights.shape;
    for (let n = 0; n < outputs; n++) {
      for (let k = 0; k < inputs; k++) to[k * outputs + n] = from[n * inputs + k];
    }
  }

  multiply({ input, panels, output, biases = [], plus }: Of<"multiply">): void {
    const [x, w, y] = [input, panels, output].map((tensor) => this.#floats(tensor));
    const added = biases.map((bias) => this.#floats(bias));
    const rows = plus && this.#floats(plus.rows);
    const indices = plus?.indices && this.#integers(plus.indices);
    const [K, N] = [width(input), width(output)];
    for (let row = 0; row < rowCount(input); row++) {
      for (let n = 0; n < N; n++) {
        const before = rows ? rows[(indices ? indices[row] : row) * N + n] : 0;
        let sum = added.reduce((total, bias) => total + bias[n], before);
        for (let k = 0; k < K; k++) sum += x[row * K + k] * w[k * N + n];
        y[row * N + n] = sum;
      }
    }
  }

  gather({ table, indices, output, biases }: Of<"gather">): void {
    const [from, to] = [this.#floats(table), this.#floats(output)];
    const added = biases.map((bias) => this.#floats(bias));
    const N = width(output);
    this.#integers(indices)
      .subarray(0, rowCount(output))
      .forEach((symbol, row) => {
        for (let n = 0; n < N; n++) {
          to[row * N + n] = added.reduce((sum, bias) => sum + bias[n], from[symbol * N + n]);
        }
      });
  }

  scatter({ gradient, indices, table, accumulate = false }: Of<"scatter">): void {
    const [from, to] = [this.#floats(gradient), this.#floats(table)];
    const symbols = this.#integers(indices);
    const N = width(table);
    if (!accumulate) to.fill(0);
    for (let row = 0; row < rowCount(gradient); row++) {
      for (let n = 0; n < N; n++) to[symbols[row] * N + n] += from[row * N + n];
    }
  }

  weightGradient({ outputGradient, input, gradient, accumulate = false }: Of<"weightGradient">): void {
    const [dy, x, dw] = [outputGradient, input, gradient].map((tensor) => this.#floats(tensor));
    const [M, N] = gradient.shape;
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = accumulate ? dw[m * N + n] : 0;
        for (let row = 0; row < rowCount(outputGradient); row++) sum += dy[row * M + m] * x[row * N + n];
        dw[m * N + n] = sum;
      }
    }
  }

  /** Here nothing is ever summed apart. */
  addHalf(): void {
    return;
  }

  biasGradient({ outputGradient, gradients, accumulate = false }: Of<"biasGradient">): void {
    const dy = this.#floats(outputGradient);
    const M = width(outputGradient);
    for (const gradient of gradients) {
      const db = this.#floats(gradient);
      if (!accumulate) db.fill(0);
      dy.forEach((value: number, index: number) => (db[index % M] += value));
    }
  }

  rnnForward({ gates, hidden }: Of<"rnnForward">): void {
    const h = this.#floats(hidden);
    this.#floats(gates).forEach((a: number, u: number) => (h[u] = Math.tanh(a)));
  }

  rnnBackward({ hidden, hiddenGradient, gates }: Of<"rnnBackward">): void {
    const [h, dh, da] = [hidden, hiddenGradient, gates].map((tensor) => this.#floats(tensor));
    for (let u = 0; u < h.length; u++) da[u] = dh[u] * (1 - h[u] ** 2);
  }

  lstmForward({ gates, cellBefore, cell, hidden }: Of<"lstmForward">): void {
    const [a, before, c, h] = [gates, cellBefore, cell, hidden].map((tensor) => this.#floats(tensor));
    forEachUnit(hidden, 4, (u, [atI, atF, atG, atO]) => {
      const [i, f, g, o] = [sigmoid(a[atI]), sigmoid(a[atF]), Math.tanh(a[atG]), sigmoid(a[atO])];
      [a[atI], a[atF], a[atG], a[atO]] = [i, f, g, o];
      c[u] = f * before[u] + i * g;
      h[u] = o * Math.tanh(c[u]);
    });
  }

  lstmBackward({ gates, cellBefore, cell, hiddenGradient, cellGradient }: Of<"lstmBackward">): void {
    const tensors = [gates, cellBefore, cell, hiddenGradient, cellGradient];
    const [a, before, c, dh, carried] = tensors.map((tensor) => this.#floats(tensor));
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
  }

  gruForward({ inputGates, hiddenGates, hiddenBefore, hidden }: Of<"gruForward">): void {
    const [a, b, before, h] = [inputGates, hiddenGates, hiddenBefore, hidden].map((t) => this.#floats(t));
    forEachUnit(hidden, 3, (u, [atR, atZ, atN]) => {
      const r = sigmoid(a[atR] + b[atR]);
      const z = sigmoid(a[atZ] + b[atZ]);
      const n = Math.tanh(a[atN] + r * b[atN]);
      [a[atR], a[atZ], a[atN]] = [r, z, n];
      h[u] = (1 - z) * n + z * before[u];
    });
  }

  gruBackward(operation: Of<"gruBackward">): void {
    const { inputGates, hiddenGates, hiddenBefore, hiddenGradient, hiddenGradientBefore } = operation;
    const tensors = [inputGates, hiddenGates, hiddenBefore, hiddenGradient];
    const [a, b, before, dh] = tensors.map((tensor) => this.#floats(tensor));
    const dhBefore = hiddenGradientBefore && this.#floats(hiddenGradientBefore);
    forEachUnit(hiddenGradient, 3, (u, [atR, atZ, atN]) => {
      const [r, z, n] = [a[atR], a[atZ], a[atN]];
      const dn = dh[u] * (1 - z) * (1 - n ** 2);
      const dz = dh[u] * (before[u] - n) * z * (1 - z);
      const dr = dn * b[atN] * r * (1 - r);
      [a[atR], a[atZ], a[atN]] = [dr, dz, dn];
      [b[atR], b[atZ], b[atN]] = [dr, dz, dn * r];
      if (dhBefore) dhBefore[u] += dh[u] * z;
    });
  }

  dropout({ input, output, clock, probability, seed, layer }: Of<"dropout">): void {
    const [x, y] = [this.#floats(input), this.#floats(output)];
    const N = width(output);
    const B = output.shape.at(-2) ?? 1;
    const key = mix(mix(mix(seed) + this.#integers(clock)[0]) + layer);
    const dropped = Math.fround(probability) * 2 ** 24;
    const scale = 1 / (1 - probability);
    for (let row = 0; row < rowCount(output); row++) {
      const rowKey = mix(mix(key + Math.floor(row / B)) + (row % B));
      for (let n = 0; n < N; n++) {
        const drawn = mix(rowKey + Math.imul(n, 0x9e3779b9)) >>> 8;
        y[row * N + n] = drawn >= Math.trunc(dropped) ? x[row * N + n] * scale : 0;
      }
    }
  }

  softmaxCrossEntropy(operation: Of<"softmaxCrossEntropy">): void {
    const { logits, targets, losses, predictions, scale } = operation;
    const V = width(logits);
    const loss = this.#floats(losses);
    const expected = this.#integers(targets);
    const predicted = predictions && this.#integers(predictions);
    for (let row = 0; row < rowCount(logits); row++) {
      const z = this.#floats(logits).subarray(row * V, (row + 1) * V);
      const target = expected[row];
      const max = largest(z);
      if (predicted) predicted[row] = z.indexOf(max);
      const sum = total(z.map((logit: number) => Math.exp(logit - max)));
      loss[row] = target < 0 ? 0 : Math.log(sum) + max - z[target];
      if (scale === 0) continue;
      z.forEach((logit: number, v: number) => {
        const gradient = Math.exp(logit - max) / sum - (v === target ? 1 : 0);
        z[v] = target < 0 ? 0 : scale * gradient;
      });
    }
  }

  copy({ from, to, guard }: Of<"copy">): void {
    if (this.#rejects(guard)) return;
    if (to.dtype === "int32") this.#integers(to).set(this.#integers(from));
    else this.#floats(to).set(this.#floats(from));
  }

  zero({ tensor, guard }: Of<"zero">): void {
    if (!this.#rejects(guard)) this.#floats(tensor).fill(0);
  }

  #rejects(status: Tensor | undefined): boolean {
    return status !== undefined && this.#floats(status)[STATUS.REJECTED] !== 0;
  }

  sumOfSquares({ tensor, partials }: Of<"sumOfSquares">): void {
    const [x, sums] = [this.#floats(tensor), this.#floats(partials).fill(0)];
    x.forEach((value: number, index: number) => (sums[Math.floor(index / BLOCK)] += value ** 2));
  }

  assess({ losses, partials, status, rates, maxNorm }: Of<"assess">): void {
    const loss = total(this.#floats(losses)) / losses.size;
    const norm = Math.sqrt(total(this.#floats(partials)));
    const factor = maxNorm > 0 && norm > maxNorm ? maxNorm / (norm + 1e-6) : 1;
    const limit = this.#floats(rates)[RATES.LOSS_LIMIT];
    const sound = Number.isFinite(loss) && Number.isFinite(norm) && (limit === 0 || loss <= limit);
    const rejected = !sound || this.#rejects(status);
    this.#floats(status).set([loss, norm, factor, Number(rejected)]);
  }

  adam(operation: Of<"adam">): void {
    const { mean, square, beta1, beta2, epsilon } = operation;
    const [m, v] = [this.#floats(mean), this.#floats(square)];
    const [, step, correction] = this.#floats(operation.rates);
    this.#update(operation, (g, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g ** 2;
      return (step * m[i]) / (Math.sqrt(v[i]) * correction + epsilon);
    });
  }

  scaledByRoot(operation: Of<"scaledByRoot">): void {
    const { square, keep, add, epsilon } = operation;
    const v = this.#floats(square);
    const [learningRate] = this.#floats(operation.rates);
    this.#update(operation, (g, i) => {
      v[i] = keep * v[i] + add * g ** 2;
      return (learningRate * g) / (Math.sqrt(v[i]) + epsilon);
    });
  }

  sgd(operation: Of<"sgd">): void {
    const { buffer, momentum } = operation;
    const b = buffer && this.#floats(buffer);
    const [learningRate] = this.#floats(operation.rates);
    this.#update(operation, (g, i) => {
      if (b) b[i] = momentum * b[i] + g;
      return learningRate * (b ? b[i] : g);
    });
  }

  /** p = p (1 - lr weightDecay) - step(gradient, index), unless the chunk is rejected. */
  #update(o: Update, step: (gradient: number, index: number) => number): void {
    if (this.#rejects(o.status)) return;
    const [p, gradient] = [o.parameter, o.gradient].map((tensor) => this.#floats(tensor));
    const factor = this.#floats(o.status)[STATUS.FACTOR];
    const decay = 1 - this.#floats(o.rates)[RATES.LEARNING_RATE] * o.weightDecay;
    for (let i = 0; i < p.length; i++) {
      const g = o.limit > 0 ? Math.min(o.limit, Math.max(-o.limit, gradient[i])) : gradient[i] * factor;
      p[i] = p[i] * decay - step(g, i);
    }
  }
}

/** Calls back with each unit's index in rows of H, and those of its gates in rows of `gateCount` x H. */
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

function total(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

function largest(numbers: Iterable<number>): number {
  let most = -Infinity;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The finalizer of MurmurHash3, as in kernels/dropout.h. */
function mix(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
