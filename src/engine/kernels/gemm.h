/* Matrix products over packed operands, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (ACM TOMS 34, 2008).
 *
 * The right operand [K, N] is packed in panels of NR columns, each [K][NR] and contiguous, the last one narrowed to the
 * whole vectors that it needs. The left operand is taken in strips of at most MR rows, where it lies or packed as
 * [k][rows]. One register tile holds rows x NR sums of a strip and a panel. Every element of the result is summed in
 * the same order, TILE_DEPTH steps of k at a time, whatever strip or thread it falls to. */
#ifndef CHARRNN_GEMM_H
#define CHARRNN_GEMM_H

#include "operands.h"

/* Given by ../compiler.ts where it knows. */
#ifndef FIRST_CACHE_WAYS
#define FIRST_CACHE_WAYS 8
#endif

/* As measured: the tile that fills the registers without spilling; the steps of k in a turn of its loop; the most steps
 * that it sums, those of a panel that leaves room for a strip in a first-level cache; whether rows are packed before it
 * reads them, or else how many it reaches from one pointer, by adding the distance between two of them once or twice;
 * the strips packed at once; and the steps of k that a panel is taken through before the next one is. V8 keeps twelve
 * sums, two vectors of a panel and an element in its fifteen registers, but only with one step in a turn. */
#if VECTOR_BYTES == 64
enum { MR = 13, STEPS = 4, TILE_DEPTH = DEPTH, PACKS_ROWS = 0, TOGETHER = 3, MOST_STRIPS = 40, MOST_SPAN = 1 << 30 };
#elif VECTOR_BYTES == 32
enum { MR = 6, STEPS = 1, TILE_DEPTH = DEPTH, PACKS_ROWS = 0, TOGETHER = 3, MOST_STRIPS = 44, MOST_SPAN = DEPTH };
#else
enum { MR = 6, STEPS = 1, TILE_DEPTH = 2 * DEPTH, PACKS_ROWS = 1, TOGETHER = 1, MOST_STRIPS = 44, MOST_SPAN = 1 << 30 };
#endif
enum { NV = 2, NR = NV * W };

/* A row of a strip is packed as whole vectors, whose lanes too many the next row overwrites; behind the last row there
 * is a vector's room for them. */
enum { STRIP_ROWS = MOST_STRIPS * MR, MOST_DEPTH = MOST_STRIPS * DEPTH, SPILL = W };
_Static_assert(MR <= 2 * W, "a row of a strip is one vector, or two");
INLINE size_t strip_size(int depth) { return MR * depth + SPILL; }

/* What a thread keeps for itself: packed operands, and whether it last walked the panels of a product back to the
 * first. It does so in turns: the panels that come last are still in the cache when the next rows, of this product or
 * of the same a time step on, begin with them. */
typedef struct {
  float strips[MOST_STRIPS * (MR * DEPTH + SPILL)], panel[NR * DEPTH];
  int returning;
} VectorScratch;

/* So many strips of `depth` fit, unless one alone does not, and stay near in the cache while panels pass by. */
INLINE int strips_at_once(int depth) {
  return depth > MOST_DEPTH ? 1 : smaller(MOST_STRIPS, MOST_DEPTH / depth);
}

INLINE int vectors_for(int columns) { return smaller((columns + W - 1) / W, NV); }

/* A left operand: rows that lie `stride` apart or, packed, strips that do. */
typedef struct {
  const float *first;
  size_t stride;
  int packed;
} Left;

/* Stores the sums of a tile, with what is to be added to them. */
INLINE void store_sums(const int rows, const int nv, vf sums[MR][NV], float *c, size_t stride, Rows added) {
  UNROLL
  for (int i = 0; i < rows; i++, c += stride) {
    const float *other = added.first ? row_of(added, i) : 0;
    UNROLL
    for (int v = 0; v < nv; v++) {
      if (other) sums[i][v] += load(other + v * W);
      store(c + v * W, sums[i][v]);
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

/* C [rows, nv * W] = left [rows, depth] * panel [depth, nv * W] + bias [nv * W] + added. Element (i, k) of left is
 * left[i * row + k * step]; one pointer reaches `together` rows. C is only met at the end and may lie far away: a row
 * of it is fetched ahead at each of the first steps. */
INLINE void tile(const int rows, const int nv, int depth, const float *left, size_t row, size_t step,
                 const int together, const float *panel, float *c, size_t stride, const float *bias, Rows added) {
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
      for (int i = k; i < k + STEPS && i < rows; i++) {
        __builtin_prefetch(c + i * stride, 1);
        __builtin_prefetch(c + i * stride + nv * W - 1, 1);
        if (added.indices) {
          __builtin_prefetch(row_of(added, i));
          __builtin_prefetch(row_of(added, i) + nv * W - 1);
        }
      }
#endif
#pragma GCC unroll 4
    for (int j = 0; j < STEPS && k < depth; j++, k++) {
      vf right[NV];
      UNROLL
      for (int v = 0; v < nv; v++) right[v] = load(panel + (j * nv + v) * W);
      /* From the last row to the first: else V8 loads the elements of all rows before it multiplies the first. */
      UNROLL
      for (int i = rows - 1; i >= 0; i--) {
        const vf element = splat(pointers[i / together][i % together * row + j * step]);
        UNROLL
        for (int v = 0; v < nv; v++) sums[i][v] = fused(element, right[v], sums[i][v]);
      }
    }
    move(pointers, count, STEPS * step);
  }
  store_sums(rows, nv, sums, c, stride, added);
}

/* A tile of any size, of a strip that begins at `left`. Each way that a strip may lie has a function of its own: in one
 * that held both compilers find no registers for the loops. */
#define TILE_FUNCTION(NAME, TILE) \
  static __attribute__((noinline)) void NAME(int rows, int depth, const float *left, size_t row, \
                                             const float *panel, float *c, size_t stride, int nv, \
                                             const float *bias, const Rows *more) { \
    const Rows added = *more; \
    (void)row; /* packed strips have no use for it */ \
    switch (rows) { OF_ANY_HEIGHT(TILE) } \
  }
#define OF_HEIGHT(R, TILE) \
  case R: \
    if (nv == 2) TILE(R, 2); \
    else TILE(R, 1); \
    break;
#define UP_TO_6(TILE) OF_HEIGHT(1, TILE) OF_HEIGHT(2, TILE) OF_HEIGHT(3, TILE) OF_HEIGHT(4, TILE) \
  OF_HEIGHT(5, TILE) OF_HEIGHT(6, TILE)
#define UP_TO_13(TILE) UP_TO_6(TILE) OF_HEIGHT(7, TILE) OF_HEIGHT(8, TILE) OF_HEIGHT(9, TILE) OF_HEIGHT(10, TILE) \
  OF_HEIGHT(11, TILE) OF_HEIGHT(12, TILE) OF_HEIGHT(13, TILE)
#if VECTOR_BYTES == 64
#define OF_ANY_HEIGHT UP_TO_13
#else
#define OF_ANY_HEIGHT UP_TO_6
#endif
#define OF_ROWS(R, V) tile(R, V, depth, left, row, 1, TOGETHER, panel, c, stride, bias, added)
#define OF_PACKED(R, V) tile(R, V, depth, left, 1, R, R, panel, c, stride, bias, added)
TILE_FUNCTION(tile_of_rows, OF_ROWS)
TILE_FUNCTION(tile_of_packed, OF_PACKED)

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

/* A right operand packed whole has k rows, and columns that fall into groups (gates), whose panels are their own: where
 * the panel begins that a group's `column`, a multiple of NR, is in. */
INLINE int panels_in(int columns) { return (columns + NR - 1) / NR; }
INLINE size_t panel_offset(int k, int group_width, int group, int column) {
  return ((size_t)group * panels_in(group_width) + column / NR) * k * NR;
}

static const float no_bias[NR];
static const Rows nothing;

/* Stores rows [NR], of which so many `columns` are there, with what is to be added to them. */
static __attribute__((noinline)) void store_part(const float *part, int rows, int columns, float *c, size_t stride,
                                                 const Rows *added) {
  for (int i = 0; i < rows; i++, part += NR, c += stride)
    for (int j = 0; j < columns; j++) c[j] = added->first ? part[j] + row_of(*added, i)[j] : part[j];
}

/* Strips times the rows `k` of a panel of so many `columns`: to rows of C that lie `stride` apart. Packed strips begin
 * at the first of those rows. What is added, bias and all, comes in at row 0; at others it is in C already. Tiles store
 * whole vectors: where C has no room for the last one, to a place of their own. */
INLINE void strips_by_panel(Left left, Strips strips, Span k, const float *panel, float *c, size_t stride, int columns,
                            const float *bias, Rows added) {
  const int nv = vectors_for(columns), is_part = columns < nv * W;
  float part[MR * NR];
  for (int from = k.begin; from < k.end; from += TILE_DEPTH) {
    const float *block = panel + (size_t)from * nv * W;
    for (int s = 0; s < strips.count; s++) {
      const int start = strip_start(strips, s), height = strip_height(strips, s);
      const int depth = smaller(TILE_DEPTH, k.end - from);
      const float *strip =
          left.first + (left.packed ? s * left.stride + (from - k.begin) * height : start * left.stride + from);
      float *to = c + start * stride;
      Rows sums = rows_from(added, start, 0);
      if (from > 0) bias = no_bias, sums = (Rows){to, stride, 0};
      (left.packed ? tile_of_packed : tile_of_rows)(height, depth, strip, left.stride, block, is_part ? part : to,
                                                    is_part ? NR : stride, nv, bias, is_part ? &nothing : &sums);
      if (is_part) store_part(part, height, columns, to, stride, &sums);
    }
  }
}

/* Packs `depth` columns of rows that lie `stride` apart. */
static Left pack_strips(const float *rows, size_t stride, Strips strips, int depth, float *packed) {
  for (int s = 0; s < strips.count; s++) {
    const int height = strip_height(strips, s);
    const float *from = rows + strip_start(strips, s) * stride;
    float *strip = packed + s * strip_size(depth);
    for (int k = 0; k < depth; k += W) {
      vf block[W], rest[W];
      load_transposed(block, from + k, stride, smaller(W, height), depth - k);
      if (MR > W && height > W) load_transposed(rest, from + W * stride + k, stride, height - W, depth - k);
      const int count = smaller(W, depth - k);
      for (int i = 0; i < count; i++, strip += height) {
        store(strip, block[i]);
        if (MR > W && height > W) store(strip + W, rest[i]);
      }
    }
  }
  return (Left){packed, strip_size(depth), 1};
}

/* Packs columns of rows, of which `columns` are there to be read, as steps `k` of strips. Some rows at a time,
 * which stay in the cache while they go to one strip after another. */
static void pack_strips_transposed(const float *rows, size_t stride, int columns, Strips strips, Span k,
                                   float *packed) {
  enum { ROWS = 16 };
  for (; k.begin < k.end; k.begin += ROWS, rows += ROWS * stride)
    for (int s = 0; s < strips.count; s++) {
      const int start = strip_start(strips, s), height = strip_height(strips, s);
      const int count = smaller(ROWS, k.end - k.begin), left = columns - start;
      const float *from = rows + start;
      float *to = packed + s * strip_size(DEPTH) + k.begin * height;
      for (int i = 0; i < count; i++, from += stride, to += height) {
        store(to, load_up_to(from, left));
        if (MR > W && height > W) store(to + W, load_up_to(from + W, left - W));
      }
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

/* Packs a thread's share of a right operand's panels. */
static void pack(const Packing *w, Span share) {
  const int k = w->k, n = w->groups * w->group_width, per_group = panels_in(w->group_width);
  for (int p = share.begin; p < share.end; p++) {
    const int group = p / per_group, column = p % per_group * NR, columns = smaller(NR, w->group_width - column);
    const size_t at = (size_t)group * w->group_width + column;
    float *panel = w->panels + panel_offset(k, w->group_width, group, column);
    if (w->transposed) pack_panel_transposed(w->weights + at * k, k, k, columns, panel);
    else pack_panel(w->weights + at, n, k, columns, panel);
  }
}

static void multiply(const Multiplication *p, Part part, VectorScratch *scratch) {
  const int k = p->k, groups = p->groups;
  const size_t n = (size_t)groups * p->group_width;
  /* Rows that all begin at the same place of a page crowd each other out of a first-level cache of fewer ways; as
   * measured, 12 are enough for 13. */
  const int packs = PACKS_ROWS || (MR > FIRST_CACHE_WAYS + 1 && k % 1024 == 0);
  const int span = smaller(k, packs ? smaller(MOST_SPAN, MOST_DEPTH) : MOST_SPAN);
  const int at_once = strips_at_once(span) * MR;
  const int per_group = panels_in(part.columns.end - part.columns.begin);
  for (int first = part.rows.begin; first < part.rows.end; first += at_once) {
    const Strips strips = strips_of(smaller(at_once, part.rows.end - first));
    const float *rows = p->input + (size_t)first * k;
    for (int from = 0; from < k; from += span) {
      const int returning = scratch->returning = !scratch->returning;
      const Span steps = {from, smaller(k, from + span)};
      const Left left = packs ? pack_strips(rows + from, k, strips, steps.end - from, scratch->strips)
                              : (Left){rows, k, 0};
      for (int i = 0; i < groups; i++)
        for (int j = 0; j < per_group; j++) {
          const int group = returning ? groups - 1 - i : i;
          const int column = part.columns.begin + (returning ? per_group - 1 - j : j) * NR;
          const int columns = smaller(NR, part.columns.end - column), nv = vectors_for(columns);
          const int at = group * p->group_width + column;
          const float *panel = p->panels + panel_offset(k, p->group_width, group, column);
          float bias[NR];
          for (int v = 0; v < nv; v++)
            store(bias + v * W, add_biases(splat(0), p->biases, at + v * W, columns - v * W));
          strips_by_panel(left, strips, steps, panel, p->output + first * n + at, n, columns, bias,
                          rows_from(p->added, first, at));
        }
    }
  }
}

static void weight_gradient(const WeightGradient *g, Span share, VectorScratch *scratch) {
  const int width = g->width, all_rows = rows_summed(g);
  const Left left = {scratch->strips, strip_size(DEPTH), 1};
  for (int first = share.begin; first < share.end; first += STRIP_ROWS) {
    const Strips strips = strips_of(smaller(STRIP_ROWS, share.end - first));
    for (int from = 0; from < all_rows; from += DEPTH) {
      const Span k = {0, smaller(DEPTH, all_rows - from)};
      for (Span run = {0}; run.end < k.end;) {
        const float *rows = g->output_gradient + next_run(g, from, k.end, &run) * g->height + first;
        pack_strips_transposed(rows, g->height, g->height - first, strips, run, scratch->strips);
      }
      for (int column = 0; column < width; column += NR) {
        const int columns = smaller(NR, width - column);
        for (Span run = {0}; run.end < k.end;) {
          const float *rows = g->input + next_run(g, from, k.end, &run) * width + column;
          pack_panel(rows, width, run.end - run.begin, columns, scratch->panel + run.begin * vectors_for(columns) * W);
        }
        float *c = g->gradient + (size_t)first * width + column;
        strips_by_panel(left, strips, k, scratch->panel, c, width, columns, no_bias,
                        (Rows){g->accumulate || from > 0 ? c : 0, width, 0});
      }
    }
  }
}

#endif
