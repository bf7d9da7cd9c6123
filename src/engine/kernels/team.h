/* Where the threads of a team meet. Threads spin briefly, then sleep: three on two cores must work. */
#ifndef CHARRNN_TEAM_H
#define CHARRNN_TEAM_H

#include <stdint.h>

#ifdef __wasm__
/* Wakes at a change of *word from `seen`, or earlier; returns at once where it has changed already. Never inlined, nor
 * is the barrier: with the wait inside `run`, V8 11.3 (Node 20) left `run` early once the wait was over. */
static __attribute__((noinline)) void sleep_on(uint32_t *word, uint32_t seen) {
  __builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, -1);
}
static void wake_all(uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)word, 0xffffffffu); }
#define PAUSE() (void)0
#else
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
/* Not for longer than 50 ms: JavaScript, which may tell a team to leave, cannot wake who sleeps here. */
static void sleep_on(uint32_t *word, uint32_t seen) {
  const struct timespec longest = {0, 50000000};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &longest, 0, 0);
}
static void wake_all(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0); }
#else
#include <sched.h>
static void sleep_on(uint32_t *word, uint32_t seen) {
  (void)word, (void)seen;
  sched_yield();
}
static void wake_all(uint32_t *word) { (void)word; }
#endif
#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() (void)0
#endif
#endif

/* `spins`: how often a thread looks again before it sleeps. `leaving`: whether all are to leave as they are, and nobody
 * is to wait for another any more. ../arena.ts writes both. */
typedef struct {
  uint32_t generation, arrived, sleeping, spins, leaving;
} Team;

/* Returns 1 once `threads` threads have called it, 0 where the team is leaving. Whoever sets `leaving` counts the
 * generation up afterwards: a thread that has seen the generation before does not wait for the next. */
static __attribute__((noinline)) int barrier(Team *team, int threads) {
  const uint32_t seen = __atomic_load_n(&team->generation, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->leaving, __ATOMIC_SEQ_CST)) return 0;
  if (threads == 1) return 1;
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_SEQ_CST) == (uint32_t)threads) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&team->generation, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&team->sleeping, __ATOMIC_SEQ_CST) > 0) wake_all(&team->generation);
    return 1;
  }
  for (uint32_t i = 0; i < team->spins; i++, PAUSE())
    if (__atomic_load_n(&team->generation, __ATOMIC_SEQ_CST) != seen) return !team->leaving;
  __atomic_add_fetch(&team->sleeping, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&team->generation, __ATOMIC_SEQ_CST) == seen) sleep_on(&team->generation, seen);
  __atomic_sub_fetch(&team->sleeping, 1, __ATOMIC_SEQ_CST);
  return !team->leaving;
}

#endif
