/* The operands of matrix products. The products use vectors (gemm.h) or tiles (tiles.h). */
#ifndef CHARRNN_OPERANDS_H
#define CHARRNN_OPERANDS_H

#include "vector.h"

/* Rows of a matrix. Row i begins at first + i * stride or, if `indices` is not null, at first + indices[i] * stride.
 * There are no rows if `first` is null. */
typedef struct {
  const float *first;
  size_t stride;
  const int32_t *indices;
} Rows;
INLINE const float *row_of(Rows rows, int i) { return rows.first + (rows.indices ? rows.indices[i] : i) * rows.stride; }
/* The rows from row `row` on, each without the columns before `column`. */
INLINE Rows rows_from(Rows rows, int row, int column) {
  if (rows.first == 0) return rows;
  if (rows.indices) return (Rows){rows.first + column, rows.stride, rows.indices + row};
  return (Rows){rows.first + row * rows.stride + column, rows.stride, 0};
}

/* A vector of the first `columns` numbers at `from`, then zeros. If `columns` is 0 or less, there are only zeros. */
INLINE vf load_padded(const float *from, int columns) { return columns > 0 ? load_up_to(from, columns) : splat(0); }
/* The same for row i of a matrix of `rows` rows. If there is no row i, there are only zeros. */
INLINE vf load_row_padded(const float *from, size_t stride, int i, int rows, int columns) {
  return load_padded(from + i * stride, i < rows ? columns : 0);
}
/* W rows, transposed: lane i of to[j] is column j of row i. */
INLINE void load_transposed(vf to[W], const float *from, size_t stride, int rows, int columns) {
  UNROLL
  for (int i = 0; i < W; i++) to[i] = load_row_padded(from, stride, i, rows, columns);
  transpose(to);
}

/* Up to two biases [N]. Each bias may be null. */
typedef struct {
  const float *first, *second;
} Biases;
/* x + biases. The n lanes of x are the columns from `column` on. */
INLINE vf add_biases(vf x, Biases biases, int column, int n) {
  if (biases.first) x += load_up_to(biases.first + column, n);
  if (biases.second) x += load_up_to(biases.second + column, n);
  return x;
}

/* A thread's part of a matrix: some rows, and a span of the columns of each group (a gate). */
typedef struct {
  Span rows, columns;
} Part;

/* The work of packing `weights` into `panels`, as the right operand [K, N] of a product. The weights are stored as
 * [N, K] if `transposed`, otherwise as [K, N]. The N columns belong to groups (the gates of a cell). Each group begins
 * with a new panel. */
typedef struct {
  const float *weights;
  float *panels;
  int k, transposed, groups, group_width;
} Packing;

/* output [R, N] = input [R, K] * panels [K, N] + biases [N] + added [R, N]. If `added` has indices [R], `added` is a
 * table [V, N]. Its row indices[r] is added to row r of the output. */
typedef struct {
  const float *input, *panels;
  float *output;
  Biases biases;
  Rows added;
  int k, groups, group_width;
} Multiplication;

/* gradient [M, N] (+)= output_gradient [R, M]^T * input [R, N]. The R rows are time steps of `batch` rows each. The sum
 * is only over the rows `of_step` of each time step. */
typedef struct {
  const float *output_gradient, *input;
  float *gradient;
  Span of_step;
  int rows, batch, height, width, accumulate;
} WeightGradient;
INLINE int rows_summed(const WeightGradient *g) { return g->rows / g->batch * (g->of_step.end - g->of_step.begin); }
/* The rows that are summed are numbered from 0, without gaps. `run` and `end` are relative to number `from`. Moves
 * `run` to the next numbers below `end` whose rows are contiguous in memory. Returns the index of the first of these
 * rows. */
INLINE size_t next_run(const WeightGradient *g, int from, int end, Span *run) {
  const int each = g->of_step.end - g->of_step.begin, first = from + run->end, before = first % each;
  *run = (Span){run->end, each == g->batch ? end : smaller(end, run->end + each - before)};
  return (size_t)(first / each) * g->batch + g->of_step.begin + before;
}

#endif
