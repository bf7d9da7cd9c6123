/* Runs a program: a list of coarse operations over tensors in one arena, the same list on every thread of a team.
 *
 * Each operation is its code and the 32-bit words of its record: the offset of a tensor in bytes, a size, or the bits of
 * a float. ../program.ts writes them, and knows where there must be a barrier. */
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

/* Runs operations up to the program's end or, where the team is leaving, to the next barrier. The team meets first of
 * all before it starts: one of the others may still be at the program before. */
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

/* Runs the program at `program` (an offset into the arena) as one thread of a team that meets at `team`. */
EXPORT void run(uintptr_t arena, uint32_t program, uint32_t team, uint32_t scratch, int thread, int threads) {
  Machine machine = {arena, (const uint32_t *)(arena + program), thread, threads, (Scratch *)(arena + scratch)};
  run_operations(&machine, (Team *)(arena + team));
#if HAS_TILES
  free_tiles(&machine.scratch->tiles);
#endif
}
