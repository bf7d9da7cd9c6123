"""Seconds that PyTorch takes to train an encoder and a decoder with attention for some epochs on the examples of standard
input, which come as JSON lines: a list of input symbols and a list of output symbols. Arguments: cell, layers, hidden,
batch, input symbols, output symbols, threads, epochs, directions of the encoder.

The model is charrnn's: embeddings of 64, a linear bridge from both directions, the attention of Luong et al. 2015 with
the score d' W e, teacher forcing, and an end symbol, whose number is the number of output symbols. The decoder reads
the end symbol first."""

import json
import sys
import time

import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence

EMBEDDING = 64

cell = sys.argv[1]
layers, hidden, batch, symbols, outputs, threads, epochs, directions = map(int, sys.argv[2:10])
torch.set_num_threads(threads)
torch.manual_seed(1)
examples = [json.loads(line) for line in open(0)]
inputs = [torch.tensor(read) for read, _ in examples]
targets = [torch.tensor(written + [outputs]) for _, written in examples]
previous = [torch.tensor([outputs] + written) for _, written in examples]
recurrent = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
width = directions * hidden


class Translator(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.read = torch.nn.Embedding(symbols, EMBEDDING)
        self.write = torch.nn.Embedding(outputs + 1, EMBEDDING)
        self.encoder = recurrent(EMBEDDING, hidden, layers, bidirectional=directions == 2)
        self.decoder = recurrent(EMBEDDING, hidden, layers)
        self.bridges = torch.nn.ModuleList(
            torch.nn.Linear(width, hidden, bias=False) for _ in range(2 if cell == "lstm" else 1)
        )
        self.score = torch.nn.Linear(width, hidden, bias=False)
        self.combine = torch.nn.Linear(width + hidden, hidden, bias=False)
        self.head = torch.nn.Linear(hidden, outputs + 1)

    def start(self, states):
        """The decoder's first states, from the encoder's last ones of both directions."""
        joined = [torch.cat(tuple(state.view(layers, directions, -1, hidden).unbind(1)), -1) for state in states]
        if directions == 1:
            return joined
        return [bridge(state) for bridge, state in zip(self.bridges, joined)]

    def forward(self, chosen):
        packed = pack_sequence([self.read(inputs[index]) for index in chosen], enforce_sorted=False)
        encoded, state = self.encoder(packed)
        memory, lengths = pad_packed_sequence(encoded, batch_first=True)  # [B, S, D]
        start = self.start(state if cell == "lstm" else [state])
        read = pack_sequence([self.write(previous[index]) for index in chosen], enforce_sorted=False)
        decoded, _ = self.decoder(read, tuple(start) if cell == "lstm" else start[0])
        d, _ = pad_packed_sequence(decoded, batch_first=True)  # [B, T, H]
        scores = d @ self.score(memory).transpose(1, 2)  # [B, T, S]
        outside = torch.arange(memory.shape[1])[None, :] >= lengths[:, None]
        weights = scores.masked_fill(outside[:, None, :], float("-inf")).softmax(-1)
        return self.head(torch.tanh(self.combine(torch.cat([weights @ memory, d], -1))))


model = Translator()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)


def epoch():
    for chosen in torch.randperm(len(examples)).split(batch):
        right = pad_sequence([targets[index] for index in chosen], batch_first=True, padding_value=-1)
        loss = torch.nn.functional.cross_entropy(model(chosen).flatten(0, 1), right.flatten(), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()


epoch()
started = time.perf_counter()
for _ in range(epochs):
    epoch()
print((time.perf_counter() - started) / epochs)
