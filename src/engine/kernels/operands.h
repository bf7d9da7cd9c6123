/* The operands of products, whichever way these are computed: by vectors (gemm.h) or by tiles (tiles.h). */
#ifndef CHARRNN_OPERANDS_H
#define CHARRNN_OPERANDS_H

#include "vector.h"

/* Rows, such as a product is added to: row i begins at first + i * stride, or at first + indices[i] * stride where
 * there are indices. None where `first` is null. */
typedef struct {
  const float *first;
  size_t stride;
  const int32_t *indices;
} Rows;
INLINE const float *row_of(Rows rows, int i) { return rows.first + (rows.indices ? rows.indices[i] : i) * rows.stride; }
/* The same from row `row` and a column on. */
INLINE Rows rows_from(Rows rows, int row, int column) {
  if (rows.first == 0) return rows;
  if (rows.indices) return (Rows){rows.first + column, rows.stride, rows.indices + row};
  return (Rows){rows.first + row * rows.stride + column, rows.stride, 0};
}

/* What lies at `from`, of which so many columns are there, or none: 0 beyond. */
INLINE vf load_there(const float *from, int columns) { return columns > 0 ? load_up_to(from, columns) : splat(0); }
/* The same of row i, of which so many rows are there. */
INLINE vf load_row(const float *from, size_t stride, int i, int rows, int columns) {
  return load_there(from + i * stride, i < rows ? columns : 0);
}
/* The same transposed: lane i of to[j] is column j of row i. */
INLINE void load_transposed(vf to[W], const float *from, size_t stride, int rows, int columns) {
  UNROLL
  for (int i = 0; i < W; i++) to[i] = load_row(from, stride, i, rows, columns);
  transpose(to);
}

/* Up to two biases [N]; each may be none. */
typedef struct {
  const float *first, *second;
} Biases;
/* x [n lanes], which stand at `column`, with the biases added. */
INLINE vf add_biases(vf x, Biases biases, int column, int n) {
  if (biases.first) x += load_up_to(biases.first + column, n);
  if (biases.second) x += load_up_to(biases.second + column, n);
  return x;
}

/* A thread's part of a matrix: rows, and a span of each of the groups (the gates) that a row's columns fall into. */
typedef struct {
  Span rows, columns;
} Part;

/* weights [N, K], packed as the right operand W^T [K, N] or, straight, as W [N, K]; each of the groups of columns that
 * the result has begins with a panel of its own */
typedef struct {
  const float *weights;
  float *panels;
  int k, transposed, groups, group_width;
} Packing;

/* output [R, N] = input [R, K] * panels [K, N] + biases [N] + added [R, N], or rows of an added table at indices [R] */
typedef struct {
  const float *input, *panels;
  float *output;
  Biases biases;
  Rows added;
  int k, groups, group_width;
} Multiplication;

/* gradient [M, N] (+)= output_gradient [R, M]^T * input [R, N], or only some rows of every `batch` of them */
typedef struct {
  const float *output_gradient, *input;
  float *gradient;
  Span of_step;
  int rows, batch, height, width, accumulate;
} WeightGradient;
INLINE int rows_summed(const WeightGradient *g) { return g->rows / g->batch * (g->of_step.end - g->of_step.begin); }
/* Of the rows that are summed, from number `from` on: those after `run`, up to `end` of them, that lie behind one
 * another. Returns which row is the first. */
INLINE size_t next_run(const WeightGradient *g, int from, int end, Span *run) {
  const int each = g->of_step.end - g->of_step.begin, first = from + run->end, before = first % each;
  *run = (Span){run->end, each == g->batch ? end : smaller(end, run->end + each - before)};
  return (size_t)(first / each) * g->batch + g->of_step.begin + before;
}

#endif
