/* The pointwise parts of the cells, for some units of one batch row. Equations, gate orders and names are PyTorch's. H
 * is the number of hidden units. A row of gates holds one gate after the other, H floats each. `at` points to this row
 * in each tensor of the operation's record (../operations/cells.ts). A prime means the previous step: h' is h_t-1. */
#ifndef CHARRNN_CELLS_H
#define CHARRNN_CELLS_H

#include "machine.h"

#define FOR_UNITS(u, left) for (int u = units.begin, left = units.end - u; left > 0; u += W, left -= W)

/* h = tanh(a) */
static void rnn_forward(int H, Span units, struct rnn_forward at) {
  (void)H;
  FOR_UNITS(u, left) store_up_to(at.hidden + u, hyperbolic_tangent(load_up_to(at.gates + u, left)), left);
}

/* da = dh (1 - h^2) */
static void rnn_backward(int H, Span units, struct rnn_backward at) {
  (void)H;
  FOR_UNITS(u, left) {
    vf h = load_up_to(at.hidden + u, left), dh = load_up_to(at.hidden_gradient + u, left);
    store_up_to(at.gates + u, dh * (1.0f - h * h), left);
  }
}

/* The sums of i, f, g, o become their activations; c = f c' + i g, h = o tanh(c). The first loop computes the gates of
 * all units. In one loop, tanh(c) would wait for four gates, and a CPU does not look far enough ahead to work on other
 * units meanwhile. */
static void lstm_forward(int H, Span units, struct lstm_forward at) {
  float *i = at.gates, *f = i + H, *g = f + H, *o = g + H;
  FOR_UNITS(u, left) {
    store_up_to(i + u, sigmoid(load_up_to(i + u, left)), left);
    store_up_to(f + u, sigmoid(load_up_to(f + u, left)), left);
    store_up_to(g + u, hyperbolic_tangent(load_up_to(g + u, left)), left);
    store_up_to(o + u, sigmoid(load_up_to(o + u, left)), left);
  }
  FOR_UNITS(u, left) {
    vf written = load_up_to(i + u, left) * load_up_to(g + u, left);
    vf c = fused(load_up_to(f + u, left), load_up_to(at.cell_before + u, left), written);
    store_up_to(at.cell + u, c, left);
    store_up_to(at.hidden + u, load_up_to(o + u, left) * hyperbolic_tangent(c), left);
  }
}

/* The gradients of the sums replace the activations, and dc' replaces dc. */
static void lstm_backward(int H, Span units, struct lstm_backward at) {
  FOR_UNITS(u, left) {
    float *gates = at.gates + u;
    vf i = load_up_to(gates, left), f = load_up_to(gates + H, left);
    vf g = load_up_to(gates + 2 * H, left), o = load_up_to(gates + 3 * H, left);
    vf dh = load_up_to(at.hidden_gradient + u, left), tanh_c = hyperbolic_tangent(load_up_to(at.cell + u, left));
    vf dc = fused(dh * o, 1.0f - tanh_c * tanh_c, load_up_to(at.cell_gradient + u, left));
    store_up_to(gates, dc * g * i * (1.0f - i), left);
    store_up_to(gates + H, dc * load_up_to(at.cell_before + u, left) * f * (1.0f - f), left);
    store_up_to(gates + 2 * H, dc * i * (1.0f - g * g), left);
    store_up_to(gates + 3 * H, dh * tanh_c * o * (1.0f - o), left);
    store_up_to(at.cell_gradient + u, dc * f, left);
  }
}

/* r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n), h = (1 - z) n + z h'. The sums a come from the
 * input, the sums b from the hidden state. r, z, n replace a. b_n is kept for the backward pass. */
static void gru_forward(int H, Span units, struct gru_forward at) {
  float *r = at.input_gates, *z = r + H, *n = z + H;
  const float *b_r = at.hidden_gates, *b_z = b_r + H, *b_n = b_z + H;
  FOR_UNITS(u, left) {
    store_up_to(r + u, sigmoid(load_up_to(r + u, left) + load_up_to(b_r + u, left)), left);
    store_up_to(z + u, sigmoid(load_up_to(z + u, left) + load_up_to(b_z + u, left)), left);
  }
  FOR_UNITS(u, left) {
    vf sum = fused(load_up_to(r + u, left), load_up_to(b_n + u, left), load_up_to(n + u, left));
    vf candidate = hyperbolic_tangent(sum), kept = load_up_to(z + u, left);
    store_up_to(n + u, candidate, left);
    store_up_to(at.hidden + u, fused(kept, load_up_to(at.hidden_before + u, left), (1.0f - kept) * candidate), left);
  }
}

/* The gradients of the sums replace both rows of gates. z dh, the part of dh' that bypasses the gates, is added to
 * hidden_gradient_before, unless it is null. */
static void gru_backward(int H, Span units, struct gru_backward at) {
  FOR_UNITS(u, left) {
    float *a = at.input_gates + u, *b = at.hidden_gates + u;
    vf r = load_up_to(a, left), z = load_up_to(a + H, left), n = load_up_to(a + 2 * H, left);
    vf b_n = load_up_to(b + 2 * H, left), dh = load_up_to(at.hidden_gradient + u, left);
    vf dn = dh * (1.0f - z) * (1.0f - n * n);
    vf dz = dh * (load_up_to(at.hidden_before + u, left) - n) * z * (1.0f - z);
    vf dr = dn * b_n * r * (1.0f - r);
    store_up_to(a, dr, left);
    store_up_to(a + H, dz, left);
    store_up_to(a + 2 * H, dn, left);
    store_up_to(b, dr, left);
    store_up_to(b + H, dz, left);
    store_up_to(b + 2 * H, dn * r, left);
    if (at.hidden_gradient_before) {
      float *before = at.hidden_gradient_before + u;
      store_up_to(before, fused(dh, z, load_up_to(before, left)), left);
    }
  }
}

/* z = sigmoid(a_z), g = a_h + 0.5 if a_h >= 0, else sigmoid(a_h); h = (1 - z) h' + z g. z and g replace the sums. */
static void mingru_forward(int H, Span units, struct mingru_forward at) {
  float *z = at.gates, *g = z + H;
  FOR_UNITS(u, left) {
    vf kept = sigmoid(load_up_to(z + u, left)), sum = load_up_to(g + u, left);
    vf candidate = choose(sum >= splat(0), sum + 0.5f, sigmoid(sum));
    store_up_to(z + u, kept, left);
    store_up_to(g + u, candidate, left);
    store_up_to(at.hidden + u, fused(kept, candidate, (1.0f - kept) * load_up_to(at.hidden_before + u, left)), left);
  }
}

/* The gradients of the sums replace the gates. The slope of g is 1 if g >= 0.5, else g (1 - g). (1 - z) dh is added to
 * hidden_gradient_before, unless it is null. */
static void mingru_backward(int H, Span units, struct mingru_backward at) {
  FOR_UNITS(u, left) {
    float *gates = at.gates + u;
    vf z = load_up_to(gates, left), g = load_up_to(gates + H, left), dh = load_up_to(at.hidden_gradient + u, left);
    vf slope = choose(g >= splat(0.5f), splat(1), g * (1.0f - g));
    store_up_to(gates, dh * (g - load_up_to(at.hidden_before + u, left)) * z * (1.0f - z), left);
    store_up_to(gates + H, dh * z * slope, left);
    if (at.hidden_gradient_before) {
      float *before = at.hidden_gradient_before + u;
      store_up_to(before, fused(dh, 1.0f - z, load_up_to(before, left)), left);
    }
  }
}

#endif
