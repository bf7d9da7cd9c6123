"""PyTorch's speed at the job that bench.ts measures: forward, backward, clip, Adam. Prints characters a second.

usage: peer.py CELL LAYERS HIDDEN BATCH STEPS VOCABULARY THREADS SECONDS
"""
import sys
import time

import torch

cell, layers, hidden, batch, steps, vocabulary, threads = sys.argv[1], *map(int, sys.argv[2:8])
seconds = float(sys.argv[8])
torch.manual_seed(1)
torch.set_num_threads(threads)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = getattr(torch.nn, cell.upper())(vocabulary, hidden, layers)
        self.head = torch.nn.Linear(hidden, vocabulary)


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
inputs = torch.nn.functional.one_hot(torch.randint(vocabulary, (steps, batch)), vocabulary).float()
targets = torch.randint(vocabulary, (steps * batch,))
state = None


def update():
    global state
    output, state = model.rnn(inputs, state)
    state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    loss = torch.nn.functional.cross_entropy(model.head(output).view(-1, vocabulary), targets)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimizer.step()


for _ in range(2):
    update()
start, updates = time.perf_counter(), 0
while updates == 0 or time.perf_counter() - start < seconds:
    update()
    updates += 1
print(updates * batch * steps / (time.perf_counter() - start))
