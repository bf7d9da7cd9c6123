/* Inverted dropout of one row of activations. */
#ifndef CHARRNN_DROPOUT_H
#define CHARRNN_DROPOUT_H

#include "vector.h"

/* The finalizer of MurmurHash3 (Austin Appleby, public domain): each input bit flips each output bit half the time. */
INLINE uint32_t mix(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}
INLINE vu mix_lanes(vu h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

/* y = x / (1 - p) if a unit is kept, 0 if it is dropped. Which units are dropped depends only on the key of the row and
 * the index of the unit. */
static void dropout(int n, const float *x, float *y, float p, uint32_t key) {
  const float scale = 1.0f / (1.0f - p);
  vu counter;
  for (int i = 0; i < W; i++) counter[i] = key + (uint32_t)i * 0x9e3779b9u;
  for (int i = 0; i < n; i += W, counter += (uint32_t)W * 0x9e3779b9u) {
    /* A float holds 24 bits exactly. */
    vi drawn = (vi)(mix_lanes(counter) >> 8);
    vi kept = drawn >= (vi)((vi){0} + (int32_t)(p * 16777216.0f));
    store_up_to(y + i, choose(kept, load_up_to(x + i, n - i) * scale, splat(0)), n - i);
  }
}

#endif
