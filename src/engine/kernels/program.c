/* Runs a program: a list of coarse operations over tensors in one arena, the same list on every thread of a team.
 *
 * Each operation is its code followed by 32-bit words in the order read below: the offset of a tensor in bytes, a
 * size, or the bits of a float. ../program.ts writes what this file reads, and knows where there must be a barrier. */
#include "operations.h"
#include "team.h"

#ifdef __wasm__
#define EXPORT __attribute__((visibility("default"), used))
#else
#define EXPORT
#endif

/* The order of ../program.ts's operations. */
enum {
  END,
  BARRIER,
  PACK,
  MULTIPLY,
  GATHER,
  SCATTER,
  WEIGHT_GRADIENT,
  ADD_HALF,
  BIAS_GRADIENT,
  RNN_FORWARD,
  RNN_BACKWARD,
  LSTM_FORWARD,
  LSTM_BACKWARD,
  GRU_FORWARD,
  GRU_BACKWARD,
  DROPOUT,
  SOFTMAX_CROSS_ENTROPY,
  COPY,
  ZERO,
  SUM_OF_SQUARES,
  ASSESS,
  ADAM,
  SCALED_BY_ROOT,
  SGD
};

/* Runs operations up to the program's end or, where the team is leaving, to the next barrier. The team meets first of
 * all before it starts: one of the others may still be at the program before. */
static void run_operations(Machine *m, Team *team) {
  if (!barrier(team, m->threads, m->thread, m->threads)) return;
  for (;;) switch (next(m)) {
      case END: return;
      case BARRIER:
        if (!barrier(team, next_int(m), m->thread, m->threads)) return;
        break;
      case PACK: run_pack(m); break;
      case MULTIPLY: run_multiply(m); break;
      case GATHER: run_gather(m); break;
      case SCATTER: run_scatter(m); break;
      case WEIGHT_GRADIENT: run_weight_gradient(m); break;
      case ADD_HALF: run_add_half(m); break;
      case BIAS_GRADIENT: run_bias_gradient(m); break;
      case RNN_FORWARD: run_rnn_forward(m); break;
      case RNN_BACKWARD: run_rnn_backward(m); break;
      case LSTM_FORWARD: run_lstm_forward(m); break;
      case LSTM_BACKWARD: run_lstm_backward(m); break;
      case GRU_FORWARD: run_gru_forward(m); break;
      case GRU_BACKWARD: run_gru_backward(m); break;
      case DROPOUT: run_dropout(m); break;
      case SOFTMAX_CROSS_ENTROPY: run_softmax_cross_entropy(m); break;
      case COPY: run_copy(m); break;
      case ZERO: run_zero(m); break;
      case SUM_OF_SQUARES: run_sum_of_squares(m); break;
      case ASSESS: run_assess(m); break;
      case ADAM: run_adam(m); break;
      case SCALED_BY_ROOT: run_scaled_by_root(m); break;
      case SGD: run_sgd(m); break;
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
