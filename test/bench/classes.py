"""Seconds that PyTorch takes to train a classifier for some epochs on the examples of standard input, which come as JSON
lines: a list of symbols and a class. Arguments: cell, layers, hidden, batch, symbols, classes, threads, epochs."""

import json
import sys
import time

import torch
from torch.nn.utils.rnn import pack_sequence

cell = sys.argv[1]
layers, hidden, batch, symbols, classes, threads, epochs = map(int, sys.argv[2:9])
torch.set_num_threads(threads)
torch.manual_seed(1)
examples = [json.loads(line) for line in open(0)]
one_hot = torch.eye(symbols)
sequences = [one_hot[torch.tensor(steps)] for steps, _ in examples]
targets = torch.tensor([target for _, target in examples])
rnn = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](symbols, hidden, layers)
head = torch.nn.Linear(hidden, classes)
parameters = [*rnn.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters, lr=0.002)


def epoch():
    for chosen in torch.randperm(len(examples)).split(batch):
        packed = pack_sequence([sequences[index] for index in chosen], enforce_sorted=False)
        _, state = rnn(packed)
        last = (state[0] if cell == "lstm" else state)[-1]
        loss = torch.nn.functional.cross_entropy(head(last), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5)
        optimizer.step()


epoch()
started = time.perf_counter()
for _ in range(epochs):
    epoch()
print((time.perf_counter() - started) / epochs)
