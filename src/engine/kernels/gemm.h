/* Matrix products over packed operands, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (ACM TOMS 34, 2008).
 *
 * The right operand [K, N] is packed into panels of NR columns, each [K][NR] and contiguous; the last panel is
 * narrowed to the whole vectors that it needs. The left operand is taken DEPTH steps of k at a time, in strips of at
 * most MR rows, where it lies or packed as [k][rows]. One register tile holds rows x NR sums. Every element of the
 * result is summed in the same order, DEPTH steps of k at a time, whatever strip or thread it falls to. */
#ifndef CHARRNN_GEMM_H
#define CHARRNN_GEMM_H

#include "vector.h"

/* BLOCK, COLUMN_BLOCK, DEPTH and SCRATCH_BYTES are ../compiler.ts's to give. */

/* As measured: the tile that fills the registers without spilling; the steps of k between two turns of its loop;
 * whether its pointers move at each of them or once a turn; the rows, not packed, that it reaches from one pointer, by
 * adding the distance between two of them once or twice (0: all are packed); and the strips packed at once. V8 pays
 * some moves and a look at its stack for each turn; with an exit after every step it keeps all of a step in
 * registers. */
#if VECTOR_BYTES == 64
enum { MR = 13, STEPS = 4, MOVES_EACH_STEP = 0, TOGETHER = 3, MOST_STRIPS = 20 };
#elif VECTOR_BYTES == 32
enum { MR = 6, STEPS = 1, MOVES_EACH_STEP = 0, TOGETHER = 3, MOST_STRIPS = 20 };
#else
enum { MR = 4, STEPS = 2, MOVES_EACH_STEP = 1, TOGETHER = 0, MOST_STRIPS = 8 };
#endif
enum { NV = 2, NR = NV * W, STRIP_ROWS = MOST_STRIPS * MR, PANEL_COLUMNS = 512 };

/* A thread's own room for packed operands, in floats. A strip is followed by a vector's room to spill into: whole
 * vectors are stored where a row of a strip is shorter, and the next row overwrites the rest. */
enum { STRIP_SIZE = MR * DEPTH + W, STRIPS_SIZE = MOST_STRIPS * STRIP_SIZE, PANELS_SIZE = PANEL_COLUMNS * DEPTH };
_Static_assert(MR <= W, "a row of a strip is one vector");
typedef struct {
  float strips[STRIPS_SIZE];
  float panels[PANELS_SIZE];
} Scratch;
_Static_assert(sizeof(Scratch) <= SCRATCH_BYTES, "../arena.ts gives each thread so many bytes");

INLINE int vectors_for(int columns) { return smaller((columns + W - 1) / W, NV); }

/* Rows that a product is added to: row i begins at first + i * stride, or at first + indices[i] * stride where there are
 * indices. None where `first` is null. */
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

/* Stores the sums of a tile, with what is to be added to them. */
INLINE void store_sums(const int rows, const int nv, vf sums[MR][NV], float *c, size_t stride, int columns,
                       Rows added) {
  UNROLL
  for (int i = 0; i < rows; i++, c += stride) {
    const float *other = added.first ? row_of(added, i) : 0;
    UNROLL
    for (int v = 0; v < nv; v++) {
      const int left = columns - v * W;
      if (other) sums[i][v] += load_up_to(other + v * W, left);
      store_up_to(c + v * W, sums[i][v], left);
    }
  }
}

/* Each is hidden from the compiler, which would keep a pointer for each load. */
INLINE void move(const float *pointers[MR], const int count, size_t by) {
  UNROLL
  for (int p = 0; p < count; p++) {
    pointers[p] += by;
    __asm__ volatile("" : "+r"(pointers[p]));
  }
}

/* rows x columns of C = left [rows, depth] * panel [depth][nv * W] + bias [nv * W] + added. Element (i, k) of left is
 * left[i * row + k * step]; one pointer reaches `together` rows. C is only met at the end and may lie far away: a row
 * of it is fetched ahead at each of the first steps. */
INLINE void tile(const int rows, const int nv, int depth, const float *left, size_t row, size_t step,
                 const int together, const float *panel, float *c, size_t stride, int columns, const float *bias,
                 Rows added) {
  vf sums[MR][NV];
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int v = 0; v < nv; v++) sums[i][v] = load(bias + v * W);
  const float *pointers[MR];
  const int count = (rows + together - 1) / together;
  UNROLL
  for (int p = 0; p < count; p++) pointers[p] = left + p * together * row;
  for (int k = 0; k < depth; panel += STEPS * nv * W) {
#ifndef __wasm__ /* which has no prefetch, and would run the loop for nothing */
    if (k < rows)
      for (int i = k; i < k + STEPS && i < rows; i++)
        UNROLL
        for (int v = 0; v < nv; v++) {
          __builtin_prefetch(c + i * stride + v * W, 1);
          if (added.indices) __builtin_prefetch(row_of(added, i) + v * W);
        }
#endif
#pragma GCC unroll 4
    for (int j = 0; j < STEPS && k < depth; j++, k++) {
      vf right[NV];
      UNROLL
      for (int v = 0; v < nv; v++) right[v] = load(panel + (j * nv + v) * W);
      UNROLL
      for (int i = 0; i < rows; i++) {
        const vf element = splat(pointers[i / together][i % together * row + (MOVES_EACH_STEP ? 0 : j) * step]);
        UNROLL
        for (int v = 0; v < nv; v++) sums[i][v] = fused(element, right[v], sums[i][v]);
      }
      if (MOVES_EACH_STEP) move(pointers, count, step);
    }
    if (!MOVES_EACH_STEP) move(pointers, count, STEPS * step);
  }
  /* Where the width is known no vector need be looked at. */
  if (columns == nv * W) store_sums(rows, nv, sums, c, stride, nv * W, added);
  else store_sums(rows, nv, sums, c, stride, columns, added);
}

/* A left operand: rows that lie `stride` apart, or, where that is 0, packed strips. */
typedef struct {
  const float *first;
  size_t stride;
} Left;

static void any_tile(int rows, int nv, int depth, Left left, const float *panel, float *c, size_t stride, int columns,
                     const float *bias, Rows added) {
#define TILE_OF(R, V) { \
    if (TOGETHER && left.stride) \
      tile(R, V, depth, left.first, left.stride, 1, TOGETHER, panel, c, stride, columns, bias, added); \
    else tile(R, V, depth, left.first, 1, R, R, panel, c, stride, columns, bias, added); \
  }
#define TILE(R) \
  case R: \
    if (nv == 2) TILE_OF(R, 2) \
    else TILE_OF(R, 1) \
    break;
  switch (rows) {
    TILE(1) TILE(2) TILE(3) TILE(4)
#if VECTOR_BYTES >= 32
    TILE(5) TILE(6)
#endif
#if VECTOR_BYTES == 64
    TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13)
#endif
  }
#undef TILE
#undef TILE_OF
}

/* Rows in strips of nearly equal height: 25 are 13 + 12, never 13 + 1. The first `taller` have a row more. */
typedef struct {
  int count, height, taller;
} Strips;
INLINE Strips strips_of(int rows) {
  const int count = (rows + MR - 1) / MR;
  return (Strips){count, rows / count, rows % count};
}
INLINE int strip_start(Strips s, int strip) { return strip * s.height + smaller(strip, s.taller); }
INLINE int strip_height(Strips s, int strip) { return s.height + (strip < s.taller); }

/* A right operand packed whole: k rows, and columns that fall into groups (gates), whose panels are their own. */
typedef struct {
  const float *panels;
  int k, group_width;
} Packed;
/* Where the panel begins that a group's `column`, a multiple of NR, is in. */
INLINE size_t panel_offset(int k, int group_width, int group, int column) {
  const int per_group = (group_width + NR - 1) / NR;
  return ((size_t)group * per_group + column / NR) * k * NR;
}

/* Rows of C: row i begins at c + i * stride. */
typedef struct {
  float *c;
  size_t stride;
} Target;

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

/* Strips times the panels of some columns of a group, for `depth` steps of k from `from_k` on. */
static void strips_by_panels(Left left, Strips strips, int depth, Packed right, int group, Span columns, int from_k,
                             Target target, Biases biases, Rows added) {
  float bias[NR];
  for (int column = columns.begin; column < columns.end; column += NR) {
    const int count = smaller(NR, columns.end - column), nv = vectors_for(count);
    const int at = group * right.group_width + column;
    for (int v = 0; v < nv; v++) store(bias + v * W, add_biases(splat(0), biases, at + v * W, count - v * W));
    const float *panel =
        right.panels + panel_offset(right.k, right.group_width, group, column) + (size_t)from_k * nv * W;
    for (int s = 0; s < strips.count; s++) {
      const int row = strip_start(strips, s);
      const Left strip = {left.first + (left.stride ? row * left.stride : (size_t)s * STRIP_SIZE), left.stride};
      any_tile(strip_height(strips, s), nv, depth, strip, panel, target.c + row * target.stride + at, target.stride,
               count, bias, rows_from(added, row, at));
    }
  }
}

/* Lane i of to[j] is from[i * stride + j], or 0 where i >= n or j >= columns. */
INLINE void load_transposed(vf to[W], const float *from, size_t stride, int n, int columns) {
  UNROLL
  for (int i = 0; i < W; i++) to[i] = i < n ? load_up_to(from + i * stride, columns) : splat(0);
  transpose(to);
}

/* Packs `depth` columns of `height` rows, each `stride` after the one before, as a strip [depth][height]. */
static void pack_strip(const float *rows, size_t stride, int height, int depth, float *strip) {
  for (int k = 0; k < depth; k += W) {
    vf block[W];
    load_transposed(block, rows + k, stride, height, depth - k);
    const int count = smaller(W, depth - k);
    for (int i = 0; i < count; i++, strip += height) store(strip, block[i]);
  }
}

/* Packs `depth` rows, each `stride` after the one before, as strips of their columns; `columns` are there to be read.
 * Some rows at a time, which stay in the cache while they go to one strip after another. */
static void pack_strips_transposed(const float *rows, size_t stride, Strips strips, int depth, int columns,
                                   float *left) {
  enum { ROWS = 16 };
  for (int k = 0; k < depth; k += ROWS)
    for (int s = 0; s < strips.count; s++) {
      const int start = strip_start(strips, s), height = strip_height(strips, s), count = smaller(ROWS, depth - k);
      const float *from = rows + k * stride + start;
      float *to = left + s * STRIP_SIZE + k * height;
      if (columns - start >= W)
        for (int i = 0; i < count; i++, from += stride, to += height) store(to, load(from));
      else
        for (int i = 0; i < count; i++, from += stride, to += height) store(to, load_some(from, columns - start, 0));
    }
}

/* Packs `columns` columns of a right operand [k, n] that lies row by row, `stride` after one another, as a panel. */
static void pack_panel(const float *right, size_t stride, int k, int columns, float *panel) {
  for (int i = 0; i < k; i++, right += stride)
    for (int v = 0; v < vectors_for(columns); v++, panel += W) store(panel, load_up_to(right + v * W, columns - v * W));
}

/* The same from a right operand that lies column by column. */
static void pack_panel_transposed(const float *right, size_t stride, int k, int columns, float *panel) {
  const int width = vectors_for(columns) * W;
  for (int v = 0; v * W < columns; v++)
    for (int i = 0; i < k; i += W) {
      vf block[W];
      load_transposed(block, right + v * W * stride + i, stride, smaller(W, columns - v * W), k - i);
      const int count = smaller(W, k - i);
      for (int j = 0; j < count; j++) store(panel + (size_t)(i + j) * width + v * W, block[j]);
    }
}

#endif
