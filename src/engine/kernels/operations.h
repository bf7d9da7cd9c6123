/* The operations of ../operation.ts. Each function does this thread's share of the work. The arithmetic of cells is in
 * cells.h. */
#ifndef CHARRNN_OPERATIONS_H
#define CHARRNN_OPERATIONS_H

#include "attention.h"
#include "cells.h"
#include "dropout.h"
#include "loss.h"
#include "machine.h"
#include "optimizers.h"

/* OPERATION(copy) { ... } defines the operation `copy`. `o` holds the arguments of the operation, read from
 * the program (machine.h). The function run_copy is never inlined, so that a profile shows the name of the operation. */
#define OPERATION(name)                                                                                    \
  INLINE void do_##name(Machine *m, struct name o);                                                        \
  static __attribute__((noinline)) void run_##name(Machine *m) { do_##name(m, next_##name(m)); }           \
  INLINE void do_##name(Machine *m, struct name o)

#define FOR_ROWS(r, rows) for (size_t r = (size_t)(rows).begin; r < (size_t)(rows).end; r++)

OPERATION(pack) {
  const Packing w = {o.weights, o.panels, o.k, o.transposed, o.groups, o.group_width};
#if HAS_TILES
  if (!o.few_rows) return pack_for_tiles(&w, share_of(m, w.groups * bands_in(w.group_width), 1));
#endif
  pack(&w, share_of(m, w.groups * panels_in(w.group_width), 1));
}

OPERATION(multiply) {
  const Multiplication p = {
      .input = o.input,
      .panels = o.panels,
      .output = o.output,
      .biases = {o.bias, o.second_bias},
      .added = {o.added, (size_t)o.groups * o.group_width, (const int32_t *)o.added_indices},
      .k = o.k,
      .groups = o.groups,
      .group_width = o.group_width,
  };
#if HAS_TILES
  if (!o.few_rows) return multiply_by_tiles(&p, o.part, &m->scratch->tiles);
#endif
  multiply(&p, o.part, &m->scratch->vectors);
}

/* output [R, N] = table [V, N] at indices [R], + biases */
OPERATION(gather) {
  (void)m;
  const int32_t *indices = (const int32_t *)o.indices;
  const Biases biases = {o.bias, o.second_bias};
  const size_t n = (size_t)o.groups * o.group_width;
  FOR_ROWS(r, o.part.rows)
    for (int group = 0; group < o.groups; group++) {
      const float *from = o.table + indices[r] * n;
      float *to = o.output + r * n;
      const int end = group * o.group_width + o.part.columns.end;
      for (int i = group * o.group_width + o.part.columns.begin; i < end; i += W) {
        store_up_to(to + i, add_biases(load_up_to(from + i, end - i), biases, i, end - i), end - i);
      }
    }
}

/* gradient [V, M] (+)= for each symbol, the sum of the rows of output_gradient [R, M] whose index is the symbol. The
 * sum is only over the rows `of_step` of each time step. */
static void scatter(struct scatter o, float *gradient, Span of_step, const Machine *m) {
  const int32_t *indices = (const int32_t *)o.indices;
  /* Threads divide columns in whole vectors, so that the same columns form a vector for any number of threads. */
  const Span columns = share_of(m, o.width, W);
  for (int symbol = 0; symbol < o.symbols && !o.accumulate; symbol++)
    for (int i = columns.begin; i < columns.end; i++) gradient[(size_t)symbol * o.width + i] = 0;
  for (int step = 0; step < o.rows; step += o.batch)
    for (int r = step + of_step.begin; r < step + of_step.end; r++) {
      float *to = gradient + (size_t)indices[r] * o.width;
      const float *from = o.output_gradient + (size_t)r * o.width;
      for (int i = columns.begin; i < columns.end; i += W) {
        const int left = columns.end - i;
        store_up_to(to + i, load_up_to(to + i, left) + load_up_to(from + i, left), left);
      }
    }
}

/* Whether this thread sums half number `half` of each time step's rows. `team` gets the thread's number among the
 * threads of that half. Each half of the threads sums the rows that it wrote in the forward and backward pass. If the
 * number of threads is odd, all threads sum both halves, one after the other. */
INLINE int in_half(const Machine *m, int half, Machine *team) {
  *team = *m;
  if (m->threads % 2) return 1;
  const Span members = part_of(m->threads, half, 2);
  team->thread -= members.begin;
  team->threads = members.end - members.begin;
  return m->thread >= members.begin && m->thread < members.end;
}

OPERATION(scatter) {
  if (!o.other_half) return scatter(o, o.gradient, (Span){0, o.batch}, m);
  for (int half = 0; half < 2; half++) {
    Machine team;
    if (in_half(m, half, &team)) scatter(o, half ? o.other_half : o.gradient, part_of(o.batch, half, 2), &team);
  }
}

/* With tiles, threads divide the longer side of the gradient, because each thread has to pack the whole operand of the
 * side that is not divided. */
static void share_gradient(const WeightGradient *g, const Machine *m) {
#if HAS_TILES
  Part part = {{0, g->height}, {0, g->width}};
  if (g->height < g->width) part.columns = share_of(m, g->width, 1);
  else part.rows = share_of(m, g->height, 1);
  weight_gradient_by_tiles(g, part, &m->scratch->tiles);
#else
  weight_gradient(g, share_of(m, g->height, 1), &m->scratch->vectors);
#endif
}

OPERATION(weight_gradient) {
  WeightGradient g = {
      .output_gradient = o.output_gradient,
      .input = o.input,
      .gradient = o.gradient,
      .of_step = {0, o.batch},
      .rows = o.rows,
      .batch = o.batch,
      .height = o.height,
      .width = o.width,
      .accumulate = o.accumulate,
  };
  if (!o.other_half) return share_gradient(&g, m);
  for (int half = 0; half < 2; half++) {
    Machine team;
    g.of_step = part_of(o.batch, half, 2);
    if (half) g.gradient = o.other_half;
    if (in_half(m, half, &team)) share_gradient(&g, &team);
  }
}

OPERATION(add_half) {
  const Span elements = share_of(m, o.size, BLOCK);
  for (int i = elements.begin; i < elements.end; i += W) {
    const int left = elements.end - i;
    store_up_to(o.gradient + i, load_up_to(o.gradient + i, left) + load_up_to(o.other_half + i, left), left);
  }
}

/* gradient [M] (+)= the sum over the rows of output_gradient [R, M]. `twin` gets the same values, unless it is null. */
OPERATION(bias_gradient) {
  /* Columns are summed in groups that fill whole cache lines of each row. Threads divide columns as in `scatter`,
   * because output_gradient may be the output of a scatter. */
  enum { GROUP = 8 };
  const Span columns = share_of(m, o.width, W);
  for (int first = columns.begin; first < columns.end; first += GROUP * W) {
    vf sums[GROUP] = {0};
    const int left = columns.end - first, vectors = smaller(GROUP, (left + W - 1) / W);
    for (int r = 0; r < o.rows; r++) {
      const float *row = o.output_gradient + (size_t)r * o.width + first;
      if (left >= GROUP * W) {
        for (int v = 0; v < GROUP; v++) sums[v] += load(row + v * W);
      } else {
        for (int v = 0; v < vectors; v++) sums[v] += load_up_to(row + v * W, left - v * W);
      }
    }
    for (int v = 0; v < vectors; v++) {
      const int i = first + v * W, n = left - v * W;
      if (o.accumulate) sums[v] += load_up_to(o.gradient + i, n);
      store_up_to(o.gradient + i, sums[v], n);
      if (o.twin) store_up_to(o.twin + i, sums[v], n);
    }
  }
}

#define X(name)                                                                                            \
  OPERATION(name) {                                                                                        \
    (void)m;                                                                                               \
    FOR_ROWS(r, o.part.rows) name(o.group_width, o.part.columns, name##_at(o, r));                         \
  }
CELL_OPERATIONS
#undef X

/* The mask of [T, B, N] depends on the seed, the number of the update, the layer, the time step, the row and the unit.
 * clock[0] is the number of the update. */
OPERATION(dropout) {
  (void)m;
  const int32_t *clock = (const int32_t *)o.clock;
  const uint32_t key = mix(mix(mix((uint32_t)o.seed) + (uint32_t)clock[0]) + (uint32_t)o.layer);
  FOR_ROWS(r, o.rows) {
    const uint32_t time = (uint32_t)r / (uint32_t)o.batch, row = (uint32_t)r % (uint32_t)o.batch;
    const size_t at = r * (size_t)o.row_width;
    dropout(o.row_width, o.input + at, o.output + at, o.probability, mix(mix(key + time) + row));
  }
}

OPERATION(softmax_cross_entropy) {
  (void)m;
  const int32_t *targets = (const int32_t *)o.targets;
  int32_t *predictions = (int32_t *)o.predictions;
  const float scale = scale_of(o.counted);
  FOR_ROWS(r, o.rows)
    o.losses[r] = softmax_cross_entropy(o.row_width, o.logits + r * o.row_width, targets[r], weight_of(o.weights, r),
                                        o.smoothing, scale, predictions ? predictions + r : 0);
}

OPERATION(sigmoid_cross_entropy) {
  (void)m;
  const float scale = scale_of(o.counted);
  FOR_ROWS(r, o.rows) {
    const size_t at = r * o.row_width;
    o.losses[r] = sigmoid_cross_entropy(o.row_width, o.logits + at, o.targets + at, weight_of(o.weights, r), scale);
  }
}

OPERATION(squared_error) {
  (void)m;
  const float scale = scale_of(o.counted);
  FOR_ROWS(r, o.rows) {
    const size_t at = r * o.row_width;
    o.losses[r] = squared_error(o.row_width, o.outputs + at, o.targets + at, weight_of(o.weights, r), scale);
  }
}

/* The rows of example `b` in a tensor of `batch` examples in each step, with `width` columns. */
INLINE Rows rows_of_example(const float *tensor, size_t b, int batch, int width) {
  return (Rows){tensor + b * width, (size_t)batch * width, 0};
}

OPERATION(attend) {
  (void)m;
  const int32_t *lengths = (const int32_t *)o.lengths;
  FOR_ROWS(b, o.rows) {
    const Rows keys = rows_of_example(o.keys, b, o.batch, o.width);
    for (int s = 0; s < o.steps; s++) {
      const size_t row = (size_t)s * o.batch + b;
      float *weights = o.weights + row * o.key_steps;
      dot_products(lengths[b], o.width, o.queries + row * o.width, keys, weights);
      softmax(lengths[b], o.key_steps, weights);
      weighted_sum(lengths[b], o.width, weights, 1, keys, 0, o.contexts + row * o.row_width);
    }
  }
}

OPERATION(attend_gradient) {
  (void)m;
  const int32_t *lengths = (const int32_t *)o.lengths;
  const size_t stride = (size_t)o.batch * o.key_steps;
  FOR_ROWS(b, o.rows) {
    const int length = lengths[b];
    const Rows keys = rows_of_example(o.keys, b, o.batch, o.width);
    const Rows contexts = rows_of_example(o.context_gradients, b, o.batch, o.row_width);
    const Rows queries = rows_of_example(o.queries, b, o.batch, o.width);
    for (int s = 0; s < o.steps; s++) {
      const size_t at = s * stride + b * o.key_steps;
      dot_products(length, o.width, row_of(contexts, s), keys, o.score_gradients + at);
      softmax_gradient(length, o.key_steps, o.weights + at, o.score_gradients + at);
    }
    /* Keys after the length are padding. All their weights and score gradients are 0, so their gradients are too. */
    for (int t = 0; t < o.key_steps; t++) {
      const size_t at = b * o.key_steps + t;
      float *gradient = o.key_gradients + ((size_t)t * o.batch + b) * o.width;
      const int steps = t < length ? o.steps : 0;
      weighted_sum(steps, o.width, o.weights + at, stride, contexts, 0, gradient);
      weighted_sum(steps, o.width, o.score_gradients + at, stride, queries, 1, gradient);
    }
    for (int s = 0; s < o.steps; s++)
      weighted_sum(length, o.width, o.score_gradients + s * stride + b * o.key_steps, 1, keys, 0,
                   o.queries + ((size_t)s * o.batch + b) * o.width);
  }
}

/* The order of a status and of rates, as in ../operations/status.ts. */
enum { LOSS, NORM, FACTOR, REJECTED };
enum { LEARNING_RATE, ADAM_STEP, ADAM_CORRECTION, LOSS_LIMIT };

/* The operations copy and zero do nothing if they have a guard (a status) that rejects the chunk. */
OPERATION(copy) {
  (void)m;
  if (o.guard && o.guard[REJECTED] != 0) return;
  FOR_ROWS(r, o.rows) {
    const float *from = o.from + r * o.row_width;
    float *to = o.to + r * o.row_width;
    for (int i = 0, left; (left = o.row_width - i) > 0; i += W) store_up_to(to + i, load_up_to(from + i, left), left);
  }
}

/* to [R, M] = rows of `from`, which may be floats or integers. Row r of `to` receives row indices[r] of `from`, row r if
 * `indices` is null, or zeros if the index is below 0. Only `columns` columns are moved. */
OPERATION(move_rows) {
  (void)m;
  const int32_t *indices = (const int32_t *)o.indices;
  FOR_ROWS(r, o.rows) {
    const int64_t row = indices ? indices[r] : (int64_t)r;
    if (row < 0 && o.add) continue;
    float *to = o.to + r * o.row_width + o.to_column;
    const float *from = row < 0 ? 0 : o.from + (size_t)row * o.from_width + o.from_column;
    for (int i = 0, left; (left = o.columns - i) > 0; i += W) {
      vf x = from ? load_up_to(from + i, left) : splat(0);
      if (o.add) x += load_up_to(to + i, left);
      store_up_to(to + i, x, left);
    }
  }
}

OPERATION(zero) {
  (void)m;
  if (o.guard && o.guard[REJECTED] != 0) return;
  FOR_ROWS(r, o.rows) {
    float *to = o.tensor + r * o.row_width;
    for (int i = 0; i < o.row_width; i += W) store_up_to(to + i, splat(0), o.row_width - i);
  }
}

/* partials [blocks]: one sum for each block of the tensor. */
OPERATION(sum_of_squares) {
  const Span elements = share_of(m, o.size, BLOCK);
  for (int i = elements.begin; i < elements.end; i += BLOCK)
    o.partials[i / BLOCK] = sum_of_squares(smaller(BLOCK, elements.end - i), o.tensor + i);
}

/* Thread 0 sums the partial sums of all threads. The factor is the same as in torch.nn.utils.clip_grad_norm_. */
OPERATION(check_divergence) {
  if (m->thread != 0) return;
  double loss = 0, square = 0;
  for (int i = 0; i < o.loss_count; i++) loss += o.losses[i];
  for (int i = 0; i < o.partial_count; i++) square += o.partials[i];
  const double norm = __builtin_sqrt(square);
  o.status[LOSS] = (float)(loss / o.counted[0]);
  o.status[NORM] = (float)norm;
  o.status[FACTOR] = o.max_norm > 0 && norm > o.max_norm ? (float)(o.max_norm / (norm + 1e-6)) : 1;
  const int finite = o.status[LOSS] - o.status[LOSS] == 0 && o.status[NORM] - o.status[NORM] == 0;
  if (!finite || (o.rates[LOSS_LIMIT] != 0 && !(o.status[LOSS] <= o.rates[LOSS_LIMIT]))) o.status[REJECTED] = 1;
}

/* The beginning of every update. Returns if the status rejects the chunk. Defines this thread's elements and the
 * treatment of their gradient. */
#define UPDATE_UNLESS_REJECTED                                                                             \
  if (o.status[REJECTED] != 0) return;                                                                     \
  const Span elements = share_of(m, o.size, BLOCK);                                                        \
  const int i = elements.begin, n = elements.end - i;                                                      \
  const Treatment treatment = {o.limit > 0 ? 1 : o.status[FACTOR], o.limit,                                \
                               1 - o.rates[LEARNING_RATE] * o.weight_decay};

OPERATION(adam) {
  UPDATE_UNLESS_REJECTED
  const Average first = {o.beta1, o.one_minus_beta1}, second = {o.beta2, o.one_minus_beta2};
  adam(n, o.parameter + i, o.gradient + i, o.mean + i, o.square + i, treatment, o.rates[ADAM_STEP],
       o.rates[ADAM_CORRECTION], first, second, o.epsilon);
}

OPERATION(scaled_by_root) {
  UPDATE_UNLESS_REJECTED
  scaled_by_root(n, o.parameter + i, o.gradient + i, o.square + i, treatment, o.rates[LEARNING_RATE],
                 (Average){o.keep, o.add}, o.epsilon);
}

OPERATION(sgd) {
  UPDATE_UNLESS_REJECTED
  sgd(n, o.parameter + i, o.gradient + i, o.buffer ? o.buffer + i : 0, treatment, o.rates[LEARNING_RATE], o.momentum);
}

#endif
