/* Vectors of W floats, made with the vector extensions of compilers, and the functions of vectors that kernels need.
 *
 * VECTOR_BYTES is 16 (WebAssembly SIMD, NEON), 32 (AVX2) or 64 (AVX-512). For a given width, sums are always computed
 * in the same order. So a result does not depend on how threads share the work. */
#ifndef CHARRNN_VECTOR_H
#define CHARRNN_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(VECTOR_BYTES)
#elif defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

enum { W = VECTOR_BYTES / 4 };

typedef float vf __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t vu __attribute__((vector_size(VECTOR_BYTES)));
typedef float vf_unaligned __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* Stands before a loop of constant length over an array of vectors. The vectors stay in registers only if the loop is
 * unrolled. Clang unrolls a loop early enough only if it is told to unroll the loop fully. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* The numbers from `begin` to `end` - 1. */
typedef struct {
  int begin, end;
} Span;

INLINE int smaller(int a, int b) { return a < b ? a : b; }

/* x - 0 is x for every x, also for -0 and NaN, so compilers reduce the subtraction to one instruction. x + 0 would
 * change -0. */
INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf x) { *(vf_unaligned *)p = x; }

/* Loads the first n < W lanes; the other lanes are `fill`. The loop uses constant lane numbers, because access to a
 * lane with a variable number would go through memory. */
INLINE vf load_some(const float *p, int n, float fill) {
#if VECTOR_BYTES == 64
  return (vf)_mm512_mask_loadu_ps((__m512)splat(fill), (__mmask16)((1u << n) - 1), p);
#else
  vf x = splat(fill);
  UNROLL
  for (int i = 0; i < W - 1; i++)
    if (i < n) x[i] = p[i];
  return x;
#endif
}
INLINE void store_some(float *p, vf x, int n) {
#if VECTOR_BYTES == 64
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)x);
#else
  UNROLL
  for (int i = 0; i < W - 1; i++)
    if (i < n) p[i] = x[i];
#endif
}

/* a b + c, rounded only once if the CPU can do this. Compilers must not fuse by themselves (-ffp-contract=off).
 * Compilers would fuse in one copy of a function but not in another, and a result would then depend on a thread's
 * rows. */
INLINE vf fused(vf a, vf b, vf c) {
#if VECTOR_BYTES == 64
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif VECTOR_BYTES == 32
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#elif defined(__aarch64__)
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/* The length of a row need not be a multiple of W. n is the number of elements left in the row; if it is W or more, a
 * whole vector is used. */
INLINE vf load_up_to(const float *p, int n) { return n >= W ? load(p) : load_some(p, n, 0); }
INLINE void store_up_to(float *p, vf x, int n) {
  if (n >= W) store(p, x);
  else store_some(p, x, n);
}

/* Lane by lane: mask ? a : b. A comparison of vectors gives the mask. */
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
/* x, or the bound if x is beyond the bound. A NaN stays NaN, so that a NaN loss is noticed. The order of the operands
 * matters for this: if an operand is NaN, the instructions of x86 return their second operand, and WebAssembly's pmin
 * and pmax return their first operand. */
#if VECTOR_BYTES == 64
INLINE vf at_most(vf x, vf bound) { return (vf)_mm512_min_ps((__m512)bound, (__m512)x); }
INLINE vf at_least(vf x, vf bound) { return (vf)_mm512_max_ps((__m512)bound, (__m512)x); }
#elif VECTOR_BYTES == 32
INLINE vf at_most(vf x, vf bound) { return (vf)_mm256_min_ps((__m256)bound, (__m256)x); }
INLINE vf at_least(vf x, vf bound) { return (vf)_mm256_max_ps((__m256)bound, (__m256)x); }
#elif defined(__wasm__)
INLINE vf at_most(vf x, vf bound) { return (vf)__builtin_wasm_pmin_f32x4(x, bound); }
INLINE vf at_least(vf x, vf bound) { return (vf)__builtin_wasm_pmax_f32x4(x, bound); }
#else
INLINE vf at_most(vf x, vf bound) { return choose(x > bound, bound, x); }
INLINE vf at_least(vf x, vf bound) { return choose(x < bound, bound, x); }
#endif

/* Interleaves the lower (or the upper) halves of a and b: a0 b0 a1 b1 ... */
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#endif
#if VECTOR_BYTES == 64
INLINE vf zip_low(vf a, vf b) { return SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); }
INLINE vf zip_high(vf a, vf b) { return SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); }
#elif VECTOR_BYTES == 32
INLINE vf zip_low(vf a, vf b) { return SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
INLINE vf zip_high(vf a, vf b) { return SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
#else
INLINE vf zip_low(vf a, vf b) { return SHUFFLE(a, b, 0, 4, 1, 5); }
INLINE vf zip_high(vf a, vf b) { return SHUFFLE(a, b, 2, 6, 3, 7); }
#endif

/* Transposes W rows of W lanes. In each of log2(W) rounds, row i is zipped with row i + W / 2. */
INLINE void transpose(vf rows[W]) {
  UNROLL
  for (int round = 1; round < W; round *= 2) {
    vf zipped[W];
    UNROLL
    for (int i = 0; i < W / 2; i++) {
      zipped[2 * i] = zip_low(rows[i], rows[i + W / 2]);
      zipped[2 * i + 1] = zip_high(rows[i], rows[i + W / 2]);
    }
    UNROLL
    for (int i = 0; i < W; i++) rows[i] = zipped[i];
  }
}

/* In each of log2(W) rounds, the lower half of the lanes is added to (or compared with) the upper half. */
INLINE float sum_lanes(vf x) {
  UNROLL
  for (int round = 1; round < W; round *= 2) x = zip_low(x, x) + zip_high(x, x);
  return x[0];
}
INLINE float largest_lane(vf x) {
  UNROLL
  for (int round = 1; round < W; round *= 2) x = at_least(zip_low(x, x), zip_high(x, x));
  return x[0];
}

INLINE vf square_root(vf x) {
  for (int i = 0; i < W; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

/* For x = n ln 2 + r with |r| <= ln 2 / 2: stores 2^n in `power` and returns e^r - 1, by its Taylor series to r^7. The
 * remainder r^8/8! is below 2^-26 of r. x must be in [-87, 88]. */
INLINE vf reduced_expm1(vf x, vf *power) {
  const vf magic = splat(12582912.0f); /* 1.5 * 2^23: x + magic is rounded to an integer, which is in its low bits */
  const vf shifted = fused(x, splat(1.44269504088896f), magic), n = shifted - magic;
  vf r = fused(n, splat(-0.693359375f), x); /* ln 2 is subtracted in two parts; the first is exact in 9 bits */
  r = fused(n, splat(2.12194440e-4f), r);
  *power = (vf)(((vi)shifted - (vi)magic + 127) << 23);
  vf tail = fused(r, splat(1.0f / 5040), splat(1.0f / 720));
  tail = fused(tail, r, splat(1.0f / 120));
  tail = fused(tail, r, splat(1.0f / 24));
  tail = fused(tail, r, splat(1.0f / 6));
  tail = fused(tail, r, splat(0.5f));
  return fused(r * r, tail, r);
}

/* e^x within 2 ulp for x in [-87, 88]. Other x are clamped to that range. */
INLINE vf exponential(vf x) {
  vf power, m = reduced_expm1(at_least(at_most(x, splat(88)), splat(-87)), &power);
  return fused(power, m, power);
}

/* 1 / (1 + e^-x) */
INLINE vf sigmoid(vf x) { return 1.0f / (1.0f + exponential(-x)); }

/* tanh x = m / (m + 2) with m = e^2x - 1. Near 0, m keeps its relative precision. */
INLINE vf hyperbolic_tangent(vf x) {
  vf power, y = at_least(at_most(x + x, splat(20)), splat(-20));
  vf m = reduced_expm1(y, &power);
  m = fused(power, m, power - 1.0f);
  return m / (m + 2.0f);
}

#endif
