"""The callback of Lightning in real runs of its Trainer."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch.nn import functional as F

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations of its own
    import lightning

import crossent as ce
from crossent.doctor import guards
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_labels, bad_rows, task

pytestmark = pytest.mark.filterwarnings(
    # Lightning's advice about workers, and its deprecated calls, are not about the guard.
    "ignore::UserWarning:lightning",
    "ignore:.*does not have many workers.*",
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
    "error::crossent.CrossentWarning",
)


class Module(lightning.LightningModule):
    def __init__(self, *, named=True, softmax=False):
        super().__init__()
        torch.manual_seed(0)
        layers = [torch.nn.Linear(FEATURES, 16), torch.nn.BatchNorm1d(16), torch.nn.ReLU()]
        self.net = torch.nn.Sequential(*layers, torch.nn.Dropout(0.2), torch.nn.Linear(16, CLASSES))
        if named:
            self.criterion = torch.nn.CrossEntropyLoss()
        self.softmax = softmax
        self.losses = []

    def forward(self, x):
        p = self.net(x)
        return torch.softmax(p, 1) if self.softmax else p

    def training_step(self, batch, index):
        x, y = batch
        loss = getattr(self, "criterion", F.cross_entropy)(self(x), y)
        self.losses.append(loss.item())
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.05)


class Plain(Module):
    """Batches as dicts, and optimised by hand."""

    automatic_optimization = False

    def training_step(self, batch, index):
        optimizer = self.optimizers()
        optimizer.zero_grad()
        loss = self.criterion(self(batch["x"]), batch["y"])
        self.losses.append(loss.item())
        self.manual_backward(loss)
        optimizer.step()


def fit(module, data=None, *callbacks, epochs=1, dicts=False, **options):
    points, labels = map(torch.from_numpy, data or task())
    pairs = list(zip(points, labels, strict=True))
    if dicts:
        pairs = [{"x": x, "y": y} for x, y in pairs]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "GPU available but not used")
        trainer = lightning.Trainer(
            max_epochs=epochs, callbacks=list(callbacks), accelerator="cpu", logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            **options,
        )  # fmt: skip
    trainer.fit(module, torch.utils.data.DataLoader(pairs, BATCH))
    return module.losses


@pytest.mark.parametrize("named", [True, False])
def test_healthy_training_is_the_same_and_silent(named):
    guard = guards.LightningGuard(patience=20)
    plain = fit(Module(named=named), epochs=3)
    assert fit(Module(named=named), None, guard, epochs=3) == plain
    assert [report.codes for report in guard.reports] == [[]]


def test_accumulated_losses_are_not_taken_for_smaller_ones():
    guard = guards.LightningGuard(patience=20)
    module = Module()
    fit(module, None, guard, epochs=2, accumulate_grad_batches=4)
    assert list(guard._watch._losses) == pytest.approx(module.losses, rel=1e-6)


def test_the_first_batch_is_diagnosed():
    points, labels = task()
    with pytest.raises(guards.DiagnosisError, match=r"\[CE104\] The first batch"):
        fit(Module(), (points, labels + 1), guards.LightningGuard())


def test_the_criterion_among_the_submodules_says_what_is_meant():
    with pytest.raises(guards.DiagnosisError, match="CE105"):
        fit(Module(softmax=True), None, guards.LightningGuard())
    with pytest.raises(guards.DiagnosisError, match="CE105"):
        fit(Module(named=False, softmax=True), None, guards.LightningGuard(loss="cross_entropy"))


def test_the_batch_of_a_nan_is_diagnosed_before_it_changes_the_parameters():
    module = Module()
    module.net[1] = torch.nn.Identity()  # batch normalisation spreads a NaN over all rows
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        fit(module, bad_rows(), guards.LightningGuard())
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen
    assert all(p.isfinite().all() for p in module.parameters())


def test_an_error_of_the_step_is_explained():
    with pytest.raises(guards.DiagnosisError, match="raised IndexError") as caught:
        fit(Module(), bad_labels(), guards.LightningGuard())
    assert caught.value.code == "CE101"
    assert isinstance(caught.value.__cause__, IndexError)


def test_warn_leaves_the_training_alone():
    plain = fit(Module(softmax=True))
    guard = guards.LightningGuard(on_error="warn")
    with pytest.warns(guards.DiagnosisWarning, match="CE105"):
        assert fit(Module(softmax=True), None, guard) == plain


def test_other_batches_and_manual_steps():
    with pytest.raises(ce.OptionError, match="`arrays` must be given"):
        fit(Plain(), None, guards.LightningGuard(), dicts=True)

    def arrays(module, batch):
        return batch["y"], module(batch["x"])

    guard = guards.LightningGuard(arrays)
    assert fit(Plain(), None, guard, dicts=True) == fit(Plain(), None, dicts=True)
    assert [report.codes for report in guard.reports] == [[]]
    with pytest.raises(guards.DiagnosisError, match="CE217"):
        fit(Plain(), bad_rows(), guards.LightningGuard(arrays), dicts=True)


def test_a_guarded_loss_in_the_module_sees_the_step_itself():
    module = Module()
    module.criterion = guards.TorchLoss(module.criterion)
    assert fit(module) == fit(Module())
    broken = Module()
    broken.criterion = guards.TorchLoss(broken.criterion)
    with pytest.raises(guards.DiagnosisError, match="CE217"):
        fit(broken, bad_rows())


def test_an_error_is_not_hidden_by_a_batch_that_cannot_be_looked_at():
    class Broken(Module):
        def forward(self, x):
            if len(self.losses) < 3:
                return super().forward(x)
            raise KeyError("mine" if self.training else "another")

    guarded = guards.LightningGuard()
    with pytest.raises(KeyError, match="mine"):
        fit(Broken(), None, guarded)
    assert guarded._batch is None
