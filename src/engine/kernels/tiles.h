/* Matrix products by tile instructions (Intel's AMX), in 24-bit fixed point.
 *
 * A tile instruction multiplies [16, 64] by [64, 16] signed bytes and sums in 32 bits. Each row of a left operand and
 * each column of a right one is scaled so that its largest number just fits 24 bits, rounded, and split into three
 * digits of 8 bits: q = 2^16 q0 + 2^8 q1 + q2, each from -128 to 127. Six of the nine products of two numbers' digits
 * are summed, those of equal weight together and without rounding (Ootomo, Ozaki and Yokota, "DGEMM on integer matrix
 * multiplication unit", IJHPCA 38, 2024). A number is off by some 2^-24 as in float32, but of the largest one that it
 * shares a scale with, not of itself; at each step of k the three products left out come to some 2^-23 of the product
 * of the two largest. Where the largest is below 2^-103, all keep fewer bits. One that is infinite or no number makes
 * NaN of its row's or column's products; one above 2^119 may make infinities of them.
 *
 * Both operands are packed in bands of up to 16 rows of the left one, or columns of the right one: for each 64 steps of
 * k one block, which holds the three digits of the band's numbers. Every element of the result is summed in the same
 * order, whatever band or thread it falls to. */
#ifndef CHARRNN_TILES_H
#define CHARRNN_TILES_H

#include "gemm.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Whether Linux lets this process have tiles, which it does not unless asked. */
static int have_tiles(void) {
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

enum { BAND = 16, QUADS = 16, BLOCK_STEPS = 4 * QUADS, DIGITS = 3 };
_Static_assert((int)BAND == (int)W && (int)QUADS == (int)W, "a row of a tile is one vector");

/* A tile of an operand holds 16 rows of 16 quads of one digit. A quad is four steps of k that are QUADS apart. For a
 * left operand each row is one of its band's rows; for a right one it is a quad of steps, and the lanes are the band's
 * columns. */
typedef struct {
  vi rows[16];
} Tile;
typedef struct {
  Tile digits[DIGITS];
} Block;
_Static_assert((int)BLOCK_STEPS == PACKED_STEPS && sizeof(Block) == PACKED_BYTES * BAND * BLOCK_STEPS,
               "../tensor.ts makes room for so much");

INLINE int blocks_in(int k) { return (k + BLOCK_STEPS - 1) / BLOCK_STEPS; }
INLINE int bands_in(int columns) { return (columns + BAND - 1) / BAND; }

/* As measured. The sums of three products of digits over all steps of a band stay below 2^31. */
enum {
  MOST_BLOCKS = 256,     /* packed at once by a thread, which finds them in its second-level cache */
  MOST_BAND_BLOCKS = 64, /* of these in one band of a left operand */
  FAR_BYTES = 1 << 21,   /* of a right operand, above which it is fetched ahead: those of a second-level cache */
  FAR_BANDS = 4          /* of the left operand that then meet each band of it in turn */
};
enum { DEPTH_BLOCKS = DEPTH / BLOCK_STEPS };
_Static_assert(3ull * 128 * 128 * MOST_BAND_BLOCKS * BLOCK_STEPS <= INT32_MAX && DEPTH_BLOCKS <= MOST_BAND_BLOCKS,
               "sums fit");

/* Rows of C, at most those of a band, whose sums are still to be stored from row `row` on: those of products of equal
 * weight, from the greatest down, and what takes them back to scale. */
typedef struct {
  const Tile *sums;
  int rows, row, columns;
  const float *row_scales;
  vf column_scales, bias;
  Rows added;
  float *c;
  size_t stride;
} Unfinished;

/* A left operand [rows, depth] in bands of `height` rows, and what of it is still to be packed: of the band that begins
 * at row `start` first the scales, or where it is `scaled` block `block`, from its row `row` on. */
typedef struct {
  const float *first;
  size_t stride;
  int rows, depth, height, start, row, block, scaled;
  vi largest;
  vf up;
  Block *to;
  float *scales;
} UnpackedRows;

/* A band of a left operand that is given transposed, [depth, rows], and what of it is still to be packed: first its
 * scales from step `step` on, then quads of a block and at last its digits, transposed. */
typedef struct {
  Rows steps;
  int rows, depth, step, block, row;
  vi largest;
  vf scale;
  Block *quads, *to;
  float *scales;
} UnpackedColumns;

/* What is multiplied: weights that a second-level cache holds or that one does not, or a weight's gradient. */
typedef enum { NEAR, FAR, GRADIENT } Kind;

/* What is done between tile instructions, each of which takes 16 cycles, and leaves the units for vectors free. */
typedef struct {
  Unfinished unfinished;
  UnpackedRows rows;
  UnpackedColumns columns;
} Chores;

/* What a thread keeps for itself: packed operands (of a gradient's left one a band, and the next) and what takes them
 * back to scale; the rows that a gradient is summed over; sums, in turns in two places; chores; how many rows tiles are
 * set to (0: not at all); and whether panels were last walked back to the first, as VectorScratch does. */
typedef struct {
  Block blocks[MOST_BLOCKS], left[2][DEPTH_BLOCKS], quads;
  float scales[MOST_BLOCKS * BAND], left_scales[2][BAND];
  int32_t steps[DEPTH];
  Tile sums[2][DIGITS];
  Chores chores;
  int place, height, returning;
} TileScratch;

/* Lane by lane what makes the largest number the largest one of three digits (and one less, lest it be rounded up), and
 * what takes a sum of products back: NaN where the largest is no number. `largest` holds the bits of a magnitude; as
 * whole numbers they are in order. */
INLINE vf scale_of(vi largest, vf *back) {
  const vf most = splat(0x7f7f7e), scale = at_most(most / (vf)largest, splat(0x1p126f));
  *back = fused((vf)largest, splat(0), 1.0f / scale);
  return scale;
}
INLINE vi larger(vi a, vf x) {
  const vi b = (vi)x & 0x7fffffff;
  return (vi)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

/* Where the mask has a bit, a's, elsewhere b's. */
INLINE vu select_bits(uint32_t mask, vu a, vu b) { return (a & mask) | (b & ~mask); }

/* The digits of four vectors of numbers, scaled, as row `row` of the tiles of a block. */
INLINE void store_digits(const vf numbers[4], vf scale, Block *to, int row) {
  vu q[4];
  /* Digits are 128 too large at first, so that none of them borrows from the next. */
  UNROLL
  for (int i = 0; i < 4; i++) q[i] = (vu)_mm512_cvtps_epi32((__m512)fused(numbers[i], scale, splat(0x808080)));
  /* Of two numbers each: the lowest digit and the highest, and the one between. */
  const vu outer[2] = {select_bits(0x00ff00ff, q[0], q[1] << 8), select_bits(0x00ff00ff, q[2], q[3] << 8)};
  const vu inner[2] = {select_bits(0x00ff00ff, q[0] >> 8, q[1]), select_bits(0x00ff00ff, q[2] >> 8, q[3])};
  const vu digits[DIGITS] = {select_bits(0x0000ffff, outer[0] >> 16, outer[1]),
                             select_bits(0x0000ffff, inner[0], inner[1] << 16),
                             select_bits(0x0000ffff, outer[0], outer[1] << 16)};
  UNROLL
  for (int d = 0; d < DIGITS; d++) to->digits[d].rows[row] = (vi)(digits[d] ^ 0x80808080u);
}

/* Step i of a band of columns, of which there are k. */
INLINE vf load_step(Rows steps, int i, int k, int columns) {
  return i < k ? load_there(row_of(steps, i), columns) : splat(0);
}
/* A quad of the steps of a band of columns' block [k, columns]. */
INLINE void pack_quad(Rows steps, int quad, int k, int columns, vf scale, Block *to) {
  vf numbers[4];
  UNROLL
  for (int i = 0; i < 4; i++) numbers[i] = load_step(steps, quad + i * QUADS, k, columns);
  store_digits(numbers, scale, to, quad);
}
INLINE vi largest_of_columns(vi largest, Rows steps, int begin, int end, int columns) {
  for (int i = begin; i < end; i++) largest = larger(largest, load_step(steps, i, end, columns));
  return largest;
}

/* A band of columns [k, columns] for the right operand, or of these transposed: [columns, k]. */
INLINE void pack_right(Rows steps, int columns, int k, Block *to, float *scales) {
  vf back;
  const vf scale = scale_of(largest_of_columns((vi){0}, steps, 0, k, columns), &back);
  store(scales, back);
  for (int i = 0; i < k; i += BLOCK_STEPS, to++)
    for (int quad = 0; quad < QUADS; quad++) pack_quad(rows_from(steps, i, 0), quad, k - i, columns, scale, to);
}
INLINE void pack_right_transposed(const float *from, size_t stride, int columns, int k, Block *to, float *scales) {
  vi largest = {0};
  vf turned[4][W], back;
  for (int i = 0; i < k; i += W) {
    load_transposed(turned[0], from + i, stride, columns, k - i);
    for (int j = 0; j < W; j++) largest = larger(largest, turned[0][j]);
  }
  const vf scale = scale_of(largest, &back);
  store(scales, back);
  for (; k > 0; k -= BLOCK_STEPS, from += BLOCK_STEPS, to++) {
    for (int i = 0; i < 4; i++) load_transposed(turned[i], from + i * QUADS, stride, columns, k - i * QUADS);
    for (int quad = 0; quad < QUADS; quad++) {
      const vf numbers[4] = {turned[0][quad], turned[1][quad], turned[2][quad], turned[3][quad]};
      store_digits(numbers, scale, to, quad);
    }
  }
}

/* Packs a thread's share of a right operand's bands; their scales come after all of them. */
static void pack_for_tiles(const Packing *w, Span share) {
  const size_t n = (size_t)w->groups * w->group_width, bands = bands_in(w->group_width), blocks = blocks_in(w->k);
  float *scales = (float *)((Block *)w->panels + w->groups * bands * blocks);
  for (int band = share.begin; band < share.end; band++) {
    const int column = band % bands * BAND, columns = w->group_width - column;
    const size_t at = band / bands * w->group_width + column;
    Block *to = (Block *)w->panels + band * blocks;
    if (w->transposed) pack_right_transposed(w->weights + at * w->k, w->k, columns, w->k, to, scales + band * BAND);
    else pack_right((Rows){w->weights + at, n, 0}, columns, w->k, to, scales + band * BAND);
  }
}

INLINE void finish_row(const Unfinished *u, int i) {
  vf sum = splat(0);
  UNROLL
  for (int d = DIGITS - 1; d >= 0; d--)
    sum = fused(sum, splat(0x1p-8f), __builtin_convertvector(u->sums[d].rows[i], vf));
  vf x = fused(sum * splat(u->row_scales[i]), u->column_scales, u->bias);
  if (u->added.first) x += load_up_to(row_of(u->added, i), u->columns);
  store_up_to(u->c + i * u->stride, x, u->columns);
}
/* Each does a little, and tells whether there was something to do. */
INLINE int finish_some(Unfinished *u) {
  const int i = u->row, rows = u->rows;
  if (i == rows) return 0;
  finish_row(u, i);
  if (i + 1 < rows) finish_row(u, i + 1);
  u->row = smaller(i + 2, rows);
  return 1;
}
INLINE int pack_rows(UnpackedRows *u) {
  if (u->start >= u->rows) return 0;
  const int height = smaller(u->height, u->rows - u->start), i = u->row;
  const float *from = u->first + (size_t)(u->start + i) * u->stride;
  if (!u->scaled) {
    vi largest = {0};
    for (int k = 0; k < u->depth; k += W) largest = larger(largest, load_up_to(from + k, u->depth - k));
    u->largest[i] = _mm512_reduce_max_epi32((__m512i)largest);
    if (++u->row < height) return 1;
    vf back;
    u->up = scale_of(u->largest, &back);
    store_up_to(u->scales + u->start, back, height);
    u->row = 0, u->scaled = 1;
    return 1;
  }
  const int k = u->block * BLOCK_STEPS, left = u->depth - k;
  vf numbers[4];
  UNROLL
  for (int j = 0; j < 4; j++) numbers[j] = load_there(from + k + j * QUADS, left - j * QUADS);
  store_digits(numbers, splat(u->up[i]), u->to + u->block, i);
  if (++u->row < height) return 1;
  u->row = 0;
  if (++u->block < blocks_in(u->depth)) return 1;
  u->to += u->block, u->start += height, u->block = u->scaled = 0;
  return 1;
}
INLINE int pack_columns(UnpackedColumns *u) {
  enum { STEPS = 32 };
  if (u->rows <= 0) return 0;
  if (u->step < u->depth) {
    const int end = smaller(u->step + STEPS, u->depth);
    vf back;
    u->largest = largest_of_columns(u->largest, u->steps, u->step, end, u->rows);
    u->step = end;
    if (end < u->depth) return 1;
    u->scale = scale_of(u->largest, &back);
    store(u->scales, back);
    return 1;
  }
  if (u->row < QUADS) {
    const int k = u->block * BLOCK_STEPS, row = u->row;
    const Rows steps = rows_from(u->steps, k, 0);
    pack_quad(steps, row, u->depth - k, u->rows, u->scale, u->quads);
    pack_quad(steps, row + 1, u->depth - k, u->rows, u->scale, u->quads);
    u->row = row + 2;
    return 1;
  }
  vf turned[W];
  const int digit = u->row - QUADS;
  UNROLL
  for (int i = 0; i < W; i++) turned[i] = (vf)u->quads->digits[digit].rows[i];
  transpose(turned);
  UNROLL
  for (int i = 0; i < W; i++) u->to[u->block].digits[digit].rows[i] = (vi)turned[i];
  if (++u->row < QUADS + DIGITS) return 1;
  u->row = 0;
  if (++u->block * BLOCK_STEPS >= u->depth) u->rows = 0;
  return 1;
}
INLINE void do_some(const Kind kind, Chores *c) {
  if (finish_some(&c->unfinished)) return;
  if (kind == GRADIENT) pack_columns(&c->columns);
  else pack_rows(&c->rows);
}

/* GCC's tile instructions do not tell it all the memory that they read. */
#define FENCE(POINTER) __asm__ volatile("" : : "r"(POINTER) : "memory")

/* Sets the tiles that hold sums and a left operand to so many rows where they are not. */
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
/* Those in use are saved whenever the system lets another thread run. */
INLINE void free_tiles(TileScratch *scratch) {
  if (scratch->height == 0) return;
  scratch->height = 0;
  _tile_release();
}

/* Tiles 0 to 2 are sums, 3 to 5 hold the digits of a left operand, and 6 and 7 in turns a digit of the right one. */
#define LOAD(TILE, OPERAND, DIGIT) _tile_loadd(TILE, &OPERAND->digits[DIGIT], VECTOR_BYTES)
#define LOAD_RIGHT(TILE, DIGIT) \
  if (kind == GRADIENT) _tile_stream_loadd(TILE, &right->digits[DIGIT], VECTOR_BYTES); \
  else LOAD(TILE, right, DIGIT)
#define MULTIPLY_DIGITS(SUM, LEFT, RIGHT, SIXTH) \
  _tile_dpbssd(SUM, LEFT, RIGHT); \
  do_some(kind, chores); \
  if (kind == FAR) \
    for (int i = 0; i < (int)sizeof(Block) / 6; i += 64) \
      __builtin_prefetch((const char *)(right + 2) + SIXTH * sizeof(Block) / 6 + i);

/* sums = a band of the left operand times one of the right. */
INLINE void sum_blocks(const Kind kind, int blocks, const Block *left, const Block *right, Tile sums[DIGITS],
                       Chores *chores) {
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
                                             Chores *chores) { \
    sum_blocks(KIND, blocks, left, right, sums, chores); \
  }
SUM_FUNCTION(sum_near, NEAR)
SUM_FUNCTION(sum_far, FAR)
SUM_FUNCTION(sum_gradient, GRADIENT)
static void (*const sum_functions[])(int, const Block *, const Block *, Tile *, Chores *) = {
    [NEAR] = sum_near, [FAR] = sum_far, [GRADIENT] = sum_gradient};

/* The weight of the product of two numbers' first digits, 2^16 each. */
#define FIRST_WEIGHT 0x1p32f

/* The sums of a band of C, to be stored while the next one's are computed. */
INLINE const Tile *sum_band(const Kind kind, int height, int blocks, const Block *left, const Block *right,
                            TileScratch *scratch) {
  Tile *sums = scratch->sums[scratch->place = !scratch->place];
  set_height(scratch, height);
  sum_functions[kind](blocks, left, right, sums, &scratch->chores);
  while (finish_some(&scratch->chores.unfinished)) continue;
  return sums;
}

static void multiply_by_tiles(const Multiplication *p, Part part, TileScratch *scratch) {
  const int k = p->k, all_blocks = blocks_in(k), bands = bands_in(p->group_width);
  const size_t n = (size_t)p->groups * p->group_width;
  const int most = smaller(all_blocks, MOST_BAND_BLOCKS), most_rows = MOST_BLOCKS / most * BAND;
  const Kind kind = p->groups * bands * all_blocks * sizeof(Block) > FAR_BYTES ? FAR : NEAR;
  const float *scales = (const float *)((const Block *)p->panels + p->groups * bands * all_blocks);
  const int per_group = bands_in(part.columns.end - part.columns.begin), turns = p->groups * per_group;
  UnpackedRows *unpacked = &scratch->chores.rows;
  Unfinished *unfinished = &scratch->chores.unfinished;
  for (int first = part.rows.begin; first < part.rows.end; first += most_rows) {
    /* Of equal height, so that tiles need not be set anew: the last band may lack a few rows. */
    const int rows = smaller(most_rows, part.rows.end - first), height = (rows - 1) / bands_in(rows) + 1;
    for (int from = 0; from < all_blocks; from += most) {
      const int blocks = smaller(most, all_blocks - from);
      while (finish_some(&scratch->chores.unfinished)) continue; /* the scales that it reads are overwritten */
      *unpacked = (UnpackedRows){.first = p->input + (size_t)first * k + from * BLOCK_STEPS,
                                 .stride = k,
                                 .rows = rows,
                                 .depth = smaller(blocks * BLOCK_STEPS, k - from * BLOCK_STEPS),
                                 .height = height,
                                 .to = scratch->blocks,
                                 .scales = scratch->scales};
      for (int start = 0, end; start < rows; start = end) {
        end = smaller(start + height * (kind == FAR ? FAR_BANDS : 1), rows);
        const int returning = scratch->returning = !scratch->returning;
        while (unpacked->start < end) pack_rows(unpacked);
        for (int i = 0; i < turns; i++) {
          const int turn = returning ? turns - 1 - i : i, group = turn / per_group;
          const int column = part.columns.begin + turn % per_group * BAND, band = group * bands + column / BAND;
          const int at = group * p->group_width + column, columns = smaller(BAND, part.columns.end - column);
          const Block *right = (const Block *)p->panels + (size_t)band * all_blocks + from;
          const vf column_scales = load(scales + band * BAND) * FIRST_WEIGHT;
          const vf bias = from == 0 ? add_biases(splat(0), p->biases, at, columns) : splat(0);
          for (int row = start; row < end; row += height) {
            float *c = p->output + (size_t)(first + row) * n + at;
            const Block *left = scratch->blocks + row / height * blocks;
            *unfinished = (Unfinished){.sums = sum_band(kind, height, blocks, left, right, scratch),
                                       .rows = smaller(height, end - row),
                                       .columns = columns,
                                       .row_scales = scratch->scales + row,
                                       .column_scales = column_scales,
                                       .bias = bias,
                                       .added = from == 0 ? rows_from(p->added, first + row, at) : (Rows){c, n, 0},
                                       .c = c,
                                       .stride = n};
          }
        }
      }
    }
  }
  while (finish_some(&scratch->chores.unfinished)) continue;
}

/* The left operand's band from row `row` on, to be packed in the first or second place while tiles multiply the one
 * before; none from `end` on. */
INLINE void prepare_band(Rows steps, int depth, int row, int end, int second, TileScratch *scratch) {
  scratch->chores.columns = (UnpackedColumns){.steps = rows_from(steps, 0, row),
                                              .rows = smaller(BAND, end - row),
                                              .depth = depth,
                                              .quads = &scratch->quads,
                                              .to = scratch->left[second],
                                              .scales = scratch->left_scales[second]};
}

static void weight_gradient_by_tiles(const WeightGradient *g, Part part, TileScratch *scratch) {
  enum { AT_ONCE = MOST_BLOCKS / DEPTH_BLOCKS * BAND };
  Chores *chores = &scratch->chores;
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
      prepare_band(left_steps, depth, part.rows.begin, part.rows.end, 0, scratch);
      for (int row = part.rows.begin, second = 0; row < part.rows.end; row += BAND, second = !second) {
        while (pack_columns(&chores->columns)) continue;
        /* What is overwritten has been used. */
        while (finish_some(&chores->unfinished)) continue;
        prepare_band(left_steps, depth, row + BAND, part.rows.end, !second, scratch);
        for (int column = first; column < end; column += BAND) {
          float *c = g->gradient + (size_t)row * g->width + column;
          const Block *right = scratch->blocks + (column - first) / BAND * blocks;
          chores->unfinished =
              (Unfinished){.sums = sum_band(GRADIENT, BAND, blocks, scratch->left[second], right, scratch),
                           .rows = smaller(BAND, part.rows.end - row),
                           .columns = smaller(BAND, end - column),
                           .row_scales = scratch->left_scales[second],
                           .column_scales = load(scratch->scales + column - first) * FIRST_WEIGHT,
                           .added = {g->accumulate || from > 0 ? c : 0, g->width, 0},
                           .c = c,
                           .stride = g->width};
        }
      }
      while (finish_some(&chores->unfinished)) continue;
    }
  }
}

#endif
