/* Matrix products over packed operands, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (ACM TOMS 34, 2008).
 *
 * The right operand [K, N] is packed into panels of NR columns, each [K][NR] and contiguous; the last panel is
 * narrowed to the whole vectors that it needs. The left operand is packed, DEPTH steps of k at a time, into strips
 * of at most MR rows, each [k][rows]. One register tile holds rows x NR sums. Every element of the result is summed
 * over k in ascending order, whatever strip or thread it falls to. */
#ifndef CHARRNN_GEMM_H
#define CHARRNN_GEMM_H

#include "vector.h"

/* The tile that fills the registers without spilling, measured. */
#if VECTOR_BYTES == 64
enum { MR = 13 };
#elif VECTOR_BYTES == 32
enum { MR = 6 };
#else
enum { MR = 4 };
#endif
enum { NV = 2, NR = NV * W, DEPTH = 256, STRIP_ROWS = 8 * MR, PANEL_COLUMNS = 512 };

/* A thread's own room for packed operands, in floats. */
enum { STRIPS_SIZE = STRIP_ROWS * DEPTH, PANELS_SIZE = PANEL_COLUMNS * DEPTH };
typedef struct {
  float strips[STRIPS_SIZE];
  float panels[PANELS_SIZE];
} Scratch;
_Static_assert(sizeof(Scratch) <= (8 * 13 + 512) * 256 * 4, "../arena.ts gives each thread so many bytes");

INLINE int smaller(int a, int b) { return a < b ? a : b; }
INLINE int vectors_for(int columns) { return smaller((columns + W - 1) / W, NV); }

/* Where sums start: at zero, at a bias, or at what the result already holds. */
typedef enum { FROM_ZERO, FROM_BIAS, FROM_RESULT } Start;

/* rows x columns of C (+)= strip [depth][rows] * panel [depth][nv * W] */
INLINE void tile(const int rows, const int nv, int depth, const float *strip, const float *panel, float *const *c,
                 int columns, Start start, const float *bias) {
  vf sums[MR][NV];
  const int full = columns == nv * W;
#pragma GCC unroll 13
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int v = 0; v < nv; v++) {
      const float *from = (start == FROM_BIAS ? bias : c[i]) + v * W;
      sums[i][v] = start == FROM_ZERO ? splat(0) : full ? load(from) : load_up_to(from, columns - v * W);
    }
  for (int k = 0; k < depth; k++, strip += rows, panel += nv * W) {
    vf right[NV];
#pragma GCC unroll 2
    for (int v = 0; v < nv; v++) right[v] = load(panel + v * W);
#pragma GCC unroll 13
    for (int i = 0; i < rows; i++) {
      vf left = splat(strip[i]);
#pragma GCC unroll 2
      for (int v = 0; v < nv; v++) sums[i][v] += left * right[v];
    }
  }
#pragma GCC unroll 13
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int v = 0; v < nv; v++) {
      if (full) store(c[i] + v * W, sums[i][v]);
      else store_up_to(c[i] + v * W, sums[i][v], columns - v * W);
    }
}

static void any_tile(int rows, int nv, int depth, const float *strip, const float *panel, float *const *c, int columns,
                     Start start, const float *bias) {
#define TILE(R) \
  case R: \
    if (nv == 2) tile(R, 2, depth, strip, panel, c, columns, start, bias); \
    else tile(R, 1, depth, strip, panel, c, columns, start, bias); \
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
}

/* `rows` rows in strips of nearly equal height: 25 rows are 13 + 12, never 13 + 1. */
INLINE int strip_count(int rows) { return (rows + MR - 1) / MR; }
INLINE int strip_start(int rows, int strip) { return (int)((int64_t)rows * strip / strip_count(rows)); }

/* Panel `index` of a right operand with n columns and k rows packed whole. */
INLINE const float *panel_at(const float *panels, int index, int k) { return panels + (size_t)index * k * NR; }

/* Strips times panels, for `depth` steps of k that begin at `from_k` of panels `k` deep. */
static void strips_by_panels(const float *strips, int rows, int depth, const float *panels, int k, int from_k, int n,
                             float *const *c, Start start, const float *bias, const float *second_bias) {
  float bias_sum[NR];
  for (int column = 0, p = 0; column < n; column += NR, p++) {
    const int columns = smaller(NR, n - column), nv = vectors_for(columns);
    if (start == FROM_BIAS)
      for (int i = 0; i < columns; i++) bias_sum[i] = bias[column + i] + (second_bias ? second_bias[column + i] : 0);
    const float *panel = panel_at(panels, p, k) + (size_t)from_k * nv * W;
    for (int s = 0; s < strip_count(rows); s++) {
      const int first = strip_start(rows, s), height = strip_start(rows, s + 1) - first;
      float *at[MR];
      for (int i = 0; i < height; i++) at[i] = c[first + i] + column;
      any_tile(height, nv, depth, strips + (size_t)first * depth, panel, at, columns, start, bias_sum);
    }
  }
}

/* Packs columns [column, column + columns) of a right operand; element (k, n) lies at right[k * k_stride + n * n_stride]. */
static void pack_panel(const float *right, size_t k_stride, size_t n_stride, int k, int columns, float *panel) {
  const int width = vectors_for(columns) * W;
  for (int i = 0; i < k; i++, panel += width) {
    const float *row = right + i * k_stride;
    if (n_stride == 1 && columns == width) {
      for (int j = 0; j < width; j += W) store(panel + j, load(row + j));
    } else {
      for (int j = 0; j < width; j++) panel[j] = j < columns ? row[j * n_stride] : 0;
    }
  }
}

#endif
