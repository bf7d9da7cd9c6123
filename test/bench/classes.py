"""Seconds that PyTorch takes to train a classifier for some epochs on the examples of standard input, which come as JSON
lines: a list of symbols and a class; or a list of tags, one for each symbol, where -1 is none. Arguments: cell, layers,
hidden, batch, symbols, classes, threads, epochs, directions."""

import json
import sys
import time

import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

cell = sys.argv[1]
layers, hidden, batch, symbols, classes, threads, epochs, directions = map(int, sys.argv[2:10])
torch.set_num_threads(threads)
torch.manual_seed(1)
examples = [json.loads(line) for line in open(0)]
one_hot = torch.eye(symbols)
sequences = [one_hot[torch.tensor(steps)] for steps, _ in examples]
targets = [torch.tensor(target) for _, target in examples]
recurrent = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
rnn = recurrent(symbols, hidden, layers, bidirectional=directions == 2)
head = torch.nn.Linear(directions * hidden, classes)
parameters = [*rnn.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters, lr=0.002)


def loss_of(chosen):
    packed = pack_sequence([sequences[index] for index in chosen], enforce_sorted=False)
    outputs, state = rnn(packed)
    right = [targets[index] for index in chosen]
    if right[0].dim() > 0:
        every, lengths = pad_packed_sequence(outputs)
        logits = head(torch.cat([every[:length, row] for row, length in enumerate(lengths)]))
        return torch.nn.functional.cross_entropy(logits, torch.cat(right), ignore_index=-1)
    hidden_states = state[0] if cell == "lstm" else state
    return torch.nn.functional.cross_entropy(head(torch.cat(tuple(hidden_states[-directions:]), -1)), torch.stack(right))


def epoch():
    for chosen in torch.randperm(len(examples)).split(batch):
        loss = loss_of(chosen)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5)
        optimizer.step()


epoch()
started = time.perf_counter()
for _ in range(epochs):
    epoch()
print((time.perf_counter() - started) / epochs)
