/* Packing of operands for tiles.
 *
 * The left operand is packed in bands of up to 16 rows, the right operand in bands of up to 16 columns. A band has one
 * block of digits for each 64 steps of k. A thread packs a right operand all at once. A left operand is packed piece by
 * piece, between the tile instructions of a product. */
#ifndef CHARRNN_TILE_PACKING_H
#define CHARRNN_TILE_PACKING_H

#include "digits.h"
#include "operands.h"

INLINE int blocks_in(int k) { return (k + BLOCK_STEPS - 1) / BLOCK_STEPS; }
INLINE int bands_in(int columns) { return (columns + BAND - 1) / BAND; }

/* Step i of a band of columns [k, columns]; zeros if there is no step i. */
INLINE vf load_step(Rows steps, int i, int k, int columns) {
  return i < k ? load_padded(row_of(steps, i), columns) : splat(0);
}
/* Packs one quad of a block: four of the steps [k, columns]. */
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

/* Packs a band of a right operand, [k, columns]. */
INLINE void pack_right(Rows steps, int columns, int k, Block *to, float *scales) {
  vf back;
  const vf scale = scale_of(largest_of_columns((vi){0}, steps, 0, k, columns), &back);
  store(scales, back);
  for (int i = 0; i < k; i += BLOCK_STEPS, to++)
    for (int quad = 0; quad < QUADS; quad++) pack_quad(rows_from(steps, i, 0), quad, k - i, columns, scale, to);
}
/* Packs a band of a right operand that is stored transposed, [columns, k]. */
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

/* Packs a thread's share of the bands of a right operand. The scales of all bands come after the last band. */
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

/* The packing of a left operand [rows, depth] in bands of `height` rows, and its progress. The present band begins at
 * row `start`. Until the band is `scaled`, the next step finds the largest number of row `row`. After that, the next
 * step packs row `row` of block `block`. */
typedef struct {
  const float *first;
  size_t stride;
  int rows, depth, height, start, row, block, scaled;
  vi largest;
  vf scale;
  Block *to;
  float *scales;
} RowPacking;

/* The packing of one band of a left operand that is stored transposed, [depth, rows], and its progress. First the
 * largest numbers are found; `step` is the next step of k to look at. Then each block is packed into `quads` like a
 * block of a right operand, and its digits are transposed: `row` counts first the quads, then the digits. `rows` is 0
 * once the band is packed. */
typedef struct {
  Rows steps;
  int rows, depth, step, block, row;
  vi largest;
  vf scale;
  Block *quads, *to;
  float *scales;
} ColumnPacking;

/* Packs a little more. Returns 0 if nothing was left. */
INLINE int pack_some_rows(RowPacking *p) {
  if (p->start >= p->rows) return 0;
  const int height = smaller(p->height, p->rows - p->start), i = p->row;
  const float *from = p->first + (size_t)(p->start + i) * p->stride;
  if (!p->scaled) {
    vi largest = {0};
    for (int k = 0; k < p->depth; k += W) largest = larger(largest, load_up_to(from + k, p->depth - k));
    p->largest[i] = _mm512_reduce_max_epi32((__m512i)largest);
    if (++p->row < height) return 1;
    vf back;
    p->scale = scale_of(p->largest, &back);
    store_up_to(p->scales + p->start, back, height);
    p->row = 0;
    p->scaled = 1;
    return 1;
  }
  const int k = p->block * BLOCK_STEPS, left = p->depth - k;
  vf numbers[4];
  UNROLL
  for (int j = 0; j < 4; j++) numbers[j] = load_padded(from + k + j * QUADS, left - j * QUADS);
  store_digits(numbers, splat(p->scale[i]), p->to + p->block, i);
  if (++p->row < height) return 1;
  p->row = 0;
  if (++p->block < blocks_in(p->depth)) return 1;
  p->to += p->block;
  p->start += height;
  p->block = 0;
  p->scaled = 0;
  return 1;
}

/* Packs a little more. Returns 0 if nothing was left. */
INLINE int pack_some_columns(ColumnPacking *p) {
  enum { STEPS = 32 };
  if (p->rows <= 0) return 0;
  if (p->step < p->depth) {
    const int end = smaller(p->step + STEPS, p->depth);
    vf back;
    p->largest = largest_of_columns(p->largest, p->steps, p->step, end, p->rows);
    p->step = end;
    if (end < p->depth) return 1;
    p->scale = scale_of(p->largest, &back);
    store(p->scales, back);
    return 1;
  }
  if (p->row < QUADS) {
    const int k = p->block * BLOCK_STEPS, row = p->row;
    const Rows steps = rows_from(p->steps, k, 0);
    pack_quad(steps, row, p->depth - k, p->rows, p->scale, p->quads);
    pack_quad(steps, row + 1, p->depth - k, p->rows, p->scale, p->quads);
    p->row = row + 2;
    return 1;
  }
  vf turned[W];
  const int digit = p->row - QUADS;
  UNROLL
  for (int i = 0; i < W; i++) turned[i] = (vf)p->quads->digits[digit].rows[i];
  transpose(turned);
  UNROLL
  for (int i = 0; i < W; i++) p->to[p->block].digits[digit].rows[i] = (vi)turned[i];
  if (++p->row < QUADS + DIGITS) return 1;
  p->row = 0;
  if (++p->block * BLOCK_STEPS >= p->depth) p->rows = 0;
  return 1;
}

#endif
