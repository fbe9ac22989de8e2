"""The networks of `mqcast bench` in PyTorch: the same functions of the same inputs.

Letters as in the README: B series, T context, K horizon, H hidden, C channels, D = T + K dates.
Row d of `known` and `target` is date d; fork t at horizon k (1..K) looks at row t + k.
"""

import torch
import torch.nn.functional as F
from torch import nn

OBSERVED, KNOWN, STATIC, LEVELS = 4, 8, 8, (0.1, 0.5, 0.9)
HISTORY = 1 + OBSERVED

SIZES = {
    "small": dict(T=104, K=13, H=32, C=32, ctx=16, L=16, P=8, window=52),
    "medium": dict(T=168, K=24, H=64, C=32, ctx=32, L=32, P=16, window=84),
    "large": dict(T=365, K=28, H=128, C=64, ctx=64, L=64, P=32, window=182),
}


def horizons(x, T, K):
    """The dates each fork looks at, as a view: (B, D, *) -> (B, T, K, *)."""
    return x[:, 1 : T + K].unfold(1, K, 1).movedim(-1, 2)


class Convolutions(nn.Module):
    """Six causal convolutions of kernel 2, dilations 1 to 32: (B, T, inputs) -> (B, T, C)."""

    def __init__(self, C):
        super().__init__()
        widths = [HISTORY + KNOWN] + [C] * 6
        self.levels = nn.ModuleList(
            nn.Conv1d(widths[i], C, kernel_size=2, dilation=2**i) for i in range(6)
        )

    def forward(self, x):
        x = x.transpose(1, 2)
        for conv in self.levels:
            x = F.relu(conv(F.pad(x, (conv.dilation[0], 0))))
        return x.transpose(1, 2)


class Global(nn.Module):
    """g_t = relu(W1 [h_t ; known_{t+1..t+K}]), as a product with h and a convolution of known."""

    def __init__(self, s, state):
        super().__init__()
        self.state = nn.Linear(state, s["H"])
        self.known = nn.Conv1d(KNOWN, s["H"], s["K"], bias=False)

    def forward(self, h, known):
        ahead = self.known(known[:, 1:].transpose(1, 2)).transpose(1, 2)
        return F.relu(self.state(h) + ahead, inplace=True)


class Local(nn.Module):
    """Ascending quantiles = W relu(Wl [own ; agnostic ; known_{t+k}]), Wl part by part."""

    def __init__(self, s, own):
        super().__init__()
        self.own = nn.Linear(own, s["L"], bias=False)
        self.agnostic = nn.Linear(s["ctx"], s["L"])
        self.known = nn.Linear(KNOWN, s["L"], bias=False)
        self.quantile = nn.Linear(s["L"], len(LEVELS))

    def forward(self, own, agnostic, known):
        _, T, K, _ = own.shape
        joint = self.own(own) + self.agnostic(agnostic)[:, :, None]
        raw = self.quantile(F.relu(joint + horizons(self.known(known), T, K), inplace=True))
        step, middle = F.softplus(raw), raw[..., 1]
        return torch.stack((middle - step[..., 0], middle, middle + step[..., 2]), -1)


class Decoder(nn.Module):
    """MQ-RNN's: a context for each horizon and one for all."""

    def __init__(self, s, state):
        super().__init__()
        self.contexts = (s["K"], s["ctx"])
        self.joint = Global(s, state)
        self.specific = nn.Linear(s["H"], s["K"] * s["ctx"])
        self.agnostic = nn.Linear(s["H"], s["ctx"])
        self.local = Local(s, s["ctx"])

    def forward(self, h, known):
        g = self.joint(h, known)
        specific = F.relu(self.specific(g)).unflatten(-1, self.contexts)
        return self.local(specific, F.relu(self.agnostic(g)), known)


class MQRNN(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.T = s["T"]
        self.static = nn.Linear(STATIC, STATIC)
        self.lstm = nn.LSTM(HISTORY + KNOWN + STATIC, s["H"], batch_first=True)
        # One bias per gate; the second that nn.LSTM brings stays 0.
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()
        self.decoder = Decoder(s, s["H"])

    def forward(self, history, known, static):
        e = F.relu(self.static(static))[:, None].expand(-1, self.T, -1)
        h, _ = self.lstm(torch.cat((history, known[:, : self.T], e), -1))
        return self.decoder(h, known)


class ConvEncoder(nn.Module):
    """h_t = [conv_t ; e]."""

    def __init__(self, s):
        super().__init__()
        self.T = s["T"]
        self.width = s["C"] + STATIC
        self.static = nn.Linear(STATIC, STATIC)
        self.convolutions = Convolutions(s["C"])

    def forward(self, history, known, static):
        e = F.relu(self.static(static))[:, None].expand(-1, self.T, -1)
        steps = self.convolutions(torch.cat((history, known[:, : self.T]), -1))
        return torch.cat((steps, e), -1)


class MQCNN(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.encoder = ConvEncoder(s)
        self.decoder = Decoder(s, self.encoder.width)

    def forward(self, history, known, static):
        return self.decoder(self.encoder(history, known, static), known)


class CrossAttention(nn.Module):
    """Query from [h_t ; r_{t+k}], key and value from [h_s ; r_s], s in (t - window, t]."""

    def __init__(self, s, state):
        super().__init__()
        ctx = s["ctx"]
        self.scale = ctx**-0.5
        self.state = nn.Linear(state, ctx)
        self.date = nn.Linear(s["P"], ctx, bias=False)
        self.key = nn.Linear(state + s["P"], ctx, bias=False)
        self.value = nn.Linear(state + s["P"], ctx)
        t = torch.arange(s["T"])
        age = t[:, None] - t
        hidden = (age < 0) | (age >= s["window"])
        mask = torch.zeros(hidden.shape).masked_fill(hidden, -torch.inf)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, h, r):
        T = h.shape[1]
        K = r.shape[1] - T
        source = torch.cat((h, r[:, :T]), -1)
        key, value = self.key(source).mT, self.value(source)
        # A query is the sum of a fork's and a date's part, and so are its scores.
        of_fork = torch.baddbmm(self.mask, self.state(h) * self.scale, key)
        of_date = (self.date(r) * self.scale) @ key
        weights = (of_fork[:, :, None] + horizons(of_date, T, K)).softmax(-1)
        return (weights.flatten(1, 2) @ value).unflatten(1, (T, K))


def by_date(x):
    """Forecasts of one date side by side: (B, T, K, *) -> (B, T + K - 1, K, *), 0 where no fork is.

    Row d, column r holds fork d - r: padded to T + K and read again in rows of T + K - 1, each
    horizon starts one step later than the one before.
    """
    B, T, K, C = x.shape
    padded = F.pad(x.transpose(1, 2), (0, 0, 0, K)).flatten(1, 2)
    return padded[:, : K * (T + K - 1)].unflatten(1, (K, T + K - 1)).transpose(1, 2)


def by_fork(x, T):
    """The inverse of by_date: (B, T + K - 1, K, *) -> (B, T, K, *)."""
    B, dates, K, C = x.shape
    flat = F.pad(x.transpose(1, 2).flatten(1, 2), (0, 0, 0, K))
    return flat.unflatten(1, (K, dates + 1))[:, :, :T].transpose(1, 2)


class SelfAttention(nn.Module):
    """Query, key and value from [h_t ; c_{t,k}], among forecasts of one date by forks s <= t."""

    def __init__(self, s, state):
        super().__init__()
        T, K, ctx = s["T"], s["K"], s["ctx"]
        self.scale = ctx**-0.5
        self.ctx = ctx
        self.context = nn.Linear(ctx, 3 * ctx, bias=False)
        self.key = nn.Linear(state, ctx, bias=False)
        self.query_value = nn.Linear(state, 2 * ctx)
        # Row d, column r: fork d - r. A query sees the columns from its own on whose fork exists.
        horizon = torch.arange(K)
        fork = torch.arange(T + K - 1)[:, None] - horizon
        exists = (fork >= 0) & (fork < T)
        seen = exists[:, None, :] & (horizon >= horizon[:, None]) | ~exists[:, :, None]
        mask = torch.zeros(seen.shape).masked_fill(~seen, -torch.inf)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, h, c):
        T = c.shape[1]
        state = torch.cat((self.key(h), self.query_value(h)), -1)
        joint = by_date(self.context(c) + state[:, :, None])
        key, query, value = joint.split(self.ctx, -1)
        scores = (query * self.scale) @ key.mT + self.mask
        return by_fork(scores.softmax(-1) @ value, T)


class MQTransformer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.encoder = ConvEncoder(s)
        width = self.encoder.width
        self.position = nn.Linear(KNOWN, s["P"])
        self.cross = CrossAttention(s, width)
        self.revise = SelfAttention(s, width)
        self.joint = Global(s, width)
        self.agnostic = nn.Linear(s["H"], s["ctx"])
        self.local = Local(s, 2 * s["ctx"])

    def forward(self, history, known, static):
        h = self.encoder(history, known, static)
        c = self.cross(h, F.relu(self.position(known)))
        own = torch.cat((c, self.revise(h, c)), -1)
        return self.local(own, F.relu(self.agnostic(self.joint(h, known))), known)


LEAD, HOLDING, SHORTAGE = 4, 1.0, 9.0


class Policy(nn.Module):
    """Orders of one period after another through the replay of stock: the mean cost of a period.

    Demand that finds no stock is lost. An order at fork t arrives at the start of fork t + LEAD;
    the state is stock and what is on its way, the units are 1.
    """

    def __init__(self, s):
        super().__init__()
        self.encoder = ConvEncoder(s)
        self.joint = Global(s, self.encoder.width)
        self.contexts = nn.Linear(s["H"], s["ctx"])
        self.context = nn.Linear(s["ctx"], s["H"])
        self.state = nn.Linear(LEAD, s["H"], bias=False)
        self.hidden = nn.Linear(s["H"], s["H"])
        self.order = nn.Linear(s["H"], 1)

    def forward(self, history, known, static, target, mask):
        h = self.encoder(history, known, static)
        base = self.context(F.relu(self.contexts(self.joint(h, known))))
        B, T, _ = base.shape
        stock = target.new_full((B,), LEAD + 1.0)
        on_way = [target.new_zeros(B) for _ in range(LEAD)]  # the oldest first
        costs = []
        for t in range(T):
            stock = stock + on_way.pop(0)
            state = torch.stack([stock, *reversed(on_way)], -1)
            hidden = F.elu(self.hidden(F.elu(base[:, t] + self.state(state))))
            on_way.append(F.softplus(self.order(hidden).squeeze(-1) - state.sum(-1)))
            left = stock - target[:, t + 1]
            stock = F.relu(left)
            costs.append(HOLDING * stock + SHORTAGE * F.relu(-left))
        return (torch.stack(costs, -1) * mask[:, 1 : T + 1]).sum() / (B * T * (known.shape[1] - T))


MODELS = {"mqrnn": MQRNN, "mqcnn": MQCNN, "mqtransformer": MQTransformer, "policy": Policy}


def pinball(yhat, target, mask):
    """Mean over all points and levels; points that nobody observed count 0. No fork is copied."""
    _, T, K, _ = yhat.shape
    under = horizons(target, T, K)[..., None] - yhat
    loss = under.new_tensor(LEVELS) * under + F.relu(-under)
    return (loss * horizons(mask, T, K)[..., None]).mean()
