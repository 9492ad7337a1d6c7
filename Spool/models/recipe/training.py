"""What the three trainings share: schedule, moving average, resumable state, progress lines."""

import os
import time
from pathlib import Path

import torch


def learning_rate(step: int, total: int, peak: float, warmup: int = 100, flat: float = 0.4) -> float:
    """Linear warm-up, constant until `flat` of the run, then linear to 2 % of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - flat * total) / max(1.0, (1 - flat) * total)
    return peak * (1 - 0.98 * min(1.0, max(0.0, done)))


class MovingAverage:
    """Exponential moving average of a module's parameters, with the usual ramp of its decay."""

    def __init__(self, module: torch.nn.Module, decay: float):
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: torch.nn.Module, step: int):
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            self.values[name].lerp_(value, 1 - decay)


class Run:
    """One training with its state in `<folder>/<name>.pt`: an interrupted run goes on at its last save."""

    def __init__(self, folder: Path, name: str, module, optimizer, total: int, average=None, save_every=500):
        self.path = Path(folder) / f"{name}.pt"
        self.name, self.module, self.optimizer, self.total = name, module, optimizer, total
        self.average, self.save_every = average, save_every
        self.generator = torch.Generator().manual_seed(0)
        self.step, self.losses, self.spent = 0, [], 0.0
        self.started = time.monotonic()
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            module.load_state_dict(state["module"])
            optimizer.load_state_dict(state["optimizer"])
            self.generator.set_state(state["generator"])
            self.step, self.spent = state["step"], state["spent"]
            if average:
                average.values = state["average"]
            print(f"{name}: goes on at step {self.step} of {total}", flush=True)

    def minutes(self) -> float:
        return (self.spent + time.monotonic() - self.started) / 60

    def save(self):
        state = dict(
            module=self.module.state_dict(),
            optimizer=self.optimizer.state_dict(),
            generator=self.generator.get_state(),
            average=self.average.values if self.average else None,
            step=self.step,
            spent=self.minutes() * 60,
        )
        sibling = self.path.with_suffix(".tmp")
        torch.save(state, sibling)
        os.replace(sibling, self.path)

    def steps(self, peak: float, warmup: int = 100, flat: float = 0.4):
        """Yields once a step with the learning rate set; saves at intervals and at the end."""
        while self.step < self.total:
            rate = learning_rate(self.step, self.total, peak, warmup, flat)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            yield self.step
            self.step += 1
            if self.average:
                self.average.update(self.module, self.step)
            if self.step % self.save_every == 0 or self.step == self.total:
                self.save()

    def report(self, loss: float, every: int = 50):
        self.losses.append(loss)
        if len(self.losses) >= every:
            mean = sum(self.losses) / len(self.losses)
            print(f"{self.name}: step {self.step + 1}/{self.total} loss {mean:.4f} {self.minutes():.1f} min", flush=True)
            self.losses.clear()
