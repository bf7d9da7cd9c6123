/* Matrix products by tile instructions (Intel's AMX), as precise as in float32.
 *
 * A tile instruction multiplies [16, 32] by [32, 16] numbers of 8 significant bits (bfloat16) and sums in float32. The
 * 24 bits of a float are exactly the sum of three such numbers, each of which rounds what those before it leave:
 * a = a0 + a1 + a2 (Henry, Tang, Heinecke, "Leveraging the bfloat16 artificial intelligence datatype for
 * higher-precision computations", ARITH 2019). Six of the nine products of two floats' parts are summed. The others,
 * a1 b2, a2 b1 and a2 b2, come to 2^-24 of a b at most, which is what rounding to float32 may lose. Parts and sums
 * below 2^-126 count as 0, which costs floats below 2^-103, and products below 2^-102, some of their bits; an infinite
 * float, or one so large that 8 bits of it round to infinity, becomes NaN.
 *
 * Both operands are packed in bands of up to 16 rows of the left one, or columns of the right one: for each 32 steps of
 * k one block, which holds the three parts of the band's numbers. Every element of the result is summed in the same
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

enum { BAND = 16, HALF = 16, BLOCK_STEPS = 2 * HALF, PARTS = 3 };
_Static_assert((int)BAND == (int)W && (int)HALF == (int)W, "a row of a tile is one vector");

/* A tile of an operand holds 16 rows of 16 pairs of one part's numbers. A pair is two steps of k that are HALF apart,
 * the later one in the upper half of a vector's lane. For a left operand each row is one of its band's rows; for a
 * right one it is a pair of steps, and the lanes are the band's columns. */
typedef struct {
  vf rows[16];
} Tile;
typedef struct {
  Tile parts[PARTS];
} Block;
_Static_assert((int)BLOCK_STEPS == PACKED_STEPS && sizeof(Block) == PACKED_BYTES * BAND * BLOCK_STEPS,
               "../tensor.ts makes room for so much");

INLINE int blocks_in(int k) { return (k + BLOCK_STEPS - 1) / BLOCK_STEPS; }
INLINE int bands_in(int columns) { return (columns + BAND - 1) / BAND; }

/* As measured. */
enum {
  MOST_BLOCKS = 256,     /* packed at once by a thread, which finds them in its second-level cache */
  MOST_BAND_BLOCKS = 64, /* of these in one band of a product's left operand */
  BANDS_AT_ONCE = 8,     /* of the right operand, whose sums are added to */
  BLOCKS_AT_ONCE = 4,    /* of each band: so many of the left operand stay in the first-level cache */
  FAR_BYTES = 1 << 21    /* of a right operand, above which it is fetched ahead: those of a second-level cache */
};
enum { DEPTH_BLOCKS = DEPTH / BLOCK_STEPS };

/* Rows of C, at most those of two bands, whose sums are still to be stored from row `row` on. */
typedef struct {
  vf (*sums)[BAND];
  int rows, row, columns;
  vf bias;
  Rows added;
  float *c;
  size_t stride;
} Unfinished;

/* One or two bands of a left operand that is given transposed, [k, rows], and what of them is still to be packed. */
typedef struct {
  Rows steps;
  int rows, depth, band, block, row;
  Block *to;
  vf halves[2][W];
} Unpacked;

/* What is done between tile instructions, each of which takes 16 cycles, and leaves the units for vectors free. */
typedef struct {
  Unfinished unfinished;
  Unpacked unpacked;
} Chores;

/* What a thread keeps for itself: packed operands (of a left one two bands, and the next two); a ring of sums, and its
 * next place; chores; how many rows the tiles of two bands are set to (0: not at all); and what VectorScratch does. */
typedef struct {
  Block blocks[MOST_BLOCKS], left[2][2 * DEPTH_BLOCKS];
  vf sums[BANDS_AT_ONCE + 1][2][BAND];
  int place;
  Chores chores;
  int heights[2], returning;
} TileScratch;

/* The parts of the floats in two vectors, as row `row` of the tiles of a block. */
INLINE void store_parts(vf low, vf high, Block *to, int row) {
  const vi in_turns = {0x00100000, 0x00110001, 0x00120002, 0x00130003, 0x00140004, 0x00150005, 0x00160006, 0x00170007,
                       0x00180008, 0x00190009, 0x001a000a, 0x001b000b, 0x001c000c, 0x001d000d, 0x001e000e, 0x001f000f};
  UNROLL
  for (int p = 0; p < PARTS; p++) {
    const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
    const vu pairs = (vu)_mm512_permutexvar_epi16((__m512i)in_turns, rounded);
    to->parts[p].rows[row] = (vf)pairs;
    low -= (vf)(pairs << 16);
    high -= (vf)(pairs & 0xffff0000u);
  }
}

/* A block of a band's rows [rows, k], for the left operand. */
INLINE void pack_left(const float *from, size_t stride, int rows, int k, Block *to) {
  for (int i = 0; i < rows; i++)
    store_parts(load_row(from, stride, i, rows, k), load_row(from + HALF, stride, i, rows, k - HALF), to, i);
}
/* A block of a band's columns [k, columns], for the right operand, or of these transposed: [columns, k]. */
INLINE void pack_right(const float *from, size_t stride, int columns, int k, Block *to) {
  for (int i = 0; i < HALF; i++)
    store_parts(load_row(from, stride, i, k, columns), load_row(from + HALF * stride, stride, i, k - HALF, columns), to,
                i);
}
INLINE void pack_right_transposed(const float *from, size_t stride, int columns, int k, Block *to) {
  vf low[W], high[W];
  load_transposed(low, from, stride, columns, k);
  load_transposed(high, from + HALF, stride, columns, k - HALF);
  for (int i = 0; i < HALF; i++) store_parts(low[i], high[i], to, i);
}

/* Packs a thread's share of a right operand's bands. */
static void pack_for_tiles(const Packing *w, Span share) {
  const size_t n = (size_t)w->groups * w->group_width, bands = bands_in(w->group_width);
  for (int band = share.begin; band < share.end; band++) {
    const int column = band % bands * BAND, columns = w->group_width - column;
    const size_t at = band / bands * w->group_width + column;
    Block *to = (Block *)w->panels + (size_t)band * blocks_in(w->k);
    for (int k = 0; k < w->k; k += BLOCK_STEPS, to++) {
      if (w->transposed) pack_right_transposed(w->weights + at * w->k + k, w->k, columns, w->k - k, to);
      else pack_right(w->weights + k * n + at, n, columns, w->k - k, to);
    }
  }
}

/* Each does a little, and tells whether there was something to do. */
INLINE int finish_some(Unfinished *u) {
  if (u->row == u->rows) return 0;
  const int i = u->row++;
  vf x = u->sums[i / BAND][i % BAND] + u->bias;
  if (u->added.first) x += load_up_to(row_of(u->added, i), u->columns);
  store_up_to(u->c + i * u->stride, x, u->columns);
  return 1;
}
INLINE int pack_some(Unpacked *u) {
  const int start = u->band * BAND, height = smaller(BAND, u->rows - start);
  if (height <= 0) return 0;
  if (u->row < 2) {
    const int k = u->block * BLOCK_STEPS + u->row * HALF;
    load_transposed(u->halves[u->row], rows_from(u->steps, k, start).first, u->steps.stride, u->depth - k, height);
  } else {
    const int i = u->row - 2;
    store_parts(u->halves[0][i], u->halves[1][i], u->to, i);
  }
  if (++u->row < 2 + height) return 1;
  u->row = 0, u->to++;
  if (++u->block * BLOCK_STEPS >= u->depth) u->block = 0, u->band++;
  return 1;
}
INLINE void do_some(Chores *c) {
  finish_some(&c->unfinished);
  pack_some(&c->unpacked);
}

/* GCC's tile instructions do not tell it all the memory that they read. */
#define FENCE(POINTER) __asm__ volatile("" : : "r"(POINTER) : "memory")

/* Sets the tiles that hold sums and a left operand, of one band and of another, to so many rows where they are not. */
INLINE void set_heights(TileScratch *scratch, int first, int second) {
  int *heights = scratch->heights;
  if (heights[0] == first && heights[1] == second) return;
  heights[0] = first, heights[1] = second;
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } configuration = {1, 0, {0}, {0}, {0}};
  for (int tile = 0; tile < 8; tile++) {
    configuration.row_bytes[tile] = VECTOR_BYTES;
    configuration.rows[tile] = tile < 6 ? heights[tile % 2] : HALF;
  }
  FENCE(&configuration);
  _tile_loadconfig(&configuration);
  FENCE(&configuration);
}
/* Those in use are saved whenever the system lets another thread run. */
INLINE void free_tiles(TileScratch *scratch) {
  if (scratch->heights[0] == 0) return;
  scratch->heights[0] = 0;
  _tile_release();
}

/* Tiles 0 and 1 are sums; 2 and 3 hold the first part of two bands of the left operand and, once that has been used,
 * the third, 4 and 5 the second part; and 6 and 7 in turns hold a part of the right operand. */
#define LOAD_RIGHT(TILE, PART) _tile_loadd(TILE, &right->parts[PART], VECTOR_BYTES)
#define LOAD_LEFT(FIRST, SECOND, PART) \
  _tile_loadd(FIRST, &left->parts[PART], VECTOR_BYTES); \
  if (two) _tile_loadd(SECOND, &(left + left_band)->parts[PART], VECTOR_BYTES)
#define MULTIPLY_PARTS(FIRST, SECOND, RIGHT, SIXTH) \
  _tile_dpbf16ps(0, FIRST, RIGHT); \
  do_some(chores); \
  if (far) \
    for (int i = 0; i < (int)sizeof(Block) / 6; i += 64) \
      __builtin_prefetch((const char *)(right + 2) + SIXTH * sizeof(Block) / 6 + i); \
  if (two) { _tile_dpbf16ps(1, SECOND, RIGHT); }

/* sums (+)= one or two bands of the left operand, `left_band` blocks apart, times one of the right, whose parts are
 * each used up before the next: CPUs are slower to take up another right tile than another left one. */
INLINE void sum_blocks(const int far, int two, int blocks, const Block *left, size_t left_band, const Block *right,
                       vf sums[2][BAND], int accumulate, Chores *chores) {
  FENCE(sums);
  if (accumulate) {
    _tile_loadd(0, sums[0], VECTOR_BYTES);
    _tile_loadd(1, sums[1], VECTOR_BYTES);
  } else {
    _tile_zero(0);
    _tile_zero(1);
  }
  for (int b = 0; b < blocks; b++, left++, right++) {
    LOAD_RIGHT(6, 2);
    LOAD_LEFT(2, 3, 0);
    MULTIPLY_PARTS(2, 3, 6, 0)
    LOAD_RIGHT(7, 1);
    MULTIPLY_PARTS(2, 3, 7, 1)
    LOAD_LEFT(4, 5, 1);
    MULTIPLY_PARTS(4, 5, 7, 2)
    LOAD_RIGHT(6, 0);
    MULTIPLY_PARTS(2, 3, 6, 3)
    MULTIPLY_PARTS(4, 5, 6, 4)
    LOAD_LEFT(2, 3, 2);
    MULTIPLY_PARTS(2, 3, 6, 5)
  }
  _tile_stored(0, sums[0], VECTOR_BYTES);
  if (two) _tile_stored(1, sums[1], VECTOR_BYTES);
}
#define SUM_FUNCTION(NAME, FAR) \
  static __attribute__((noinline)) void NAME(int two, int blocks, const Block *left, size_t left_band, \
                                             const Block *right, vf sums[2][BAND], int accumulate, Chores *chores) { \
    sum_blocks(FAR, two, blocks, left, left_band, right, sums, accumulate, chores); \
  }
SUM_FUNCTION(sum_near, 0)
SUM_FUNCTION(sum_far, 1)

/* Some columns of C, at most BANDS_AT_ONCE bands: rows, packed as bands of `blocks` blocks, times the bands of a right
 * operand, which begin `right_band` blocks apart. Sums go to C while others are computed, the last after this returns:
 * whence the room for one more, and the places that are used as a ring. */
static void rows_by_bands(int rows, int blocks, const Block *left, const Block *right, size_t right_band, int far,
                          int columns, const vf bias[BANDS_AT_ONCE], Rows added, float *c, size_t stride,
                          TileScratch *scratch) {
  const int bands = bands_in(columns);
  Chores *chores = &scratch->chores;
  for (int start = 0; start < rows; start += 2 * BAND, left += 2 * blocks) {
    const int height = smaller(2 * BAND, rows - start), two = height > BAND;
    set_heights(scratch, smaller(BAND, height), two ? height - BAND : BAND);
    const int first = scratch->place;
    scratch->place = (first + bands) % (BANDS_AT_ONCE + 1);
    for (int from = 0; from < blocks; from += BLOCKS_AT_ONCE)
      for (int b = 0; b < bands; b++) {
        const Block *band = right + b * right_band + from;
        const int column = b * BAND, count = smaller(BLOCKS_AT_ONCE, blocks - from);
        vf(*sums)[BAND] = scratch->sums[(first + b) % (BANDS_AT_ONCE + 1)];
        (far ? sum_far : sum_near)(two, count, left + from, blocks, band, sums, from > 0, chores);
        if (from + BLOCKS_AT_ONCE < blocks) continue;
        while (finish_some(&chores->unfinished)) continue;
        chores->unfinished = (Unfinished){.sums = sums,
                                          .rows = height,
                                          .columns = smaller(BAND, columns - column),
                                          .bias = bias[b],
                                          .added = rows_from(added, start, column),
                                          .c = c + start * stride + column,
                                          .stride = stride};
      }
  }
}

static void multiply_by_tiles(const Multiplication *p, Part part, TileScratch *scratch) {
  enum { AT_ONCE = BANDS_AT_ONCE * BAND };
  const int k = p->k, groups = p->groups, all_blocks = blocks_in(k);
  const size_t n = (size_t)groups * p->group_width, bands = bands_in(p->group_width);
  const int most = smaller(all_blocks, MOST_BAND_BLOCKS), most_rows = MOST_BLOCKS / most * BAND;
  const int far = groups * bands * all_blocks * sizeof(Block) > FAR_BYTES;
  const int per_group = (part.columns.end - part.columns.begin + AT_ONCE - 1) / AT_ONCE;
  for (int first = part.rows.begin; first < part.rows.end; first += most_rows) {
    const int rows = smaller(most_rows, part.rows.end - first);
    for (int from = 0; from < all_blocks; from += most) {
      const int blocks = smaller(most, all_blocks - from), returning = scratch->returning = !scratch->returning;
      Block *to = scratch->blocks;
      for (int row = 0; row < rows; row += BAND)
        for (int b = from; b < from + blocks; b++, to++)
          pack_left(p->input + (size_t)(first + row) * k + b * BLOCK_STEPS, k, smaller(BAND, rows - row),
                    k - b * BLOCK_STEPS, to);
      for (int i = 0; i < groups; i++)
        for (int j = 0; j < per_group; j++) {
          const int group = returning ? groups - 1 - i : i;
          const int column = part.columns.begin + (returning ? per_group - 1 - j : j) * AT_ONCE;
          const int columns = smaller(AT_ONCE, part.columns.end - column), at = group * p->group_width + column;
          const Block *right = (const Block *)p->panels + (group * bands + column / BAND) * all_blocks + from;
          float *c = p->output + first * n + at;
          vf bias[BANDS_AT_ONCE] = {0};
          for (int b = 0; b * BAND < columns && from == 0; b++)
            bias[b] = add_biases(splat(0), p->biases, at + b * BAND, columns - b * BAND);
          rows_by_bands(rows, blocks, scratch->blocks, right, all_blocks, far, columns, bias,
                        from == 0 ? rows_from(p->added, first, at) : (Rows){c, n, 0}, c, n, scratch);
        }
    }
  }
  while (finish_some(&scratch->chores.unfinished)) continue;
}

/* The left operand's next two bands, to be packed while tiles multiply those before; none from `end` on. */
INLINE Unpacked next_bands(const WeightGradient *g, int from, int row, int end, Block *to) {
  return (Unpacked){.steps = rows_from((Rows){g->output_gradient, g->height, 0}, from, row),
                    .rows = smaller(2 * BAND, end - row),
                    .depth = smaller(DEPTH, g->rows - from),
                    .to = to};
}

static void weight_gradient_by_tiles(const WeightGradient *g, Part part, TileScratch *scratch) {
  enum { AT_ONCE = MOST_BLOCKS / DEPTH_BLOCKS * BAND };
  static const vf no_biases[BANDS_AT_ONCE];
  Chores *chores = &scratch->chores;
  const Rows inputs = {g->input, g->width, 0};
  for (int from = 0; from < g->rows; from += DEPTH) {
    const int depth = smaller(DEPTH, g->rows - from), blocks = blocks_in(depth);
    for (int first = part.columns.begin; first < part.columns.end; first += AT_ONCE) {
      const int end = smaller(first + AT_ONCE, part.columns.end);
      Block *to = scratch->blocks;
      for (int column = first; column < end; column += BAND)
        for (int k = 0; k < depth; k += BLOCK_STEPS, to++)
          pack_right(rows_from(inputs, from + k, column).first, g->width, end - column, depth - k, to);
      chores->unpacked = next_bands(g, from, part.rows.begin, part.rows.end, scratch->left[0]);
      for (int row = part.rows.begin, second = 0; row < part.rows.end; row += 2 * BAND, second = !second) {
        while (pack_some(&chores->unpacked)) continue;
        const int height = chores->unpacked.rows;
        chores->unpacked = next_bands(g, from, row + 2 * BAND, part.rows.end, scratch->left[!second]);
        for (int column = first; column < end; column += BANDS_AT_ONCE * BAND) {
          float *c = g->gradient + (size_t)row * g->width + column;
          const Rows added = {g->accumulate || from > 0 ? c : 0, g->width, 0};
          rows_by_bands(height, blocks, scratch->left[second], scratch->blocks + (column - first) / BAND * blocks,
                        blocks, 0, smaller(BANDS_AT_ONCE * BAND, end - column), no_biases, added, c, g->width, scratch);
        }
      }
      while (finish_some(&chores->unfinished)) continue;
    }
  }
}

#endif
