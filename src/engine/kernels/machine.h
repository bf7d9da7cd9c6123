/* How an operation reads its words from the program, and how a thread finds its share of the work. */
#ifndef CHARRNN_MACHINE_H
#define CHARRNN_MACHINE_H

#include "gemm.h"
/* Older versions of clang define __AMXINT8__. */
#if defined(__linux__) && VECTOR_BYTES == 64 && (defined(__AMX_INT8__) || defined(__AMXINT8__))
#define HAS_TILES 1
#include "tiles.h"
#else
#define HAS_TILES 0
#endif

/* BLOCK, COLUMN_BLOCK, DEPTH, MEETING_BYTES, PACKED_BYTES, PACKED_STEPS and SCRATCH_BYTES come from
 * ../kernel-flags.ts. */
typedef union {
  VectorScratch vectors;
#if HAS_TILES
  TileScratch tiles;
#endif
} Scratch;
_Static_assert(sizeof(Scratch) <= SCRATCH_BYTES, "../memory-map.ts gives each thread this many bytes");
#if HAS_TILES
_Static_assert(sizeof(VectorScratch) <= offsetof(TileScratch, sums),
               "products by vectors do not overwrite the state of tiles");
#endif

/* The state of a thread that runs a program. The arena's address is an integer, because it is 0 in WebAssembly and C
 * has no arithmetic on null pointers. */
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
/* Offset 0 means that the tensor is missing. */
INLINE float *next_tensor(Machine *m) {
  const uint32_t offset = next(m);
  return offset ? (float *)(m->arena + offset) : 0;
}

/* Part `index` of `count` nearly equal parts of the numbers from 0 to n - 1. */
INLINE Span part_of(int n, int index, int count) {
  Span s = {(int)((int64_t)n * index / count), (int)((int64_t)n * (index + 1) / count)};
  return s;
}
/* Part `index` of `count` parts that consist of whole blocks of `block` numbers. The last block may be shorter. */
INLINE Span blocks_of(int n, int block, int index, int count) {
  const Span s = part_of((n + block - 1) / block, index, count);
  return (Span){smaller(n, s.begin * block), smaller(n, s.end * block)};
}
INLINE Span share_of(const Machine *m, int n, int block) { return blocks_of(n, block, m->thread, m->threads); }

/* This thread's rows. */
INLINE Span next_rows(Machine *m) { return share_of(m, next_int(m), 1); }

/* This thread's part of a matrix, which a grid of threads divides by rows and columns. Columns are divided in blocks
 * that are whole panels for every width of vectors. */
_Static_assert(COLUMN_BLOCK % NR == 0, "a block of columns is whole panels");
INLINE Part next_part(Machine *m, int *group_width) {
  const int rows = next_int(m), across = next_int(m);
  *group_width = next_int(m);
  return (Part){part_of(rows, m->thread / across, m->threads / across),
                blocks_of(*group_width, COLUMN_BLOCK, m->thread % across, across)};
}

/* Each operation has a struct of its words: `struct copy` has the words of `copy`. ../kernel-flags.ts defines
 * OPERATIONS as the list X(copy) X(zero) ... For each name, the file also defines the list of words: WORDS_copy is
 * TENSOR(from) TENSOR(to) ... A list ends with ROWS if threads share rows, and with PART if they share parts of a
 * matrix. ROW(x, n) is a tensor [B, n * H] of a cell. OPTIONAL_ROW(x, n) is the same, but may be null. */
#define TENSOR(x) float *x;
#define ROW(x, n) float *x;
#define OPTIONAL_ROW ROW
#define INT(x) int x;
#define FLOAT(x) float x;
#define ROWS Span rows; int row_width;
#define PART Part part; int group_width;
#define X(name) struct name { WORDS_##name };
OPERATIONS
#undef X
#undef TENSOR
#undef ROW
#undef OPTIONAL_ROW
#undef INT
#undef FLOAT
#undef ROWS
#undef PART

/* next_copy(m) reads the words of `copy`. */
#define TENSOR(x) o.x = next_tensor(m);
#define ROW(x, n) o.x = next_tensor(m);
#define OPTIONAL_ROW ROW
#define INT(x) o.x = next_int(m);
#define FLOAT(x) o.x = next_float(m);
#define ROWS \
  o.rows = next_rows(m); \
  o.row_width = next_int(m);
#define PART o.part = next_part(m, &o.group_width);
#define X(name) INLINE struct name next_##name(Machine *m) { struct name o; WORDS_##name return o; }
OPERATIONS
#undef X
#undef TENSOR
#undef ROW
#undef OPTIONAL_ROW
#undef INT
#undef FLOAT
#undef ROWS
#undef PART

/* lstm_forward_at(o, r) is a copy of o whose ROW pointers point to row r. H is the group width. */
#define TENSOR(x)
#define INT(x)
#define FLOAT(x)
#define ROW(x, n) o.x += r * (n) * o.group_width;
#define OPTIONAL_ROW(x, n) if (o.x) ROW(x, n)
#define PART
#define X(name) INLINE struct name name##_at(struct name o, size_t r) { WORDS_##name return o; }
CELL_OPERATIONS
#undef X
#undef TENSOR
#undef INT
#undef FLOAT
#undef ROW
#undef OPTIONAL_ROW
#undef PART

#endif
