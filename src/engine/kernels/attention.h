/* Attention of the queries of one example over the keys of the same example. ../operations/attention.ts has the
 * formulas. A key is a row of D = `width` numbers. The next key of the example begins `stride` numbers later. */
#ifndef CHARRNN_ATTENTION_H
#define CHARRNN_ATTENTION_H

#include "operands.h"

/* products[t] = vector . row t, for `count` rows. Several rows at once hide the latency of the additions. */
static void dot_products(int count, int width, const float *vector, Rows rows, float *products) {
  enum { AT_ONCE = 4 };
  for (int t = 0; t < count; t += AT_ONCE) {
    const int n = smaller(AT_ONCE, count - t);
    vf sums[AT_ONCE] = {0};
    const float *row[AT_ONCE];
    UNROLL
    for (int j = 0; j < AT_ONCE; j++) row[j] = row_of(rows, t + smaller(j, n - 1));
    for (int i = 0; i < width; i += W) {
      const int left = width - i;
      const vf x = load_up_to(vector + i, left);
      UNROLL
      for (int j = 0; j < AT_ONCE; j++) sums[j] = fused(x, load_up_to(row[j] + i, left), sums[j]);
    }
    for (int j = 0; j < n; j++) products[t + j] = sum_lanes(sums[j]);
  }
}

/* sum = the sum of weight t * row t over `count` rows. If `add` is not 0, the result is added to the numbers that `sum`
 * has. Weight t is at weights[t * weight_stride]. */
static void weighted_sum(int count, int width, const float *weights, size_t weight_stride, Rows rows, int add,
                         float *sum) {
  enum { AT_ONCE = 4 };
  for (int i = 0; i < width; i += AT_ONCE * W) {
    vf sums[AT_ONCE];
    const int left = width - i;
    UNROLL
    for (int j = 0; j < AT_ONCE; j++) sums[j] = add ? load_padded(sum + i + j * W, left - j * W) : splat(0);
    for (int t = 0; t < count; t++) {
      const vf weight = splat(weights[t * weight_stride]);
      const float *row = row_of(rows, t) + i;
      UNROLL
      for (int j = 0; j < AT_ONCE; j++) sums[j] = fused(weight, load_padded(row + j * W, left - j * W), sums[j]);
    }
    for (int j = 0; j < AT_ONCE && left - j * W > 0; j++) store_up_to(sum + i + j * W, sums[j], left - j * W);
  }
}

/* The first `count` numbers become their softmax. The numbers from `count` up to `all` become 0. */
static void softmax(int count, int all, float *numbers) {
  vf highest = splat(-__builtin_inff()), sums = splat(0);
  for (int t = 0; t < count; t += W) {
    const int left = count - t;
    highest = at_least(highest, left >= W ? load(numbers + t) : load_some(numbers + t, left, -__builtin_inff()));
  }
  const float max = largest_lane(highest);
  /* Each lane beyond the last number adds e^-87. The largest number adds 1, so e^-87 does not change the sum. */
  for (int t = 0; t < count; t += W) {
    const int left = count - t;
    const vf x = left >= W ? load(numbers + t) : load_some(numbers + t, left, -__builtin_inff());
    const vf power = exponential(x - max);
    store_up_to(numbers + t, power, left);
    sums += power;
  }
  const float factor = 1 / sum_lanes(sums);
  for (int t = 0; t < count; t++) numbers[t] *= factor;
  for (int t = count; t < all; t++) numbers[t] = 0;
}

/* Element t, dw_t, becomes weight_t (dw_t - the sum of weight * dw). The elements from `count` up to `all` become 0. */
static void softmax_gradient(int count, int all, const float *weights, float *gradients) {
  vf sums = splat(0);
  for (int t = 0; t < count; t += W)
    sums = fused(load_up_to(weights + t, count - t), load_up_to(gradients + t, count - t), sums);
  const float mean = sum_lanes(sums);
  for (int t = 0; t < count; t++) gradients[t] = weights[t] * (gradients[t] - mean);
  for (int t = count; t < all; t++) gradients[t] = 0;
}

#endif
