"""Computes in PyTorch what charrnn computes: the independent answers of the tests beside this file.

Reads named requests, one JSON object, on standard input and prints their answers under the same names. oracle.ts says what both hold.
A module named as charrnn names its parameters loads them as they come, so that names and layouts are checked as well.
"""

import json
import sys

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class MinGRU(nn.Module):
    """The sequential mode of minGRU (arXiv 2410.01201, algorithm 2), with PyTorch's names and order of rows: z, h."""

    def __init__(self, inputs, hidden, layers):
        super().__init__()
        for layer in range(layers):
            width = inputs if layer == 0 else hidden
            self.register_parameter(f"weight_ih_l{layer}", nn.Parameter(torch.empty(2 * hidden, width)))
            self.register_parameter(f"bias_ih_l{layer}", nn.Parameter(torch.empty(2 * hidden)))

    def forward(self, inputs, states):
        last = []
        for layer, state in enumerate(states):
            weight, bias = getattr(self, f"weight_ih_l{layer}"), getattr(self, f"bias_ih_l{layer}")
            outputs = []
            for x in inputs:
                update, candidate = functional.linear(x, weight, bias).chunk(2, -1)
                z = torch.sigmoid(update)
                state = (1 - z) * state + z * torch.where(candidate >= 0, candidate + 0.5, torch.sigmoid(candidate))
                outputs.append(state)
            inputs = torch.stack(outputs)
            last.append(state)
        return inputs, torch.stack(last)


RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "mingru": MinGRU}


class LanguageModel(nn.Module):
    def __init__(self, config, vocabulary_size):
        super().__init__()
        self.vocabulary_size = vocabulary_size
        width = config["embedding"]
        self.embedding = nn.Embedding(vocabulary_size, width) if width > 0 else None
        self.rnn = RECURRENT[config["cell"]](width or vocabulary_size, config["hidden"], config["layers"])
        self.head = nn.Linear(config["hidden"], vocabulary_size)

    def forward(self, symbols, states):
        """Logits [T, B, V] and the states after symbols [T, B]."""
        embed = self.embedding or (lambda s: functional.one_hot(s, self.vocabulary_size).float())
        outputs, states = self.rnn(embed(symbols), states)
        return self.head(outputs), states


class RowReader(nn.Module):
    """Reads rows of unequal length; the head reads the last layer's states at every step, or its last ones, of all directions."""

    def __init__(self, config, sizes, reads):
        super().__init__()
        self.reads = reads
        self.inputs, self.numeric = sizes["inputs"], sizes.get("numeric", False)
        width, self.directions = config["embedding"], 2 if config["bidirectional"] else 1
        self.embedding = nn.Embedding(self.inputs, width) if width > 0 else None
        shape = (width or self.inputs, config["hidden"], config["layers"])
        self.rnn = RECURRENT[config["cell"]](*shape, bidirectional=config["bidirectional"])
        self.head = nn.Linear(self.directions * config["hidden"], sizes["outputs"])

    def read(self, steps):
        if self.numeric:
            return torch.tensor(steps)
        symbols = torch.tensor(steps).flatten()
        return self.embedding(symbols) if self.embedding else functional.one_hot(symbols, self.inputs).float()

    def forward(self, rows):
        lengths = [len(steps) for steps in rows]
        padded = pad_sequence([self.read(steps) for steps in rows], padding_value=7.5)
        packed, states = self.rnn(pack_padded_sequence(padded, lengths, enforce_sorted=False))
        if self.reads == "steps":
            every, _ = pad_packed_sequence(packed)
            return self.head(torch.cat([every[:length, row] for row, length in enumerate(lengths)]))
        hidden = states[0] if isinstance(states, tuple) else states
        return self.head(torch.cat(tuple(hidden[-self.directions :]), -1))


class Reader(nn.Module):
    """An embedding (or one-hot vectors) and recurrent layers: the encoder or the decoder of an EncoderDecoder."""

    def __init__(self, config, symbols, bidirectional):
        super().__init__()
        self.symbols, width = symbols, config["embedding"]
        self.embedding = nn.Embedding(symbols, width) if width > 0 else None
        shape = (width or symbols, config["hidden"], config["layers"])
        self.rnn = RECURRENT[config["cell"]](*shape, bidirectional=bidirectional)

    def forward(self, rows, states=None):
        """Outputs [T, B, D] and last states of rows of symbols, none of them empty."""
        embed = self.embedding or (lambda s: functional.one_hot(s, self.symbols).float())
        padded = pad_sequence([embed(torch.tensor(row)) for row in rows], padding_value=7.5)
        packed = pack_padded_sequence(padded, [len(row) for row in rows], enforce_sorted=False)
        outputs, states = self.rnn(packed, states)
        return pad_packed_sequence(outputs)[0], states


class EncoderDecoder(nn.Module):
    def __init__(self, config, sizes):
        super().__init__()
        hidden, self.directions = config["hidden"], 2 if config["bidirectional"] else 1
        read = self.directions * hidden
        self.encoder = Reader(config, sizes["inputs"], config["bidirectional"])
        self.decoder = Reader(config, sizes["outputs"], False)
        if self.directions == 2:
            kinds = ["h", "c"] if config["cell"] == "lstm" else ["h"]
            self.bridge = nn.ModuleDict({kind: nn.Module() for kind in kinds})
            for kind in kinds:
                for layer in range(config["layers"]):
                    weight = nn.Parameter(torch.empty(hidden, read))
                    self.bridge[kind].register_parameter(f"weight_l{layer}", weight)
        if config["attention"] == "luong":
            self.attention = nn.Module()
            self.attention.weight = nn.Parameter(torch.empty(hidden, read))
            self.attention.combine = nn.Linear(read + hidden, hidden, bias=False)
        self.head = nn.Linear(hidden, sizes["outputs"])

    def start(self, states, kind):
        """The decoder's first states [L, B, H] from the encoder's last [L * directions, B, H]."""
        if self.directions == 1:
            return states
        both = torch.cat((states[0::2], states[1::2]), -1)
        weights = dict(self.bridge[kind].named_parameters())
        return torch.stack([functional.linear(x, weights[f"weight_l{i}"]) for i, x in enumerate(both)])

    def forward(self, inputs, outputs):
        encoded, states = self.encoder(inputs)
        if isinstance(states, tuple):
            states = tuple(self.start(state, kind) for state, kind in zip(states, "hc"))
        else:
            states = self.start(states, "h")
        end = self.decoder.symbols - 1
        decoded, _ = self.decoder([[end, *row] for row in outputs], states)
        if not hasattr(self, "attention"):
            return self.head(decoded)
        scores = torch.einsum("sbh,he,tbe->bst", decoded, self.attention.weight, encoded)
        lengths = torch.tensor([len(row) for row in inputs])
        padding = torch.arange(encoded.shape[0])[None, None, :] >= lengths[:, None, None]
        weights = torch.softmax(scores.masked_fill(padding, -torch.inf), -1)
        contexts = torch.einsum("bst,tbe->sbe", weights, encoded)
        return self.head(torch.tanh(self.attention.combine(torch.cat((contexts, decoded), -1))))


class SeriesModel(nn.Module):
    """Reads rows of numbers and predicts as many at every step."""

    def __init__(self, config, width):
        super().__init__()
        self.rnn = RECURRENT[config["cell"]](width, config["hidden"], config["layers"])
        self.head = nn.Linear(config["hidden"], width)

    def forward(self, rows, states):
        """Outputs [T, B, n] and the states after rows [T, B, n]. Without states, they are zero before."""
        outputs, states = self.rnn(rows, states)
        return self.head(outputs), states


def tensor(values):
    return torch.tensor(values["data"], dtype=torch.float32).view(values["shape"])


def stacked(named, config):
    """PyTorch's states, [layers, B, H] each, from one [B, H] a layer; an LSTM takes a pair."""
    kinds = list(dict.fromkeys(name.split(".")[0] for name in named))
    states = [torch.stack([tensor(named[f"{kind}.l{layer}"]) for layer in range(config["layers"])]) for kind in kinds]
    return tuple(states) if len(states) > 1 else states[0]


def unstacked(states):
    pairs = zip(["hidden", "cell"], states if isinstance(states, tuple) else [states])
    return {f"{kind}.l{layer}": plain(state) for kind, stack in pairs for layer, state in enumerate(stack)}


def plain(values):
    return {"shape": list(values.shape), "data": values.flatten().tolist()}


def detached(states):
    return tuple(state.detach() for state in states) if isinstance(states, tuple) else states.detach()


def matrices(model):
    return [p for p in model.parameters() if p.dim() > 1]


def optimizer_of(model, options):
    name, lr, decay = options["optimizer"], options["lr"], options["weightDecay"]
    if name == "adam":
        betas = (options["beta1"], options["beta2"])
        if decay == 0:
            return torch.optim.Adam(model.parameters(), lr=lr, betas=betas)
        vectors = [p for p in model.parameters() if p.dim() == 1]
        groups = [{"params": matrices(model), "weight_decay": decay}, {"params": vectors, "weight_decay": 0}]
        return torch.optim.AdamW(groups, lr=lr, betas=betas)
    if name == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr=lr, alpha=options["rmspropDecay"])
    if name == "adagrad":
        return torch.optim.Adagrad(model.parameters(), lr=lr)
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=options["momentum"])


def update(model, optimizer, options):
    if "clipValue" in options:
        clip_grad_value_(model.parameters(), options["clipValue"])
    elif options["clipNorm"] > 0:
        clip_grad_norm_(model.parameters(), options["clipNorm"])
    if options["optimizer"] != "adam":
        # Only AdamW knows decoupled weight decay; this is its first step, done before the others'.
        with torch.no_grad():
            for matrix in matrices(model):
                matrix.mul_(1 - options["lr"] * options["weightDecay"])
    optimizer.step()


def answer(request):
    config, options = request["config"], request.get("options")
    model = LanguageModel(config, request["vocabularySize"])
    model.load_state_dict({name: tensor(values) for name, values in request["parameters"].items()})
    optimizer = options and optimizer_of(model, options)
    states = stacked(request["states"], config)
    losses, norms = [], []
    for chunk in request["chunks"]:
        inputs, targets = (torch.tensor(chunk["inputs"][key]).view(int(chunk["shape"]), -1) for key in ("inputs", "targets"))
        model.zero_grad()
        logits, states = model(inputs, detached(states))
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.stack([p.grad.norm() for p in model.parameters()]).norm().item())
        if chunk is request["chunks"][-1]:
            gradients = {name: plain(p.grad) for name, p in model.named_parameters()}
        if optimizer:
            update(model, optimizer, options)
    return {
        "losses": losses,
        "gradientNorms": norms,
        "logits": plain(logits),
        "gradients": gradients,
        "states": unstacked(states),
    }


def row_loss(outputs, targets, loss, class_weights):
    weights = class_weights and torch.tensor(class_weights)
    if loss == "softmax":
        return functional.cross_entropy(outputs, targets.flatten().long(), weight=weights)
    if loss == "squares":
        return functional.mse_loss(outputs, targets)
    if weights is None:
        return functional.binary_cross_entropy_with_logits(outputs, targets)
    row_weights = weights[targets.long()]
    losses = functional.binary_cross_entropy_with_logits(outputs, targets, weight=row_weights, reduction="sum")
    return losses / row_weights.sum()


def answer_rows(request):
    model = RowReader(request["config"], request["sizes"], request["head"]["reads"])
    model.load_state_dict({name: tensor(values) for name, values in request["parameters"].items()})
    rows = [row for row in request["rows"] if row["steps"]]
    targets = torch.tensor([answer["target"] for row in rows for answer in row["answers"]], dtype=torch.float32)
    outputs = model([row["steps"] for row in rows])
    loss = row_loss(outputs, targets, request["head"]["loss"], request.get("classWeights"))
    loss.backward()
    return {
        "loss": loss.item(),
        "logits": plain(outputs),
        "gradients": {name: plain(p.grad) for name, p in model.named_parameters()},
        "stateDict": [[name, list(values.shape)] for name, values in model.state_dict().items()],
    }


def answer_pairs(request):
    model = EncoderDecoder(request["config"], request["sizes"])
    model.load_state_dict({name: tensor(values) for name, values in request["parameters"].items()})
    inputs, outputs = ([pair[side] for pair in request["pairs"]] for side in ("input", "output"))
    end = request["sizes"]["outputs"] - 1
    targets = pad_sequence([torch.tensor([*row, end]) for row in outputs], padding_value=-100)
    logits = model(inputs, outputs)
    smoothing = {"label_smoothing": request["smoothing"]}
    loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), **smoothing)
    loss.backward()
    return {
        "loss": loss.item(),
        "gradients": {name: plain(p.grad) for name, p in model.named_parameters()},
        "stateDict": [[name, list(values.shape)] for name, values in model.state_dict().items()],
    }


def series_model(request):
    model = SeriesModel(request["config"], request["width"])
    model.load_state_dict({name: tensor(values) for name, values in request["parameters"].items()})
    return model, optimizer_of(model, request["options"])


def answer_series(request):
    """Trains on chunks whose rows are as wide as the longest chunk's; places of weight 0 do not count."""
    model, optimizer = series_model(request)
    width, batch, states = request["width"], request["batch"], None
    losses, norms = [], []
    for chunk in request["chunks"]:
        steps = int(chunk["shape"])
        inputs, targets = (torch.tensor(chunk["inputs"][key]).view(-1, batch, width)[:steps] for key in ("inputs", "targets"))
        counts = torch.tensor(chunk["inputs"]["weights"]).view(-1, batch)[:steps] > 0
        model.zero_grad()
        outputs, states = model(inputs, None if chunk["fresh"] else detached(states))
        loss = functional.mse_loss(outputs[counts], targets[counts])
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.stack([p.grad.norm() for p in model.parameters()]).norm().item())
        update(model, optimizer, request["options"])
    return {"losses": losses, "gradientNorms": norms}


def answer_online(request):
    """Predicts each next row, and learns from it once it is there: BPTT(h) with h = window."""
    model, optimizer = series_model(request)
    rows = torch.tensor(request["series"]).unsqueeze(1)
    begin, before, behind, predictions = 0, None, None, []
    for now in range(len(rows)):
        if now > begin:
            model.zero_grad()
            outputs, _ = model(rows[begin:now], before)
            functional.mse_loss(outputs[-1], rows[now]).backward()
            update(model, optimizer, request["options"])
        if now - begin == request["window"]:
            begin, before = begin + 1, behind
        with torch.no_grad():
            _, behind = model(rows[begin : begin + 1], before)
            predictions.append(model(rows[begin : now + 1], before)[0][-1, 0].tolist())
    return {"predictions": predictions}


def unrolled_states(request, symbols):
    """The states after each step and layer, as tensors of their own, and the logits after the last step."""
    config = request["config"]
    weights = {name: tensor(values).double().requires_grad_() for name, values in request["parameters"].items()}
    steps, H = [], config["hidden"]
    before = [{"h": torch.zeros(H).double(), "c": torch.zeros(H).double()} for _ in range(config["layers"])]
    for symbol in symbols:
        one_hot = functional.one_hot(torch.tensor(symbol), request["vocabularySize"]).double()
        x = weights["embedding.weight"][symbol] if config["embedding"] else one_hot
        after = []
        for layer, state in enumerate(before):
            ih, hh = (
                functional.linear(value, weights[f"rnn.weight_{kind}_l{layer}"], weights[f"rnn.bias_{kind}_l{layer}"])
                if f"rnn.weight_{kind}_l{layer}" in weights
                else None
                for kind, value in (("ih", x), ("hh", state["h"]))
            )
            if config["cell"] == "rnn":
                new = {"h": torch.tanh(ih + hh)}
            elif config["cell"] == "lstm":
                i, f, g, o = (ih + hh).chunk(4)
                c = torch.sigmoid(f) * state["c"] + torch.sigmoid(i) * torch.tanh(g)
                new = {"c": c, "h": torch.sigmoid(o) * torch.tanh(c)}
            elif config["cell"] == "gru":
                (ar, az, an), (br, bz, bn) = ih.chunk(3), hh.chunk(3)
                z = torch.sigmoid(az + bz)
                new = {"h": (1 - z) * torch.tanh(an + torch.sigmoid(ar + br) * bn) + z * state["h"]}
            else:
                z, g = ih.chunk(2)
                z = torch.sigmoid(z)
                new = {"h": (1 - z) * state["h"] + z * torch.where(g >= 0, g + 0.5, torch.sigmoid(g))}
            for value in new.values():
                value.retain_grad()
            after.append(new)
            x = new["h"]
        steps.append(after)
        before = after
    return steps, functional.linear(x, weights["head.weight"], weights["head.bias"])


def answer_flow(request):
    """For each state of each layer: the norm of the last symbol's gradient with respect to it, by lag."""
    *symbols, target = request["flow"]
    # In float64, because the norms at long lags are small. The weights require a gradient, so that every state does.
    steps, logits = unrolled_states(request, symbols)
    functional.cross_entropy(logits[None], torch.tensor([target])).backward()
    return {
        f"{state}{layer}": [float(after[layer][state].grad.norm()) for after in reversed(steps)]
        for layer in range(request["config"]["layers"])
        for state in steps[0][0]
    }


def answer_any(request):
    kinds = {"flow": answer_flow, "pairs": answer_pairs, "rows": answer_rows, "series": answer_online, "width": answer_series}
    for key, kind in kinds.items():
        if key in request:
            return kind(request)
    return answer(request)


torch.set_num_threads(1)
json.dump({name: answer_any(request) for name, request in json.load(sys.stdin).items()}, sys.stdout)
