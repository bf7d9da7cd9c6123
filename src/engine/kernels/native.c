/* The kernels as a Node add-on: run(arena, program, team, scratch, thread, threads). `arena` is a typed array of any
 * type that begins at the arena's first byte. */
#include "program.c"

#include <node_api.h>

static napi_value run_from_node(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  size_t count = 6;
  void *arena = 0;
  uint32_t numbers[5] = {0};
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  if (napi_get_typedarray_info(env, arguments[0], 0, 0, &arena, 0, 0) != napi_ok) return 0;
  for (int i = 0; i < 5; i++) napi_get_value_uint32(env, arguments[i + 1], &numbers[i]);
  run((uintptr_t)arena, numbers[0], numbers[1], numbers[2], (int)numbers[3], (int)numbers[4]);
  return 0;
}

NAPI_MODULE_INIT() {
  napi_value function, bits, tiles;
#if HAS_TILES
  if (!have_tiles()) {
    napi_throw_error(env, 0, "Linux refuses this process the CPU's matrix tiles: set CC=\"cc -mno-amx-int8\"");
    return 0;
  }
#endif
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run_from_node, 0, &function);
  napi_set_named_property(env, exports, "run", function);
  napi_create_uint32(env, VECTOR_BYTES * 8, &bits);
  napi_set_named_property(env, exports, "vectorBits", bits);
  napi_get_boolean(env, HAS_TILES, &tiles);
  napi_set_named_property(env, exports, "tiles", tiles);
  return exports;
}
