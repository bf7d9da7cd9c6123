/* Whether `fused` rounds once, which relaxed SIMD leaves to the CPU. */
#include "vector.h"

/* With x = 1 + 2^-12 the square's last bit, 2^-24, is lost where it is rounded before the sum. */
int fuses(float x) { return fused(splat(x), splat(x), splat(-(x * x)))[0] != 0; }
