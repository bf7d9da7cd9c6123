/* What an operation reads of its program, and how a thread finds its share of the work. */
#ifndef CHARRNN_MACHINE_H
#define CHARRNN_MACHINE_H

#include "gemm.h"
/* Older versions of clang have the other spelling. */
#if defined(__linux__) && VECTOR_BYTES == 64 && (defined(__AMX_INT8__) || defined(__AMXINT8__))
#define HAS_TILES 1
#include "tiles.h"
#else
#define HAS_TILES 0
#endif

/* BLOCK, COLUMN_BLOCK, DEPTH, MEETING_BYTES, PACKED_BYTES, PACKED_STEPS and SCRATCH_BYTES are given by
 * ../compiler.ts. */
typedef union {
  VectorScratch vectors;
#if HAS_TILES
  TileScratch tiles;
#endif
} Scratch;
_Static_assert(sizeof(Scratch) <= SCRATCH_BYTES, "../arena.ts gives each thread so many bytes");
#if HAS_TILES
_Static_assert(sizeof(VectorScratch) <= offsetof(TileScratch, sums), "vectors leave alone what tiles keep");
#endif

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

INLINE Biases next_biases(Machine *m) {
  const float *first = next_tensor(m);
  return (Biases){first, next_tensor(m)};
}

/* Part `index` of `count` nearly equal parts of n things. */
INLINE Span part_of(int n, int index, int count) {
  Span s = {(int)((int64_t)n * index / count), (int)((int64_t)n * (index + 1) / count)};
  return s;
}
/* The same in whole blocks; the last one may be shorter. */
INLINE Span blocks_of(int n, int block, int index, int count) {
  const Span s = part_of((n + block - 1) / block, index, count);
  return (Span){smaller(n, s.begin * block), smaller(n, s.end * block)};
}
INLINE Span share_of(const Machine *m, int n, int block) { return blocks_of(n, block, m->thread, m->threads); }

/* This thread's rows. */
INLINE Span next_rows(Machine *m) { return share_of(m, next_int(m), 1); }

/* This thread's part of a matrix: threads are a grid of rows by columns, which they share in blocks that are whole
 * panels for every width of vectors. */
_Static_assert(COLUMN_BLOCK % NR == 0, "panels do not straddle blocks");
INLINE Part next_part(Machine *m, int *group_width) {
  const int rows = next_int(m), across = next_int(m);
  *group_width = next_int(m);
  return (Part){part_of(rows, m->thread / across, m->threads / across),
                blocks_of(*group_width, COLUMN_BLOCK, m->thread % across, across)};
}

#endif
