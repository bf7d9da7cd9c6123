/* The operations of ../operation.ts, each of which reads its operands from the program and does this thread's share. */
#ifndef CHARRNN_OPERATIONS_H
#define CHARRNN_OPERATIONS_H

#include "cells.h"
#include "dropout.h"
#include "loss.h"
#include "machine.h"
#include "optimizers.h"

/* Each operation stays a function of its own, so that a profile names it. */
#define OPERATION static __attribute__((noinline)) void

#define FOR_ROWS(r, rows) for (size_t r = (size_t)(rows).begin; r < (size_t)(rows).end; r++)

OPERATION run_pack(Machine *m) {
  Packing w;
  w.weights = next_tensor(m), w.panels = next_tensor(m);
  w.k = next_int(m), w.transposed = next_int(m), w.groups = next_int(m), w.group_width = next_int(m);
  const int few_rows = next_int(m);
#if HAS_TILES
  if (!few_rows) return pack_for_tiles(&w, share_of(m, w.groups * bands_in(w.group_width), 1));
#endif
  (void)few_rows;
  pack(&w, share_of(m, w.groups * panels_in(w.group_width), 1));
}

OPERATION run_multiply(Machine *m) {
  Multiplication p;
  p.input = next_tensor(m), p.panels = next_tensor(m), p.output = next_tensor(m), p.biases = next_biases(m);
  p.added.first = next_tensor(m), p.added.indices = (const int32_t *)next_tensor(m);
  p.k = next_int(m), p.groups = next_int(m);
  const int few_rows = next_int(m);
  const Part part = next_part(m, &p.group_width);
  p.added.stride = (size_t)p.groups * p.group_width;
#if HAS_TILES
  if (!few_rows) return multiply_by_tiles(&p, part, &m->scratch->tiles);
#endif
  (void)few_rows;
  multiply(&p, part, &m->scratch->vectors);
}

/* output [R, N] = table [V, N] at indices [R], + biases */
OPERATION run_gather(Machine *m) {
  const float *table = next_tensor(m);
  const int32_t *indices = (const int32_t *)next_tensor(m);
  float *output = next_tensor(m);
  const Biases biases = next_biases(m);
  const int groups = next_int(m);
  int group_width;
  const Part part = next_part(m, &group_width);
  const size_t n = (size_t)groups * group_width;
  FOR_ROWS(r, part.rows)
    for (int group = 0; group < groups; group++) {
      const float *from = table + indices[r] * n;
      float *to = output + r * n;
      const int end = group * group_width + part.columns.end;
      for (int i = group * group_width + part.columns.begin; i < end; i += W) {
        store_up_to(to + i, add_biases(load_up_to(from + i, end - i), biases, i, end - i), end - i);
      }
    }
}

/* table [V, M]: (+)= each row the sum of the rows of gradient [R, M] whose index it is */
typedef struct {
  const float *gradient;
  const int32_t *indices;
  Span of_step; /* rows of every `batch` rows */
  int rows, batch, symbols, width, accumulate;
} Scatter;

/* Threads share columns: whole vectors, so that tails fall the same way for any number of them. */
static void scatter(const Scatter *s, float *table, const Machine *m) {
  const Span columns = share_of(m, s->width, W);
  for (int symbol = 0; symbol < s->symbols && !s->accumulate; symbol++)
    for (int i = columns.begin; i < columns.end; i++) table[(size_t)symbol * s->width + i] = 0;
  for (int step = 0; step < s->rows; step += s->batch)
    for (int r = step + s->of_step.begin; r < step + s->of_step.end; r++) {
      float *to = table + (size_t)s->indices[r] * s->width;
      const float *from = s->gradient + (size_t)r * s->width;
      for (int i = columns.begin; i < columns.end; i += W) {
        const int left = columns.end - i;
        store_up_to(to + i, load_up_to(to + i, left) + load_up_to(from + i, left), left);
      }
    }
}

/* Whether this thread is one of those that sum a half of every step's rows, and then its place among them: half of the
 * threads, those that have made these rows on the way through time; an odd number of them take both halves in turn. */
INLINE int in_half(const Machine *m, int half, Machine *team) {
  *team = *m;
  if (m->threads % 2) return 1;
  const Span members = part_of(m->threads, half, 2);
  team->thread -= members.begin, team->threads = members.end - members.begin;
  return m->thread >= members.begin && m->thread < members.end;
}

OPERATION run_scatter(Machine *m) {
  Scatter s;
  s.gradient = next_tensor(m), s.indices = (const int32_t *)next_tensor(m);
  float *table = next_tensor(m), *other_half = next_tensor(m);
  s.rows = next_int(m), s.batch = next_int(m), s.symbols = next_int(m), s.width = next_int(m);
  s.accumulate = next_int(m), s.of_step = (Span){0, s.batch};
  if (!other_half) return scatter(&s, table, m);
  for (int half = 0; half < 2; half++) {
    Machine team;
    s.of_step = part_of(s.batch, half, 2);
    if (in_half(m, half, &team)) scatter(&s, half ? other_half : table, &team);
  }
}

/* Of what is summed by tiles the longer side is shared: what belongs to the other is packed by every thread. */
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

OPERATION run_weight_gradient(Machine *m) {
  WeightGradient g;
  g.output_gradient = next_tensor(m), g.input = next_tensor(m), g.gradient = next_tensor(m);
  float *other_half = next_tensor(m);
  g.rows = next_int(m), g.batch = next_int(m);
  g.height = next_int(m), g.width = next_int(m), g.accumulate = next_int(m), g.of_step = (Span){0, g.batch};
  if (!other_half) return share_gradient(&g, m);
  for (int half = 0; half < 2; half++) {
    Machine team;
    g.of_step = part_of(g.batch, half, 2);
    if (half) g.gradient = other_half;
    if (in_half(m, half, &team)) share_gradient(&g, &team);
  }
}

OPERATION run_add_half(Machine *m) {
  float *gradient = next_tensor(m);
  const float *other_half = next_tensor(m);
  const Span elements = share_of(m, next_int(m), BLOCK);
  for (int i = elements.begin; i < elements.end; i += W) {
    const int left = elements.end - i;
    store_up_to(gradient + i, load_up_to(gradient + i, left) + load_up_to(other_half + i, left), left);
  }
}

/* gradient [M] (+)= sum over the rows of output_gradient [R, M]; `twin` (may be none) gets the same */
OPERATION run_bias_gradient(Machine *m) {
  const float *output_gradient = next_tensor(m);
  float *gradient = next_tensor(m), *twin = next_tensor(m);
  const int rows = next_int(m), width = next_int(m), accumulate = next_int(m);
  /* Columns go in groups that fill whole cache lines of each row. Threads share them as they do those of a scatter,
   * whose sums may be what is summed here. */
  enum { GROUP = 8 };
  const Span columns = share_of(m, width, W);
  for (int first = columns.begin; first < columns.end; first += GROUP * W) {
    vf sums[GROUP] = {0};
    const int left = columns.end - first, vectors = smaller(GROUP, (left + W - 1) / W);
    for (int r = 0; r < rows; r++) {
      const float *row = output_gradient + (size_t)r * width + first;
      if (left >= GROUP * W) {
        for (int v = 0; v < GROUP; v++) sums[v] += load(row + v * W);
      } else {
        for (int v = 0; v < vectors; v++) sums[v] += load_up_to(row + v * W, left - v * W);
      }
    }
    for (int v = 0; v < vectors; v++) {
      const int i = first + v * W, n = left - v * W;
      if (accumulate) sums[v] += load_up_to(gradient + i, n);
      store_up_to(gradient + i, sums[v], n);
      if (twin) store_up_to(twin + i, sums[v], n);
    }
  }
}

OPERATION run_rnn_forward(Machine *m) {
  const float *gates = next_tensor(m);
  float *hidden = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows) rnn_forward(part.columns, gates + r * H, hidden + r * H);
}

OPERATION run_rnn_backward(Machine *m) {
  const float *hidden = next_tensor(m), *hidden_gradient = next_tensor(m);
  float *gates = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows) rnn_backward(part.columns, hidden + r * H, hidden_gradient + r * H, gates + r * H);
}

OPERATION run_lstm_forward(Machine *m) {
  float *gates = next_tensor(m);
  const float *cell_before = next_tensor(m);
  float *cell = next_tensor(m), *hidden = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows)
    lstm_forward(H, part.columns, gates + r * 4 * H, cell_before + r * H, cell + r * H, hidden + r * H);
}

OPERATION run_lstm_backward(Machine *m) {
  float *gates = next_tensor(m);
  const float *cell_before = next_tensor(m), *cell = next_tensor(m), *hidden_gradient = next_tensor(m);
  float *cell_gradient = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows)
    lstm_backward(H, part.columns, gates + r * 4 * H, cell_before + r * H, cell + r * H, hidden_gradient + r * H,
                  cell_gradient + r * H);
}

OPERATION run_gru_forward(Machine *m) {
  float *input_gates = next_tensor(m);
  const float *hidden_gates = next_tensor(m), *hidden_before = next_tensor(m);
  float *hidden = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows)
    gru_forward(H, part.columns, input_gates + r * 3 * H, hidden_gates + r * 3 * H, hidden_before + r * H,
                hidden + r * H);
}

OPERATION run_gru_backward(Machine *m) {
  float *input_gates = next_tensor(m), *hidden_gates = next_tensor(m);
  const float *hidden_before = next_tensor(m), *hidden_gradient = next_tensor(m);
  float *before = next_tensor(m);
  int H;
  const Part part = next_part(m, &H);
  FOR_ROWS(r, part.rows)
    gru_backward(H, part.columns, input_gates + r * 3 * H, hidden_gates + r * 3 * H, hidden_before + r * H,
                 hidden_gradient + r * H, before ? before + r * H : 0);
}

/* The mask of [T, B, N] depends on seed, training step (read when it runs), layer, time step, row and unit. */
OPERATION run_dropout(Machine *m) {
  const float *input = next_tensor(m);
  float *output = next_tensor(m);
  const int32_t *clock = (const int32_t *)next_tensor(m);
  const float p = next_float(m);
  const uint32_t seed = next(m), layer = next(m), batch = next(m);
  const Span rows = next_rows(m);
  const int n = next_int(m);
  const uint32_t key = mix(mix(mix(seed) + (uint32_t)clock[0]) + layer);
  FOR_ROWS(r, rows) {
    const uint32_t time = (uint32_t)r / batch, row = (uint32_t)r % batch;
    dropout(n, input + r * n, output + r * n, p, mix(mix(key + time) + row));
  }
}

OPERATION run_softmax_cross_entropy(Machine *m) {
  float *logits = next_tensor(m);
  const int32_t *targets = (const int32_t *)next_tensor(m);
  float *losses = next_tensor(m);
  int32_t *predictions = (int32_t *)next_tensor(m);
  const float scale = next_float(m);
  const Span rows = next_rows(m);
  const int n = next_int(m);
  FOR_ROWS(r, rows)
    losses[r] = softmax_cross_entropy(n, logits + r * n, targets[r], scale, predictions ? predictions + r : 0);
}

/* The places of a status and of rates: ../operation.ts. */
enum { LOSS, NORM, FACTOR, REJECTED };
enum { LEARNING_RATE, ADAM_STEP, ADAM_CORRECTION, LOSS_LIMIT };

/* Both leave this thread's rows alone where a status is given that rejects. */
OPERATION run_copy(Machine *m) {
  const float *from = next_tensor(m);
  float *to = next_tensor(m);
  const float *status = next_tensor(m);
  const Span rows = next_rows(m);
  const int n = next_int(m);
  if (status && status[REJECTED] != 0) return;
  FOR_ROWS(r, rows)
    for (int i = 0; i < n; i += W) store_up_to(to + r * n + i, load_up_to(from + r * n + i, n - i), n - i);
}

OPERATION run_zero(Machine *m) {
  float *to = next_tensor(m);
  const float *status = next_tensor(m);
  const Span rows = next_rows(m);
  const int n = next_int(m);
  if (status && status[REJECTED] != 0) return;
  FOR_ROWS(r, rows)
    for (int i = 0; i < n; i += W) store_up_to(to + r * n + i, splat(0), n - i);
}

/* partials: one sum for each block of x */
OPERATION run_sum_of_squares(Machine *m) {
  const float *x = next_tensor(m);
  float *partials = next_tensor(m);
  const int n = next_int(m);
  const Span elements = share_of(m, n, BLOCK);
  for (int i = elements.begin; i < elements.end; i += BLOCK)
    partials[i / BLOCK] = sum_of_squares(smaller(BLOCK, elements.end - i), x + i);
}

/* One thread sums what all have written. The factor is that of torch.nn.utils.clip_grad_norm_. */
OPERATION run_assess(Machine *m) {
  const float *losses = next_tensor(m), *partials = next_tensor(m);
  float *status = next_tensor(m);
  const float *rates = next_tensor(m);
  const int loss_count = next_int(m), partial_count = next_int(m);
  const float max_norm = next_float(m);
  if (m->thread != 0) return;
  double loss = 0, square = 0;
  for (int i = 0; i < loss_count; i++) loss += losses[i];
  for (int i = 0; i < partial_count; i++) square += partials[i];
  const double norm = __builtin_sqrt(square);
  status[LOSS] = (float)(loss / loss_count);
  status[NORM] = (float)norm;
  status[FACTOR] = max_norm > 0 && norm > max_norm ? (float)(max_norm / (norm + 1e-6)) : 1;
  const int finite = status[LOSS] - status[LOSS] == 0 && status[NORM] - status[NORM] == 0;
  if (!finite || (rates[LOSS_LIMIT] != 0 && !(status[LOSS] <= rates[LOSS_LIMIT]))) status[REJECTED] = 1;
}

/* What every update begins with. */
typedef struct {
  float *parameter, *gradient;
  const float *rates;
  Treatment treatment;
  Span elements;
  int skip;
} Update;

static Update next_update(Machine *m) {
  Update u;
  u.parameter = next_tensor(m);
  u.gradient = next_tensor(m);
  const float *status = next_tensor(m);
  u.rates = next_tensor(m);
  u.treatment.limit = next_float(m);
  u.treatment.factor = u.treatment.limit > 0 ? 1 : status[FACTOR];
  u.treatment.decay = 1 - u.rates[LEARNING_RATE] * next_float(m);
  u.elements = share_of(m, next_int(m), BLOCK);
  u.skip = status[REJECTED] != 0;
  return u;
}

static Average next_average(Machine *m) {
  const float keep = next_float(m), add = next_float(m);
  return (Average){keep, add};
}

OPERATION run_adam(Machine *m) {
  const Update u = next_update(m);
  float *mean = next_tensor(m), *square = next_tensor(m);
  const Average first = next_average(m), second = next_average(m);
  const float epsilon = next_float(m);
  const int i = u.elements.begin;
  if (u.skip) return;
  adam(u.elements.end - i, u.parameter + i, u.gradient + i, mean + i, square + i, u.treatment, u.rates[ADAM_STEP],
       u.rates[ADAM_CORRECTION], first, second, epsilon);
}

OPERATION run_scaled_by_root(Machine *m) {
  const Update u = next_update(m);
  float *square = next_tensor(m);
  const Average squares = next_average(m);
  const float epsilon = next_float(m);
  const int i = u.elements.begin;
  if (u.skip) return;
  scaled_by_root(u.elements.end - i, u.parameter + i, u.gradient + i, square + i, u.treatment,
                 u.rates[LEARNING_RATE], squares, epsilon);
}

OPERATION run_sgd(Machine *m) {
  const Update u = next_update(m);
  float *buffer = next_tensor(m);
  const float momentum = next_float(m);
  const int i = u.elements.begin;
  if (u.skip) return;
  sgd(u.elements.end - i, u.parameter + i, u.gradient + i, buffer ? buffer + i : 0, u.treatment,
      u.rates[LEARNING_RATE], momentum);
}

#endif
