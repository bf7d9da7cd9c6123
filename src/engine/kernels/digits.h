/* Numbers in 24-bit fixed point, as three digits of 8 bits, for tile instructions (Intel's AMX).
 *
 * A tile instruction multiplies [16, 64] by [64, 16] signed bytes and sums in 32 bits. Each row of a left operand and
 * each column of a right operand is scaled so that its largest number just fits 24 bits. The scaled numbers are rounded
 * and split into three digits: q = 2^16 q0 + 2^8 q1 + q2, each from -128 to 127. Two numbers have nine products of
 * digits. Only the six of greatest weight are summed; products of equal weight are summed together and without rounding
 * (Ootomo, Ozaki and Yokota, "DGEMM on integer matrix multiplication unit", IJHPCA 38, 2024).
 *
 * The error of a number is about 2^-24, as in float32, but relative to the largest number of its row or column. At each
 * step of k (the summed dimension), the three products that are left out add up to about 2^-23 of the product of the
 * two largest numbers. If the largest number is below 2^-103, its row or column keeps fewer bits. If a number is
 * infinite or NaN, all results of its row or column are NaN. If a number is above 2^119, these results may be
 * infinite. */
#ifndef CHARRNN_DIGITS_H
#define CHARRNN_DIGITS_H

#include "vector.h"

enum {
  BAND = 16,               /* rows of a left operand, or columns of a right one, that share tiles */
  QUADS = 16,              /* quads of steps in a block */
  BLOCK_STEPS = 4 * QUADS, /* steps of k in a block */
  DIGITS = 3
};
_Static_assert((int)BAND == (int)W && (int)QUADS == (int)W, "a row of a tile is one vector");

/* One digit of 16 x 64 numbers: 16 rows of 16 quads. A quad holds four steps of k that are QUADS apart. For a left
 * operand, a row of the tile is a row of the band. For a right operand, a row of the tile is a quad of steps, and its
 * lanes are the columns of the band. */
typedef struct {
  vi rows[16];
} Tile;
/* The digits of a band's numbers, for BLOCK_STEPS steps of k. */
typedef struct {
  Tile digits[DIGITS];
} Block;
_Static_assert((int)BLOCK_STEPS == PACKED_STEPS && sizeof(Block) == PACKED_BYTES * BAND * BLOCK_STEPS,
               "../lowering/packing.ts makes room for this many bytes");

/* The larger magnitudes, lane by lane. The bits of positive floats, read as integers, have the order of the floats. */
INLINE vi larger(vi magnitude, vf x) {
  const vi other = (vi)x & 0x7fffffff;
  return (vi)_mm512_max_epi32((__m512i)magnitude, (__m512i)other);
}

/* The scale of each lane. Times the scale, the largest magnitude is the largest number of three digits minus one, so
 * that rounding up cannot exceed three digits. `back` is 1 / scale, or NaN if the largest number is infinite or NaN. */
INLINE vf scale_of(vi largest, vf *back) {
  const vf most = splat(0x7f7f7e), scale = at_most(most / (vf)largest, splat(0x1p126f));
  *back = fused((vf)largest, splat(0), 1.0f / scale);
  return scale;
}

/* The bits of a where the mask has a 1, and those of b where it has a 0. */
INLINE vu select_bits(uint32_t mask, vu a, vu b) { return (a & mask) | (b & ~mask); }

/* Scales four vectors of numbers, and stores their digits as row `row` of the tiles of a block. */
INLINE void store_digits(const vf numbers[4], vf scale, Block *to, int row) {
  vu q[4];
  /* 128 is added to each digit at first, so that no digit is negative and borrows from the next digit. */
  UNROLL
  for (int i = 0; i < 4; i++) q[i] = (vu)_mm512_cvtps_epi32((__m512)fused(numbers[i], scale, splat(0x808080)));
  /* Each vector holds digits of two numbers: their lowest and highest digits, or their middle digits. */
  const vu outer[2] = {select_bits(0x00ff00ff, q[0], q[1] << 8), select_bits(0x00ff00ff, q[2], q[3] << 8)};
  const vu inner[2] = {select_bits(0x00ff00ff, q[0] >> 8, q[1]), select_bits(0x00ff00ff, q[2] >> 8, q[3])};
  const vu digits[DIGITS] = {select_bits(0x0000ffff, outer[0] >> 16, outer[1]),
                             select_bits(0x0000ffff, inner[0], inner[1] << 16),
                             select_bits(0x0000ffff, outer[0], outer[1] << 16)};
  UNROLL
  for (int d = 0; d < DIGITS; d++) to->digits[d].rows[row] = (vi)(digits[d] ^ 0x80808080u);
}

#endif
