/* Softmax cross-entropy of one row of logits, and dropout of one row of activations. */
#ifndef CHARRNN_LOSS_H
#define CHARRNN_LOSS_H

#include "vector.h"

/* The loss -ln softmax(logits)[target] in nats. Where `scale` is not 0 the logits become the gradient
 * scale * (softmax - onehot(target)). `predicted` (may be null) receives the index of the largest logit. A target
 * below 0 does not count: loss and gradient are 0. */
static float softmax_cross_entropy(int n, float *logits, int target, float scale, int32_t *predicted) {
  vf highest = splat(-__builtin_inff());
  for (int i = 0; i < n; i += W) {
    vf x = n - i >= W ? load(logits + i) : load_some(logits + i, n - i, -__builtin_inff());
    highest = at_least(highest, x);
  }
  float max = highest[0];
  for (int i = 1; i < W; i++)
    if (highest[i] > max) max = highest[i];
  if (predicted) {
    int best = 0;
    while (best < n - 1 && logits[best] != max) best++;
    *predicted = best;
  }
  if (target < 0) {
    if (scale != 0)
      for (int i = 0; i < n; i++) logits[i] = 0;
    return 0;
  }
  const float of_target = logits[target] - max;
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    vf e = exponential((left >= W ? load(logits + i) : load_some(logits + i, left, -__builtin_inff())) - max);
    if (left < W)
      for (int j = left; j < W; j++) e[j] = 0;
    if (scale != 0) store_up_to(logits + i, e, left);
    sums += e;
  }
  const float sum = sum_lanes(sums);
  if (scale != 0) {
    const vf factor = splat(scale / sum);
    for (int i = 0; i < n; i += W) store_up_to(logits + i, load_up_to(logits + i, n - i) * factor, n - i);
    logits[target] -= scale;
  }
  return (float)(logarithm(sum) - of_target);
}

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

/* y = x / (1 - p) where a unit is kept and 0 where it is dropped. A unit's fate depends on the key of its row and on
 * its index alone. */
static void dropout(int n, const float *x, float *y, float p, uint32_t key) {
  const float scale = 1.0f / (1.0f - p);
  vu counter;
  for (int i = 0; i < W; i++) counter[i] = key + (uint32_t)i * 0x9e3779b9u;
  for (int i = 0; i < n; i += W, counter += (uint32_t)W * 0x9e3779b9u) {
    /* 24 bits make a float exactly. */
    vi drawn = (vi)(mix_lanes(counter) >> 8);
    vi kept = drawn >= (vi)((vi){0} + (int32_t)(p * 16777216.0f));
    store_up_to(y + i, choose(kept, load_up_to(x + i, n - i) * scale, splat(0)), n - i);
  }
}

#endif
