/* Matrix products by tile instructions (Intel's AMX). digits.h says how numbers are represented, tile-packing.h how
 * operands are packed.
 *
 * Tile instructions compute a band of a left operand times a band of a right operand. A tile instruction takes 16
 * cycles, in which the CPU's vector units are free. So a piece of other work is done after each tile instruction. Every
 * element of the result is summed in the same order. So the result does not depend on the band or the thread that
 * computes it. */
#ifndef CHARRNN_TILES_H
#define CHARRNN_TILES_H

#include "tile-packing.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Asks Linux to let this process use tiles. Returns whether the process may use tiles. */
static int have_tiles(void) {
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

/* The fastest values that were measured (DEPTH_BLOCKS follows from DEPTH). */
enum {
  MOST_BLOCKS = 256,                 /* blocks that a thread packs at once: they fit a second-level cache */
  MOST_BAND_BLOCKS = 64,             /* the most blocks of one band of a left operand */
  FAR_BYTES = 1 << 21,               /* bytes of a second-level cache: a larger right operand is prefetched */
  FAR_BANDS = 4,                     /* bands of the left operand at once, if the right operand is that large */
  DEPTH_BLOCKS = DEPTH / BLOCK_STEPS /* blocks in a band of a weight gradient's operand */
};
_Static_assert(3ull * 128 * 128 * MOST_BAND_BLOCKS * BLOCK_STEPS <= INT32_MAX && DEPTH_BLOCKS <= MOST_BAND_BLOCKS,
               "the sums of three products of digits, over all steps of a band, fit 32 bits");

/* The storing of a band of C, and its progress: row `row` is stored next. C = sum * row_scales * column_scales + bias +
 * added, where sum is the sum over d of 2^-8d sums[d]. sums[0] has the products of first digits. A product in sums[1]
 * has 2^-8 of the weight of these, and a product in sums[2] has 2^-16. */
typedef struct {
  const Tile *sums;
  int rows, row, columns;
  const float *row_scales;
  vf column_scales, bias;
  Rows added;
  float *c;
  size_t stride;
} SumStoring;

INLINE void store_row(const SumStoring *s, int i) {
  vf sum = splat(0);
  UNROLL
  for (int d = DIGITS - 1; d >= 0; d--)
    sum = fused(sum, splat(0x1p-8f), __builtin_convertvector(s->sums[d].rows[i], vf));
  vf x = fused(sum * splat(s->row_scales[i]), s->column_scales, s->bias);
  if (s->added.first) x += load_up_to(row_of(s->added, i), s->columns);
  store_up_to(s->c + i * s->stride, x, s->columns);
}
/* Stores two more rows. Returns 0 if there was no row left. */
INLINE int store_some_rows(SumStoring *s) {
  const int i = s->row, rows = s->rows;
  if (i == rows) return 0;
  store_row(s, i);
  if (i + 1 < rows) store_row(s, i + 1);
  s->row = smaller(i + 2, rows);
  return 1;
}

/* NEAR: a product whose weights fit into a second-level cache. FAR: a product whose weights do not. GRADIENT: a weight
 * gradient. */
typedef enum { NEAR, FAR, GRADIENT } ProductKind;

/* The work between tile instructions: the previous band of C is stored, and the next band of the left operand is
 * packed. */
typedef struct {
  SumStoring storing;
  RowPacking rows;
  ColumnPacking columns;
} InterleavedWork;

INLINE void do_some_work(const ProductKind kind, InterleavedWork *work) {
  if (store_some_rows(&work->storing)) return;
  if (kind == GRADIENT) pack_some_columns(&work->columns);
  else pack_some_rows(&work->rows);
}

/* A thread's own memory. */
typedef struct {
  Block blocks[MOST_BLOCKS];        /* a product's left operand, or a gradient's right one */
  Block left[2][DEPTH_BLOCKS];      /* the band of a gradient's left operand that is multiplied, and the next one */
  Block quads;                      /* see ColumnPacking */
  float scales[MOST_BLOCKS * BAND]; /* 1 / scale of each row or column in `blocks` */
  float left_scales[2][BAND];       /* the same for `left` */
  int32_t steps[DEPTH];             /* the indices of the rows that a gradient is summed over */
  Tile sums[2][DIGITS];             /* of the band of C that is computed, and of the one that is stored */
  InterleavedWork work;
  int current;   /* the index of the sums that are computed now */
  int height;    /* the number of rows that tiles are set to, or 0 if tiles are not in use */
  int backwards; /* whether the thread last went through the bands backwards, as in VectorScratch */
} TileScratch;

/* GCC does not know which memory its tile instructions read and write. The fence keeps GCC from moving accesses. */
#define FENCE(POINTER) __asm__ volatile("" : : "r"(POINTER) : "memory")

/* Sets the tiles of sums and of a left operand to `height` rows, unless the tiles have that height already. */
INLINE void set_height(TileScratch *scratch, int height) {
  if (scratch->height == height) return;
  scratch->height = height;
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } configuration = {1, 0, {0}, {0}, {0}};
  for (int tile = 0; tile < 8; tile++) {
    configuration.row_bytes[tile] = VECTOR_BYTES;
    configuration.rows[tile] = tile < 6 ? height : QUADS;
  }
  FENCE(&configuration);
  _tile_loadconfig(&configuration);
  FENCE(&configuration);
}
/* Frees the tiles, because Linux has to save tiles in use whenever another thread runs on the core. */
INLINE void free_tiles(TileScratch *scratch) {
  if (scratch->height == 0) return;
  scratch->height = 0;
  _tile_release();
}

/* Tiles 0 to 2 hold sums, and tiles 3 to 5 the digits of a left operand. Tiles 6 and 7 hold digits of a right operand
 * alternately. SIXTH says which sixth of the block after the next block is prefetched. */
#define LOAD(TILE, OPERAND, DIGIT) _tile_loadd(TILE, &OPERAND->digits[DIGIT], VECTOR_BYTES)
#define LOAD_RIGHT(TILE, DIGIT) \
  if (kind == GRADIENT) _tile_stream_loadd(TILE, &right->digits[DIGIT], VECTOR_BYTES); \
  else LOAD(TILE, right, DIGIT)
#define MULTIPLY_DIGITS(SUM, LEFT, RIGHT, SIXTH) \
  _tile_dpbssd(SUM, LEFT, RIGHT); \
  do_some_work(kind, work); \
  if (kind == FAR) \
    for (int i = 0; i < (int)sizeof(Block) / 6; i += 64) \
      __builtin_prefetch((const char *)(right + 2) + SIXTH * sizeof(Block) / 6 + i);

/* sums = a band of the left operand * a band of the right operand. */
INLINE void sum_blocks(const ProductKind kind, int blocks, const Block *left, const Block *right, Tile sums[DIGITS],
                       InterleavedWork *work) {
  FENCE(sums);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  for (int b = 0; b < blocks; b++, left++, right++) {
    LOAD_RIGHT(6, 0);
    LOAD(3, left, 0);
    MULTIPLY_DIGITS(0, 3, 6, 0)
    LOAD(4, left, 1);
    MULTIPLY_DIGITS(1, 4, 6, 1)
    LOAD(5, left, 2);
    MULTIPLY_DIGITS(2, 5, 6, 2)
    LOAD_RIGHT(7, 1);
    MULTIPLY_DIGITS(1, 3, 7, 3)
    MULTIPLY_DIGITS(2, 4, 7, 4)
    LOAD_RIGHT(6, 2);
    MULTIPLY_DIGITS(2, 3, 6, 5)
  }
  _tile_stored(0, &sums[0], VECTOR_BYTES);
  _tile_stored(1, &sums[1], VECTOR_BYTES);
  _tile_stored(2, &sums[2], VECTOR_BYTES);
}
#define SUM_FUNCTION(NAME, KIND) \
  static __attribute__((noinline)) void NAME(int blocks, const Block *left, const Block *right, Tile sums[DIGITS], \
                                             InterleavedWork *work) { \
    sum_blocks(KIND, blocks, left, right, sums, work); \
  }
SUM_FUNCTION(sum_near, NEAR)
SUM_FUNCTION(sum_far, FAR)
SUM_FUNCTION(sum_gradient, GRADIENT)
static void (*const sum_functions[])(int, const Block *, const Block *, Tile *, InterleavedWork *) = {
    [NEAR] = sum_near, [FAR] = sum_far, [GRADIENT] = sum_gradient};

/* The weight of the product of two first digits, each of which has the weight 2^16. */
#define FIRST_WEIGHT 0x1p32f

/* Computes the sums of a band of C. Between the tile instructions, the function stores the previous band of C. */
INLINE const Tile *sum_band(const ProductKind kind, int height, int blocks, const Block *left, const Block *right,
                            TileScratch *scratch) {
  Tile *sums = scratch->sums[scratch->current = !scratch->current];
  set_height(scratch, height);
  sum_functions[kind](blocks, left, right, sums, &scratch->work);
  while (store_some_rows(&scratch->work.storing)) continue;
  return sums;
}

/* The sizes of a product [R, k] * [k, n], and the scales of its right operand. A band of columns has `blocks` blocks.
 * Each group has `bands` bands, of which this thread has `bands_each`. `turns` is the number of this thread's bands in
 * all groups. */
typedef struct {
  int blocks, bands, bands_each, turns;
  size_t n;
  const float *scales;
} TileProduct;

/* Bands of the left operand that are multiplied by one band of the right operand after another. The packed rows begin
 * at row `first` of the operand. The bands are the packed rows in the span `rows`. Each band has `blocks` blocks of k,
 * from block `from` on. */
typedef struct {
  int first, height, from, blocks;
  Span rows;
} LeftBands;

/* A band of the right operand, also from block `from` on. The band's first column is column `at` of C. */
typedef struct {
  int at, columns;
  const Block *blocks;
  vf column_scales, bias;
} RightBand;

/* Left bands times a right band. If the blocks begin at block 0, bias and p->added are added. For later blocks, C
 * contains them already. */
INLINE void multiply_bands(const Multiplication *p, const ProductKind kind, LeftBands left, RightBand right, size_t n,
                           TileScratch *scratch) {
  for (int row = left.rows.begin; row < left.rows.end; row += left.height) {
    float *c = p->output + (size_t)(left.first + row) * n + right.at;
    const Block *blocks = scratch->blocks + row / left.height * left.blocks;
    scratch->work.storing =
        (SumStoring){.sums = sum_band(kind, left.height, left.blocks, blocks, right.blocks, scratch),
                     .rows = smaller(left.height, left.rows.end - row),
                     .columns = right.columns,
                     .row_scales = scratch->scales + row,
                     .column_scales = right.column_scales,
                     .bias = right.bias,
                     .added = left.from == 0 ? rows_from(p->added, left.first + row, right.at) : (Rows){c, n, 0},
                     .c = c,
                     .stride = n};
  }
}

/* Left bands times all right bands of a span of each group's columns, forwards or backwards. */
INLINE void multiply_by_each_band(const Multiplication *p, const ProductKind kind, TileProduct t, LeftBands left,
                                  Span columns, int backwards, TileScratch *scratch) {
  for (int i = 0; i < t.turns; i++) {
    const int turn = backwards ? t.turns - 1 - i : i, group = turn / t.bands_each;
    const int column = columns.begin + turn % t.bands_each * BAND, band = group * t.bands + column / BAND;
    const int at = group * p->group_width + column, width = smaller(BAND, columns.end - column);
    const Block *blocks = (const Block *)p->panels + (size_t)band * t.blocks + left.from;
    const vf column_scales = load(t.scales + band * BAND) * FIRST_WEIGHT;
    const vf bias = left.from == 0 ? add_biases(splat(0), p->biases, at, width) : splat(0);
    multiply_bands(p, kind, left, (RightBand){at, width, blocks, column_scales, bias}, t.n, scratch);
  }
}

static void multiply_by_tiles(const Multiplication *p, Part part, TileScratch *scratch) {
  const int k = p->k, all_blocks = blocks_in(k), bands = bands_in(p->group_width);
  const size_t n = (size_t)p->groups * p->group_width;
  const int most = smaller(all_blocks, MOST_BAND_BLOCKS), most_rows = MOST_BLOCKS / most * BAND;
  const ProductKind kind = p->groups * bands * all_blocks * sizeof(Block) > FAR_BYTES ? FAR : NEAR;
  const float *scales = (const float *)((const Block *)p->panels + p->groups * bands * all_blocks);
  const int bands_each = bands_in(part.columns.end - part.columns.begin), turns = p->groups * bands_each;
  const TileProduct sizes = {all_blocks, bands, bands_each, turns, n, scales};
  RowPacking *packing = &scratch->work.rows;
  for (int first = part.rows.begin; first < part.rows.end; first += most_rows) {
    /* Bands have equal height, because it takes time to set the height of tiles. Only the last band may have fewer
     * rows. */
    const int rows = smaller(most_rows, part.rows.end - first), height = (rows - 1) / bands_in(rows) + 1;
    for (int from = 0; from < all_blocks; from += most) {
      const int blocks = smaller(most, all_blocks - from);
      /* Finishes the storing, because the packing below overwrites the scales that the storing reads. */
      while (store_some_rows(&scratch->work.storing)) continue;
      *packing = (RowPacking){.first = p->input + (size_t)first * k + from * BLOCK_STEPS,
                              .stride = k,
                              .rows = rows,
                              .depth = smaller(blocks * BLOCK_STEPS, k - from * BLOCK_STEPS),
                              .height = height,
                              .to = scratch->blocks,
                              .scales = scratch->scales};
      for (int start = 0, end; start < rows; start = end) {
        end = smaller(start + height * (kind == FAR ? FAR_BANDS : 1), rows);
        const int backwards = scratch->backwards = !scratch->backwards;
        while (packing->start < end) pack_some_rows(packing);
        const LeftBands left = {first, height, from, blocks, {start, end}};
        multiply_by_each_band(p, kind, sizes, left, part.columns, backwards, scratch);
      }
    }
  }
  while (store_some_rows(&scratch->work.storing)) continue;
}

/* Begins to pack the band of a gradient's left operand that starts at row `row`, into left[second]. Meanwhile tiles
 * multiply the previous band. If `row` is not below `end`, there is nothing to pack. */
INLINE void begin_packing(Rows steps, int depth, int row, int end, int second, TileScratch *scratch) {
  scratch->work.columns = (ColumnPacking){.steps = rows_from(steps, 0, row),
                                              .rows = smaller(BAND, end - row),
                                              .depth = depth,
                                              .quads = &scratch->quads,
                                              .to = scratch->left[second],
                                              .scales = scratch->left_scales[second]};
}

static void weight_gradient_by_tiles(const WeightGradient *g, Part part, TileScratch *scratch) {
  enum { AT_ONCE = MOST_BLOCKS / DEPTH_BLOCKS * BAND };
  InterleavedWork *work = &scratch->work;
  const int all_rows = rows_summed(g);
  const Rows left_steps = {g->output_gradient, g->height, scratch->steps};
  const Rows right_steps = {g->input, g->width, scratch->steps};
  for (int from = 0; from < all_rows; from += DEPTH) {
    const int depth = smaller(DEPTH, all_rows - from), blocks = blocks_in(depth);
    for (Span run = {0}; run.end < depth;) {
      const int32_t row = (int32_t)next_run(g, from, depth, &run);
      for (int i = run.begin; i < run.end; i++) scratch->steps[i] = row + i - run.begin;
    }
    for (int first = part.columns.begin; first < part.columns.end; first += AT_ONCE) {
      const int end = smaller(first + AT_ONCE, part.columns.end);
      for (int column = first; column < end; column += BAND)
        pack_right(rows_from(right_steps, 0, column), end - column, depth,
                   scratch->blocks + (column - first) / BAND * blocks, scratch->scales + column - first);
      begin_packing(left_steps, depth, part.rows.begin, part.rows.end, 0, scratch);
      for (int row = part.rows.begin, second = 0; row < part.rows.end; row += BAND, second = !second) {
        while (pack_some_columns(&work->columns)) continue;
        /* Finishes the storing, because packing the next band overwrites the scales that the storing reads. */
        while (store_some_rows(&work->storing)) continue;
        begin_packing(left_steps, depth, row + BAND, part.rows.end, !second, scratch);
        for (int column = first; column < end; column += BAND) {
          float *c = g->gradient + (size_t)row * g->width + column;
          const Block *right = scratch->blocks + (column - first) / BAND * blocks;
          work->storing =
              (SumStoring){.sums = sum_band(GRADIENT, BAND, blocks, scratch->left[second], right, scratch),
                           .rows = smaller(BAND, part.rows.end - row),
                           .columns = smaller(BAND, end - column),
                           .row_scales = scratch->left_scales[second],
                           .column_scales = load(scratch->scales + column - first) * FIRST_WEIGHT,
                           .added = {g->accumulate || from > 0 ? c : 0, g->width, 0},
                           .c = c,
                           .stride = g->width};
        }
      }
      while (store_some_rows(&work->storing)) continue;
    }
  }
}

#endif
