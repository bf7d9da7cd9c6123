/* Runs a program: a list of operations on tensors in one arena. Every thread of a team runs the same list.
 *
 * An operation is a code, then the 32-bit words of its record. A word is the offset of a tensor in bytes, a size, or
 * the bits of a float. ../program.ts writes the words, and the barriers between operations. */
#include "operations.h"
#include "team.h"

#ifdef __wasm__
#define EXPORT __attribute__((visibility("default"), used))
#else
#define EXPORT
#endif

/* The codes that ../program.ts writes. */
#define X(name) CODE_##name,
enum { END, BARRIER, OPERATIONS };
#undef X

/* Runs operations up to the program's end or, if the threads must leave the run, up to the next barrier. There is a
 * barrier before the first operation, because another thread may still run the previous program. */
static void run_operations(Machine *m, Team *team) {
  if (!barrier(team, m->threads, m->thread, m->threads)) return;
  for (;;) switch (next(m)) {
      case END: return;
      case BARRIER:
        if (!barrier(team, next_int(m), m->thread, m->threads)) return;
        break;
#define X(name) case CODE_##name: run_##name(m); break;
      OPERATIONS
#undef X
      default: __builtin_trap();
    }
}

/* Runs a program as one thread of a team. `program`, `team` and `scratch` are offsets into the arena. */
EXPORT void run(uintptr_t arena, uint32_t program, uint32_t team, uint32_t scratch, int thread, int threads) {
  Machine machine = {arena, (const uint32_t *)(arena + program), thread, threads, (Scratch *)(arena + scratch)};
  run_operations(&machine, (Team *)(arena + team));
#if HAS_TILES
  free_tiles(&machine.scratch->tiles);
#endif
}
