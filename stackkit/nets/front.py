"""The front of a bundle: columns of a matrix as the inputs of its first layer."""

from __future__ import annotations

import torch
from torch import nn

from stackkit.nets.embedding import BINS, CODE_WIDTH, WIDTH, Lookup, Piecewise
from stackkit.nets.layout import Layout


class Front(nn.Module):
    """(n, d) -> (m, n, width): numbers embedded, flags as they are, codes looked up."""

    def __init__(self, members: int, layout: Layout, start: float) -> None:
        super().__init__()
        self.members, self.layout = members, layout
        numbers, flags, codes = map(len, (layout.numbers, layout.flags, layout.codes))
        self.width = numbers * (1 + WIDTH) + flags + codes * CODE_WIDTH
        for name in ("numbers", "flags", "codes"):
            places = torch.tensor(getattr(layout, name), dtype=torch.int64)
            self.register_buffer(f"of_{name}", places, persistent=False)
        self.numbers = Piecewise(members, numbers, start) if numbers else None
        self.codes = Lookup(members, layout.levels) if codes else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        numbers = x[:, self.of_numbers]
        plain = torch.cat([numbers, x[:, self.of_flags]], dim=1)
        parts = [plain.expand(self.members, -1, -1)]
        if self.numbers is not None:
            parts.append(self.numbers(numbers))
        if self.codes is not None:
            parts.append(self.codes(x[:, self.of_codes]))
        return torch.cat(parts, dim=-1)

    @property
    def widest(self) -> int:
        """Numbers that an embedding holds for one row."""
        return len(self.layout.numbers) * max(BINS, self.members * WIDTH)

    def place(self, x: torch.Tensor) -> None:
        """Before training: bins of the numbers from rows (n, d)."""
        if self.numbers is not None:
            self.numbers.place(x[:, self.of_numbers])

    def settle(self, x: torch.Tensor) -> None:
        """After training on rows (n, d): vectors for codes that they lack."""
        if self.codes is not None:
            self.codes.settle(x[:, self.of_codes])
