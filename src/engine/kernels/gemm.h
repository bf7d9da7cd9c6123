/* Matrix products over packed operands, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (ACM TOMS 34, 2008).
 *
 * The right operand [K, N] is packed in panels of NR columns. A panel is contiguous, [K][NR]; the last panel may be one
 * vector narrower. The left operand is divided into strips of at most MR rows. A strip is read from the operand itself,
 * or is packed as [K][rows]. The product of a strip and a panel, [rows, NR], is summed in registers and is called a
 * register block. Every element of the result is summed in the same order, REGISTER_DEPTH steps of k at a time. So the
 * result does not depend on the strip or the thread that computes it. */
#ifndef CHARRNN_GEMM_H
#define CHARRNN_GEMM_H

#include "operands.h"

/* ../node/compiler.ts defines this number of ways if it knows the CPU's cache. */
#ifndef FIRST_CACHE_WAYS
#define FIRST_CACHE_WAYS 8
#endif

/* Chooses a value by the width of vectors: 64, 32 or 16 bytes. */
#if VECTOR_BYTES == 64
#define BY_WIDTH(BYTES_64, BYTES_32, BYTES_16) BYTES_64
#elif VECTOR_BYTES == 32
#define BY_WIDTH(BYTES_64, BYTES_32, BYTES_16) BYTES_32
#else
#define BY_WIDTH(BYTES_64, BYTES_32, BYTES_16) BYTES_16
#endif

/* The fastest values that were measured. */
enum {
  NV = 2,      /* vectors in a row of a panel */
  NR = NV * W, /* columns of a panel */
  /* Rows of a strip: as many as possible, as long as a register block leaves registers for its operands. V8 has fifteen
   * registers. They hold twelve sums, two vectors of a panel and one element of a strip, but only if UNROLLED_STEPS is
   * 1. */
  MR = BY_WIDTH(13, 6, 6),
  /* Steps of k in one turn of the innermost loop. */
  UNROLLED_STEPS = BY_WIDTH(4, 1, 1),
  /* Steps of k that are summed in registers before the sums go to memory. A panel of this many steps fits into a
   * first-level cache together with a strip. */
  REGISTER_DEPTH = BY_WIDTH(DEPTH, DEPTH, 2 * DEPTH),
  /* Whether strips are always packed. */
  PACKS_ROWS = BY_WIDTH(0, 0, 1),
  /* Rows of an unpacked strip that are addressed from one pointer, by adding the row stride to the pointer up to
   * twice. */
  ROWS_PER_POINTER = BY_WIDTH(3, 3, 1),
  /* Packed strips of DEPTH steps that a thread's scratch memory can hold. */
  MOST_STRIPS = BY_WIDTH(40, 44, 44),
  /* Steps of k of a panel that are used before the next panel is used. */
  MOST_SPAN = BY_WIDTH(1 << 30, DEPTH, 1 << 30)
};

/* Each step of a packed strip is stored as whole vectors. If a vector has more lanes than the step has rows, the next
 * step overwrites the extra lanes. For the last step, a strip has SPILL more floats. */
enum { STRIP_ROWS = MOST_STRIPS * MR, MOST_DEPTH = MOST_STRIPS * DEPTH, SPILL = W };
_Static_assert(MR <= 2 * W, "a step of a packed strip is one vector or two");
INLINE size_t strip_size(int depth) { return MR * depth + SPILL; }

/* A thread's own memory: its packed operands, and whether the thread last went through the panels of a product
 * backwards. A thread goes through the panels forwards and backwards alternately. So the next rows (of the same
 * product, or of the next time step) begin with the panels that were used last and are still in the cache. */
typedef struct {
  float strips[MOST_STRIPS * (MR * DEPTH + SPILL)], panel[NR * DEPTH];
  int backwards;
} VectorScratch;

/* How many strips, each of `depth` steps, are multiplied in one pass: all by one panel, then all by the next panel.
 * This many strips stay in a near cache and, if they are packed, fit into the thread's memory. A strip of more than
 * MOST_DEPTH steps does not fit: it is multiplied alone, and is not packed. */
INLINE int strips_at_once(int depth) {
  return depth > MOST_DEPTH ? 1 : smaller(MOST_STRIPS, MOST_DEPTH / depth);
}

INLINE int vectors_for(int columns) { return smaller((columns + W - 1) / W, NV); }

/* A left operand: rows or, if `packed`, strips. `stride` is the distance between them in floats. */
typedef struct {
  const float *first;
  size_t stride;
  int packed;
} Left;

/* Stores a register block: C = sums + added. */
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

/* Adds `by` to each pointer. The assembly hides the pointers' values from the compiler, which would otherwise keep a
 * separate pointer for each load. */
INLINE void move(const float *pointers[MR], const int count, size_t by) {
  UNROLL
  for (int p = 0; p < count; p++) {
    pointers[p] += by;
    __asm__ volatile("" : "+r"(pointers[p]));
  }
}

/* One register block: C [rows, nv * W] = left [rows, depth] * panel [depth, nv * W] + bias [nv * W] + added. Element
 * (i, k) of the strip is left[i * row + k * step]. One pointer addresses `together` rows of the strip. C is needed only
 * at the end and may not be in the cache, so each of the first steps prefetches one row of C. */
INLINE void register_block(const int rows, const int nv, int depth, const float *left, size_t row, size_t step,
                           const int together, const float *panel, float *c, size_t stride, const float *bias,
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
  for (int k = 0; k < depth; panel += UNROLLED_STEPS * nv * W) {
#ifndef __wasm__ /* WebAssembly has no prefetch, so the loop would have no effect. */
    if (k < rows)
      for (int i = k; i < k + UNROLLED_STEPS && i < rows; i++) {
        __builtin_prefetch(c + i * stride, 1);
        __builtin_prefetch(c + i * stride + nv * W - 1, 1);
        if (added.indices) {
          __builtin_prefetch(row_of(added, i));
          __builtin_prefetch(row_of(added, i) + nv * W - 1);
        }
      }
#endif
#pragma GCC unroll 4
    for (int j = 0; j < UNROLLED_STEPS && k < depth; j++, k++) {
      vf right[NV];
      UNROLL
      for (int v = 0; v < nv; v++) right[v] = load(panel + (j * nv + v) * W);
      /* From the last row to the first: in the other order V8 would load the elements of all rows before it multiplies.
       * */
      UNROLL
      for (int i = rows - 1; i >= 0; i--) {
        const vf element = splat(pointers[i / together][i % together * row + j * step]);
        UNROLL
        for (int v = 0; v < nv; v++) sums[i][v] = fused(element, right[v], sums[i][v]);
      }
    }
    move(pointers, count, UNROLLED_STEPS * step);
  }
  store_sums(rows, nv, sums, c, stride, added);
}

/* A strip of any height, which begins at `left`, times a panel of `nv` vectors. Unpacked and packed strips have
 * separate functions, because a function for both would leave compilers too few registers for the loops. */
#define STRIP_FUNCTION(NAME, PRODUCT) \
  static __attribute__((noinline)) void NAME(int rows, int depth, const float *left, size_t row, \
                                             const float *panel, float *c, size_t stride, int nv, \
                                             const float *bias, const Rows *more) { \
    const Rows added = *more; \
    (void)row; /* Packed strips do not use `row`. */ \
    switch (rows) { OF_ANY_HEIGHT(PRODUCT) } \
  }
#define OF_HEIGHT(R, PRODUCT) \
  case R: \
    if (nv == 2) PRODUCT(R, 2); \
    else PRODUCT(R, 1); \
    break;
#define UP_TO_6(PRODUCT) OF_HEIGHT(1, PRODUCT) OF_HEIGHT(2, PRODUCT) OF_HEIGHT(3, PRODUCT) OF_HEIGHT(4, PRODUCT) \
  OF_HEIGHT(5, PRODUCT) OF_HEIGHT(6, PRODUCT)
#define UP_TO_13(PRODUCT) UP_TO_6(PRODUCT) OF_HEIGHT(7, PRODUCT) OF_HEIGHT(8, PRODUCT) OF_HEIGHT(9, PRODUCT) \
  OF_HEIGHT(10, PRODUCT) OF_HEIGHT(11, PRODUCT) OF_HEIGHT(12, PRODUCT) OF_HEIGHT(13, PRODUCT)
#define OF_ANY_HEIGHT BY_WIDTH(UP_TO_13, UP_TO_6, UP_TO_6)
#define UNPACKED(R, V) register_block(R, V, depth, left, row, 1, ROWS_PER_POINTER, panel, c, stride, bias, added)
#define PACKED(R, V) register_block(R, V, depth, left, 1, R, R, panel, c, stride, bias, added)
STRIP_FUNCTION(unpacked_strip_by_panel, UNPACKED)
STRIP_FUNCTION(packed_strip_by_panel, PACKED)

/* Rows as strips of nearly equal height: 25 rows are 13 + 12. The first `taller` strips have `height` + 1 rows. */
typedef struct {
  int count, height, taller;
} Strips;
INLINE Strips strips_of(int rows) {
  const int count = (rows + MR - 1) / MR;
  return (Strips){count, rows / count, rows % count};
}
INLINE int strip_start(Strips s, int strip) { return strip * s.height + smaller(strip, s.taller); }
INLINE int strip_height(Strips s, int strip) { return s.height + (strip < s.taller); }

/* A packed right operand is [k, groups * group_width]. Each group (a gate) has its own panels. panel_offset is the
 * offset of the panel that begins at column `column` of a group, a multiple of NR. */
INLINE int panels_in(int columns) { return (columns + NR - 1) / NR; }
INLINE size_t panel_offset(int k, int group_width, int group, int column) {
  return ((size_t)group * panels_in(group_width) + column / NR) * k * NR;
}

static const float no_bias[NR];
static const Rows nothing;

/* Stores the first `columns` columns of `part` [rows, NR]: C = part + added. */
static __attribute__((noinline)) void store_part(const float *part, int rows, int columns, float *c, size_t stride,
                                                 const Rows *added) {
  for (int i = 0; i < rows; i++, part += NR, c += stride)
    for (int j = 0; j < columns; j++) c[j] = added->first ? part[j] + row_of(*added, i)[j] : part[j];
}

/* Strips times the steps `k` of a panel of `columns` columns. The rows of C are `stride` floats apart. Packed strips
 * hold only these steps. If the steps begin at 0, bias and `added` are added; for later steps, C contains them already.
 * Register blocks store whole vectors. If the last vector would exceed the columns, a block goes to `part` first. */
INLINE void strips_by_panel(Left left, Strips strips, Span k, const float *panel, float *c, size_t stride, int columns,
                            const float *bias, Rows added) {
  const int nv = vectors_for(columns), is_part = columns < nv * W;
  float part[MR * NR];
  for (int from = k.begin; from < k.end; from += REGISTER_DEPTH) {
    const float *steps = panel + (size_t)from * nv * W;
    for (int s = 0; s < strips.count; s++) {
      const int start = strip_start(strips, s), height = strip_height(strips, s);
      const int depth = smaller(REGISTER_DEPTH, k.end - from);
      const float *strip =
          left.first + (left.packed ? s * left.stride + (from - k.begin) * height : start * left.stride + from);
      float *to = c + start * stride;
      Rows sums = rows_from(added, start, 0);
      if (from > 0) {
        bias = no_bias;
        sums = (Rows){to, stride, 0};
      }
      (left.packed ? packed_strip_by_panel : unpacked_strip_by_panel)(
          height, depth, strip, left.stride, steps, is_part ? part : to, is_part ? NR : stride, nv, bias,
          is_part ? &nothing : &sums);
      if (is_part) store_part(part, height, columns, to, stride, &sums);
    }
  }
}

/* Packs rows [.., depth], which are `stride` floats apart, as strips. */
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

/* Packs the transpose of rows of `columns` numbers, which are `stride` floats apart: each row becomes one step of the
 * span `k` in all strips. A few rows are packed at a time, so that they stay in the cache until every strip has taken
 * its columns from them. */
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

/* Packs a panel of `columns` columns of a right operand [k, n], whose rows are `stride` floats apart. */
static void pack_panel(const float *right, size_t stride, int k, int columns, float *panel) {
  for (int i = 0; i < k; i++, right += stride)
    for (int v = 0; v < vectors_for(columns); v++, panel += W) store(panel, load_up_to(right + v * W, columns - v * W));
}

/* Packs a panel of a right operand that is stored transposed, [n, k]. Its columns are `stride` floats apart. */
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

/* Packs a thread's share of the panels of a right operand. */
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

/* Whether strips are packed for a product of depth k. If k is a multiple of 1024, all rows begin at the same offset in
 * a page and use the same sets of a first-level cache. If a set has too few ways for the rows of a strip, the rows
 * evict each other. Measured: a cache of 12 ways is enough for strips of 13 rows. */
INLINE int must_pack(int k) { return PACKS_ROWS || (MR > FIRST_CACHE_WAYS + 1 && k % 1024 == 0); }

/* The sizes of a product [R, k] * [k, n]. A thread multiplies by `panels_each` panels of each group. */
typedef struct {
  int k, groups, panels_each;
  size_t n;
} ProductSizes;

/* The strips of one pass: of the rows from `first` on, and over some steps of k. */
typedef struct {
  Left left;
  Strips strips;
  int first;
  Span steps;
} StripSet;

/* Strips times the panel of `columns` columns that begins at column `column` of a group. */
INLINE void multiply_panel(const Multiplication *p, ProductSizes sizes, StripSet set, int group, int column,
                           int columns) {
  const int nv = vectors_for(columns), at = group * p->group_width + column;
  const float *panel = p->panels + panel_offset(sizes.k, p->group_width, group, column);
  float bias[NR];
  for (int v = 0; v < nv; v++) store(bias + v * W, add_biases(splat(0), p->biases, at + v * W, columns - v * W));
  strips_by_panel(set.left, set.strips, set.steps, panel, p->output + set.first * sizes.n + at, sizes.n, columns, bias,
                  rows_from(p->added, set.first, at));
}

/* Strips times all panels of a span of each group's columns, forwards or backwards. */
INLINE void multiply_panels(const Multiplication *p, ProductSizes sizes, StripSet set, Span columns, int backwards) {
  const int groups = sizes.groups, each = sizes.panels_each;
  for (int i = 0; i < groups; i++)
    for (int j = 0; j < each; j++) {
      const int group = backwards ? groups - 1 - i : i;
      const int column = columns.begin + (backwards ? each - 1 - j : j) * NR;
      multiply_panel(p, sizes, set, group, column, smaller(NR, columns.end - column));
    }
}

static void multiply(const Multiplication *p, Part part, VectorScratch *scratch) {
  const int k = p->k, groups = p->groups;
  const size_t n = (size_t)groups * p->group_width;
  const int packs = must_pack(k);
  const int span = smaller(k, packs ? smaller(MOST_SPAN, MOST_DEPTH) : MOST_SPAN);
  const int at_once = strips_at_once(span) * MR;
  const ProductSizes sizes = {k, groups, panels_in(part.columns.end - part.columns.begin), n};
  for (int first = part.rows.begin; first < part.rows.end; first += at_once) {
    const Strips strips = strips_of(smaller(at_once, part.rows.end - first));
    const float *rows = p->input + (size_t)first * k;
    for (int from = 0; from < k; from += span) {
      const int backwards = scratch->backwards = !scratch->backwards;
      const Span steps = {from, smaller(k, from + span)};
      const Left left = packs ? pack_strips(rows + from, k, strips, steps.end - from, scratch->strips)
                              : (Left){rows, k, 0};
      multiply_panels(p, sizes, (StripSet){left, strips, first, steps}, part.columns, backwards);
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
