/* The losses of one row, and their gradients. */
#ifndef CHARRNN_LOSS_H
#define CHARRNN_LOSS_H

#include "vector.h"

/* ln x for a positive, normal x: x = 2^e m with m in [1/sqrt 2, sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)). */
INLINE double logarithm(double x) {
  union { double value; uint64_t bits; } u = {x};
  if (!(x > 0) || u.bits >> 52 == 0x7ff) return x; /* inf and NaN stay inf and NaN */
  int e = (int)(u.bits >> 52) - 1023;
  u.bits = (u.bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double m = u.value;
  if (m > 1.41421356237309515) {
    m *= 0.5;
    e++;
  }
  double s = (m - 1) / (m + 1), q = s * s, series = 0;
  for (int k = 17; k >= 1; k -= 2) series = series * q + 1.0 / k;
  return e * 0.69314718055994531 + 2 * s * series;
}

/* The factor of the gradients: 1 / the number of losses that count. It is 0 if no gradients are requested. */
INLINE float scale_of(const float *counted) { return counted ? (float)(1 / (double)counted[0]) : 0; }
INLINE float weight_of(const float *weights, size_t row) { return weights ? weights[row] : 1; }

/* The loss of a row that does not count. Its gradient, if it is requested, is 0 too. */
INLINE float not_counted(int n, float *outputs, float scale) {
  for (int i = 0; i < n && scale != 0; i++) outputs[i] = 0;
  return 0;
}

/* The mean of x - base over the n numbers x. */
static float mean_above(int n, const float *numbers, float base) {
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    sums += (left >= W ? load(numbers + i) : load_some(numbers + i, left, base)) - base;
  }
  return sum_lanes(sums) / (float)n;
}

/* Returns the loss -weight * ln softmax(logits)[target] in nats. If `scale` is not 0, the gradient weight * scale *
 * (softmax - onehot(target)) replaces the logits. `predicted` receives the index of the largest logit, unless it is
 * null. A row with a target below 0 or of weight 0 does not count. With `smoothing` s, the target has the probability
 * 1 - s + s / n, and every other class s / n. */
static float softmax_cross_entropy(int n, float *logits, int target, float weight, float smoothing, float scale,
                                   int32_t *predicted) {
  vf highest = splat(-__builtin_inff());
  for (int i = 0; i < n; i += W) {
    vf x = n - i >= W ? load(logits + i) : load_some(logits + i, n - i, -__builtin_inff());
    highest = at_least(highest, x);
  }
  const float max = largest_lane(highest);
  if (predicted) {
    int best = 0;
    while (best < n - 1 && logits[best] != max) best++;
    *predicted = best;
  }
  if (target < 0 || weight == 0) return not_counted(n, logits, scale);
  float of_target = logits[target] - max;
  if (smoothing != 0) of_target += smoothing * (mean_above(n, logits, max) - of_target);
  /* Each lane beyond the end of the row adds e^-87. The largest logit adds 1, so e^-87 does not change the float sum.
   * */
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    vf e = exponential((left >= W ? load(logits + i) : load_some(logits + i, left, -__builtin_inff())) - max);
    if (scale != 0) store_up_to(logits + i, e, left);
    sums += e;
  }
  const float sum = sum_lanes(sums);
  if (scale != 0) {
    const vf factor = splat(weight * scale / sum);
    for (int i = 0; i < n; i += W) store_up_to(logits + i, load_up_to(logits + i, n - i) * factor, n - i);
    logits[target] -= weight * scale * (1 - smoothing);
    const vf share = splat(weight * scale * smoothing / (float)n);
    for (int i = 0; i < n && smoothing != 0; i += W)
      store_up_to(logits + i, load_up_to(logits + i, n - i) - share, n - i);
  }
  return weight * (float)(logarithm(sum) - of_target);
}

/* ln(1 + x) for x in [0, 1], as 2 artanh s with s = x / (2 + x): 2 (s + s^3/3 + s^5/5 + ...). The remainder is below
 * 2^-30 of the sum, because s is at most 1/3. A NaN stays NaN. */
INLINE vf logarithm_of_one_plus(vf x) {
  const vf s = x / (2.0f + x), q = s * s;
  vf series = splat(1.0f / 17);
  UNROLL
  for (int k = 15; k >= 3; k -= 2) series = fused(series, q, splat(1.0f / (float)k));
  return 2.0f * fused(s * q, series, s);
}

/* Returns weight * the sum of max(z, 0) - z y + ln(1 + e^-|z|) over the logits z and their targets y. If `scale` is not
 * 0, the gradients weight * scale * (sigmoid(z) - y) replace the logits. A target below 0 does not count, and all
 * targets of a row of weight 0 do not. */
static float sigmoid_cross_entropy(int n, float *logits, const float *targets, float weight, float scale) {
  if (weight == 0) return not_counted(n, logits, scale);
  const vf factor = splat(weight * scale);
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    const vf z = load_up_to(logits + i, left), y = left >= W ? load(targets + i) : load_some(targets + i, left, -1);
    const vi ignored = y < splat(0);
    const vf magnitude = (vf)((vi)z & 0x7fffffff), e = exponential(-magnitude);
    sums += choose(ignored, splat(0), at_least(z, splat(0)) - z * y + logarithm_of_one_plus(e));
    if (scale != 0) {
      /* sigmoid(z) - y = (1 - y) sigmoid(z) - y sigmoid(-z). Both sigmoids are computed from e without a subtraction,
       * so no digits are lost. */
      const vi positive = z >= splat(0);
      const vf above = choose(positive, splat(1), e), below = choose(positive, e, splat(1));
      const vf gradient = ((1.0f - y) * above - y * below) / (1.0f + e) * factor;
      store_up_to(logits + i, choose(ignored, splat(0), gradient), left);
    }
  }
  return weight * sum_lanes(sums);
}

/* Returns weight * the sum of (output - target)^2. If `scale` is not 0, the gradients weight * scale * 2 (output -
 * target) replace the outputs. A row of weight 0 does not count. */
static float squared_error(int n, float *outputs, const float *targets, float weight, float scale) {
  if (weight == 0) return not_counted(n, outputs, scale);
  const vf factor = splat(2 * weight * scale);
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    const vf error = load_up_to(outputs + i, left) - load_up_to(targets + i, left);
    sums = fused(error, error, sums);
    if (scale != 0) store_up_to(outputs + i, error * factor, left);
  }
  return weight * sum_lanes(sums);
}

#endif
