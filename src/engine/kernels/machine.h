/* What an operation reads of its program, and how a thread finds its share of the work. */
#ifndef CHARRNN_MACHINE_H
#define CHARRNN_MACHINE_H

#include "gemm.h"

/* The arena's address is a number, for in WebAssembly it is 0, and C has no arithmetic on null pointers. */
typedef struct {
  uintptr_t arena;
  const uint32_t *words;
  int thread, threads;
  Scratch *scratch;
} Machine;

INLINE uint32_t next(Machine *m) { return *m->words++; }
INLINE int next_int(Machine *m) { return (int)next(m); }
INLINE float next_float(Machine *m) {
  union { uint32_t bits; float value; } u = {next(m)};
  return u.value;
}
/* Offset 0 means that there is no such tensor. */
INLINE float *next_tensor(Machine *m) {
  const uint32_t offset = next(m);
  return offset ? (float *)(m->arena + offset) : 0;
}

typedef struct {
  int begin, end;
} Share;
INLINE Share share_of(const Machine *m, int n) {
  Share s = {(int)((int64_t)n * m->thread / m->threads), (int)((int64_t)n * (m->thread + 1) / m->threads)};
  return s;
}
/* Elements are shared in whole blocks, which are also what sums of squares are made of. */
enum { BLOCK = 4096 };
INLINE Share blocks_of(const Machine *m, int n) {
  Share s = share_of(m, (n + BLOCK - 1) / BLOCK);
  s.begin = smaller(n, s.begin * BLOCK);
  s.end = smaller(n, s.end * BLOCK);
  return s;
}

/* This thread's rows of [steps, batch, width], counted through all steps: row r lies at row_index(...) * width. */
typedef struct {
  int batch, begin, height, count;
} Rows;
INLINE Rows next_rows(Machine *m) {
  const int steps = next_int(m), batch = next_int(m);
  const Share s = share_of(m, batch);
  Rows rows = {batch, s.begin, s.end - s.begin, steps * (s.end - s.begin)};
  return rows;
}
INLINE size_t row_index(Rows rows, int r) {
  return (size_t)(r / rows.height) * rows.batch + rows.begin + r % rows.height;
}
#define FOR_ROWS(r, rows) \
  for (size_t i_ = 0, r; (int)i_ < rows.count && (r = row_index(rows, (int)i_), 1); i_++)

#endif
