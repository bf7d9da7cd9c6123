/* Softmax cross-entropy of one row of logits. */
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

/* Returns the loss -ln softmax(logits)[target] in nats. If `scale` is not 0, the gradient scale * (softmax -
 * onehot(target)) replaces the logits. Unless `predicted` is null, it receives the index of the largest logit. A target
 * below 0 is masked: loss and gradient are 0. */
static float softmax_cross_entropy(int n, float *logits, int target, float scale, int32_t *predicted) {
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
  if (target < 0) {
    if (scale != 0)
      for (int i = 0; i < n; i++) logits[i] = 0;
    return 0;
  }
  const float of_target = logits[target] - max;
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
    const vf factor = splat(scale / sum);
    for (int i = 0; i < n; i += W) store_up_to(logits + i, load_up_to(logits + i, n - i) * factor, n - i);
    logits[target] -= scale;
  }
  return (float)(logarithm(sum) - of_target);
}

#endif
