/* The most floating-point operations a second that this CPU's vector units give: chains of fused multiply-adds that
 * touch no memory, on as many threads at once as asked for.
 *
 * usage: peak THREADS; prints {"128": GFLOP/s, "256": ..., "512": ...}, by the width of the vectors in bits. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Twelve chains hide the latency of any unit there is: four cycles, twice a cycle, and some to spare. */
#define CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
enum { CHAIN_COUNT = 12, TURNS = 1000000 };

#define PEAK(BITS) \
  typedef float v##BITS __attribute__((vector_size(BITS / 8))); \
  static double peak##BITS(void) { \
    v##BITS factor = {0}, addend = {0}; \
    CHAINS(DECLARE##BITS) \
    double best = 0; \
    for (double end = now() + 0.2; now() < end;) { \
      const double start = now(); \
      for (int i = 0; i < TURNS; i++) { \
        CHAINS(STEP) \
        __asm__ volatile("" : CHAINS(HELD) "+" REGISTER(factor), "+" REGISTER(addend)); \
      } \
      const double speed = 2.0 * CHAIN_COUNT * TURNS * (BITS / 32) / (now() - start); \
      if (speed > best) best = speed; \
    } \
    return best / 1e9; \
  }
#define DECLARE128(n) v128 a##n = {0};
#define DECLARE256(n) v256 a##n = {0};
#define DECLARE512(n) v512 a##n = {0};
#define STEP(n) a##n = a##n * factor + addend;
#if defined(__x86_64__)
#define REGISTER(x) "v"(x)
#else
#define REGISTER(x) "w"(x)
#endif
#define HELD(n) "+" REGISTER(a##n),

PEAK(128)
#if defined(__AVX2__) && defined(__FMA__)
PEAK(256)
#endif
#if defined(__AVX512F__)
PEAK(512)
#endif

typedef struct {
  double (*peak)(void);
  double result;
} Job;

static void *run(void *job) {
  ((Job *)job)->result = ((Job *)job)->peak();
  return 0;
}

static double on_threads(double (*peak)(void), int threads) {
  pthread_t handles[threads];
  Job jobs[threads];
  double sum = 0;
  for (int i = 0; i < threads; i++) {
    jobs[i] = (Job){peak, 0};
    pthread_create(&handles[i], 0, run, &jobs[i]);
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(handles[i], 0);
    sum += jobs[i].result;
  }
  return sum;
}

int main(int count, char **arguments) {
  const int threads = count > 1 ? atoi(arguments[1]) : 1;
  printf("{\"128\": %.1f", on_threads(peak128, threads));
#if defined(__AVX2__) && defined(__FMA__)
  printf(", \"256\": %.1f", on_threads(peak256, threads));
#endif
#if defined(__AVX512F__)
  printf(", \"512\": %.1f", on_threads(peak512, threads));
#endif
  printf("}\n");
  return 0;
}
