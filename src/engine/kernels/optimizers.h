/* The update rules of PyTorch, for n elements of a parameter. `factor` scales the gradient (clipping by norm). If
 * `limit` > 0, the gradient is clamped to +-limit instead (clipping by value). `decay` is 1 - lr * weight decay
 * (decoupled). */
#ifndef CHARRNN_OPTIMIZERS_H
#define CHARRNN_OPTIMIZERS_H

#include "vector.h"

typedef struct {
  float factor, limit, decay;
} Treatment;

INLINE vf treated(const float *gradient, Treatment t, int left) {
  vf g = load_up_to(gradient, left) * t.factor;
  return t.limit > 0 ? at_least(at_most(g, splat(t.limit)), splat(-t.limit)) : g;
}

/* A running average a becomes keep a + add x. `add` is given separately, because 1 - keep in float32 is not exact. */
typedef struct {
  float keep, add;
} Average;
INLINE vf averaged(const float *average, Average a, vf x, int left) {
  return load_up_to(average, left) * a.keep + x * a.add;
}

/* m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= step m / (sqrt(v) * correction + epsilon)
 * with step = lr / (1 - b1^t) and correction = 1 / sqrt(1 - b2^t). */
static void adam(int n, float *p, const float *gradient, float *mean, float *square, Treatment t, float step,
                 float correction, Average first, Average second, float epsilon) {
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    vf g = treated(gradient + i, t, left);
    vf m = averaged(mean + i, first, g, left), v = averaged(square + i, second, g * g, left);
    store_up_to(mean + i, m, left);
    store_up_to(square + i, v, left);
    vf denominator = square_root(v) * correction + epsilon;
    store_up_to(p + i, load_up_to(p + i, left) * t.decay - m * step / denominator, left);
  }
}

/* v = keep v + add g^2, p -= lr g / (sqrt(v) + epsilon): RMSprop (keep + add = 1) and Adagrad (both 1). */
static void scaled_by_root(int n, float *p, const float *gradient, float *square, Treatment t, float lr,
                           Average squares, float epsilon) {
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    vf g = treated(gradient + i, t, left);
    vf v = averaged(square + i, squares, g * g, left);
    store_up_to(square + i, v, left);
    store_up_to(p + i, load_up_to(p + i, left) * t.decay - g * lr / (square_root(v) + epsilon), left);
  }
}

/* b = momentum b + g, p -= lr b; without a buffer p -= lr g. */
static void sgd(int n, float *p, const float *gradient, float *buffer, Treatment t, float lr, float momentum) {
  for (int i = 0; i < n; i += W) {
    const int left = n - i;
    vf g = treated(gradient + i, t, left);
    if (buffer) {
      g = load_up_to(buffer + i, left) * momentum + g;
      store_up_to(buffer + i, g, left);
    }
    store_up_to(p + i, load_up_to(p + i, left) * t.decay - g * lr, left);
  }
}

static float sum_of_squares(int n, const float *x) {
  vf sums = splat(0);
  for (int i = 0; i < n; i += W) {
    vf v = load_up_to(x + i, n - i);
    sums += v * v;
  }
  return sum_lanes(sums);
}

#endif
